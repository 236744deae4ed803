//! The loopback interface, which a kernel leaves down. It is turned on by a message to the kernel, without a program.
//! <https://docs.kernel.org/userspace-api/netlink/intro.html>

use std::io;

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketType, recv, send, socket};

/// Turns on the first interface. The kernel then gives it the address 127.0.0.1.
pub(crate) fn up() -> io::Result<()> {
    let message = message();
    // The first protocol of the family is the one for interfaces and routes.
    let socket = socket(AddressFamily::NETLINK, SocketType::RAW, None)?;
    send(&socket, &message, SendFlags::empty())?;
    let mut answer = [0; 1024];
    recv(&socket, &mut answer, RecvFlags::empty())?;
    match refusal(&answer) {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// "Change interface 1: set the flag UP, and answer."
fn message() -> Vec<u8> {
    const LENGTH: u32 = 32;
    const NEW_LINK: u16 = 16;
    const REQUEST_AND_ANSWER: u16 = 1 | 4;
    const FIRST_INTERFACE: i32 = 1;
    const UP: u32 = 1;
    let mut message = Vec::new();
    message.extend(LENGTH.to_ne_bytes());
    message.extend(NEW_LINK.to_ne_bytes());
    message.extend(REQUEST_AND_ANSWER.to_ne_bytes());
    // The message's number and the sender's, which the kernel fills in; then any family and any kind of interface.
    message.extend([0; 8 + 4]);
    message.extend(FIRST_INTERFACE.to_ne_bytes());
    // The flags, and which of them change.
    message.extend(UP.to_ne_bytes());
    message.extend(UP.to_ne_bytes());
    message
}

/// The error's number in the kernel's answer, or 0 if the change succeeded. The answer has the negated number after a
/// header.
fn refusal(answer: &[u8; 1024]) -> i32 {
    -i32::from_ne_bytes([answer[16], answer[17], answer[18], answer[19]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_as_long_as_it_says() {
        let message = message();
        let said = u32::from_ne_bytes([message[0], message[1], message[2], message[3]]);
        assert_eq!(usize::try_from(said).unwrap(), message.len());
    }

    #[test]
    fn an_answer_is_an_error_unless_its_number_is_zero() {
        let mut answer = [0; 1024];
        assert_eq!(refusal(&answer), 0);
        answer[16..20].copy_from_slice(&(-1_i32).to_ne_bytes());
        assert_eq!(refusal(&answer), 1);
    }
}

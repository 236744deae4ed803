//! Runs a seccomp program as the kernel would. It knows nothing of how the programs are made.

use seccompiler::sock_filter;

/// The lower and upper halves of a call's six arguments.
pub(super) type Arguments = [u32; 12];

/// The answer of a program to a call, on a little-endian processor.
pub(super) fn run(program: &[sock_filter], arch: u32, number: u32, arguments: Arguments) -> u32 {
    // The number, the architecture, the address of the instruction, the arguments.
    let mut data = [0xdead_beef; 16];
    data[..2].copy_from_slice(&[number, arch]);
    data[4..].copy_from_slice(&arguments);
    let (mut place, mut loaded) = (0, 0);
    loop {
        let sock_filter { code, jt, jf, k } = program[place];
        let k_index = usize::try_from(k).unwrap();
        let jump = |holds| usize::from(if holds { jt } else { jf });
        place += 1;
        match code {
            // The opcodes of linux/bpf_common.h, each composed of its class, size or operation, and mode or source.
            0x20 => {
                assert_eq!(k_index % 4, 0, "the kernel refuses such a load");
                loaded = data[k_index / 4];
            }
            0x54 => loaded &= k,
            0x05 => place += k_index,
            0x15 => place += jump(loaded == k),
            0x25 => place += jump(loaded > k),
            0x35 => place += jump(loaded >= k),
            0x45 => place += jump(loaded & k != 0),
            0x06 => return k,
            _ => panic!("the interpreter lacks the instruction {code:#x}"),
        }
    }
}

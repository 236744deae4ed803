//! Packet lines, as far as needed to change the pack in an answer.
//!
//! No network and no server belongs here.

/// The greatest packet that git allows, without its length and its band.
const PIECE: usize = 65_520 - 5;

#[must_use]
pub fn line(payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{:04x}", payload.len() + 4).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// The answer of protocol 2 to `fetch` with this pack.
#[must_use]
pub fn answer_with_pack(pack: &[u8]) -> Vec<u8> {
    let mut body = line(b"packfile\n");
    put_pack(&mut body, pack);
    body.extend_from_slice(b"0000");
    body
}

/// The pack in an answer to `fetch`; empty if there is none.
#[must_use]
pub fn pack_of(body: &[u8]) -> Vec<u8> {
    take_apart(body).1
}

/// Changes the pack in an answer. Lines before the pack stay; progress is dropped.
#[must_use]
pub fn change_pack(body: &[u8], change: impl Fn(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let (mut front, pack) = take_apart(body);
    if pack.is_empty() {
        return body.to_vec();
    }
    put_pack(&mut front, &change(pack));
    front.extend_from_slice(b"0000");
    front
}

/// Packet lines without those that `is_unwanted` selects by their payload.
#[must_use]
pub fn without(body: &[u8], is_unwanted: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let (mut left, mut rest) = (Vec::new(), body);
    while let Some((packet, payload, behind)) = next(rest) {
        rest = behind;
        if !is_unwanted(payload) {
            left.extend_from_slice(packet);
        }
    }
    left
}

fn put_pack(body: &mut Vec<u8>, pack: &[u8]) {
    for piece in pack.chunks(PIECE) {
        body.extend_from_slice(&line(&[&[1], piece].concat()));
    }
}

/// Everything through the line `packfile`, and the pack after it.
fn take_apart(body: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut front, mut pack, mut in_pack, mut rest) = (Vec::new(), Vec::new(), false, body);
    while let Some((packet, payload, behind)) = next(rest) {
        rest = behind;
        match payload {
            [1, data @ ..] if in_pack => pack.extend_from_slice(data),
            _ if in_pack => {}
            _ => {
                front.extend_from_slice(packet);
                in_pack = payload == b"packfile\n";
            }
        }
    }
    (front, pack)
}

/// The next packet as a whole, its payload, and the rest.
fn next(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let length = usize::from_str_radix(str::from_utf8(bytes.get(..4)?).ok()?, 16)
        .ok()?
        .max(4);
    let (packet, behind) = bytes.split_at_checked(length)?;
    Some((packet, &packet[4..], behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_comes_out_as_it_went_in() {
        let pack: Vec<u8> = (0..200_000_u32)
            .map(|number| number.to_le_bytes()[0])
            .collect();
        let body = answer_with_pack(&pack);
        assert_eq!(pack_of(&body), pack);
        assert_eq!(change_pack(&body, |pack| pack), body);
    }

    #[test]
    fn what_comes_in_front_of_the_pack_stays() {
        let mut body = line(b"shallow-info\n");
        body.extend_from_slice(&line(b"shallow 00"));
        body.extend_from_slice(b"0001");
        let front = body.clone();
        body.extend_from_slice(&line(b"packfile\n"));
        body.extend_from_slice(&line(b"\x02counting"));
        body.extend_from_slice(&line(b"\x01PACK"));
        body.extend_from_slice(b"0000");
        let changed = change_pack(&body, |pack| [pack, b"more".to_vec()].concat());
        let expected = [
            front,
            line(b"packfile\n"),
            line(b"\x01PACKmore"),
            b"0000".to_vec(),
        ]
        .concat();
        assert_eq!(changed, expected);
    }

    #[test]
    fn lines_are_taken_out_and_what_lies_between_them_stays() {
        let [a, b] = [&b"a\n"[..], b"b\n"].map(line);
        let body = [&a, &b"0001"[..], &b, &a, b"0000"].concat();
        let left = without(&body, |payload| payload == b"a\n");
        assert_eq!(left, [&b"0001"[..], &b, b"0000"].concat());
    }

    #[test]
    fn an_answer_without_a_pack_is_left_alone() {
        for body in [&b"0000"[..], b"", b"not packets", b"0009ERR x0000"] {
            assert_eq!(change_pack(body, |_| b"changed".to_vec()), body);
        }
    }
}

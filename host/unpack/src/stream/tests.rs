use super::*;
use crate::making::{file, gzip, zstd};

fn read(
    file: &File,
    open: impl FnOnce(&File) -> Result<Stream<'_>, StreamError>,
) -> Result<Vec<u8>, StreamError> {
    let mut stream = open(file)?;
    let (mut content, mut buffer) = (Vec::new(), vec![0; 10_000]);
    loop {
        let came = stream.fill(&mut buffer)?;
        content.extend_from_slice(&buffer[..came]);
        if came < buffer.len() {
            return Ok(content);
        }
    }
}

fn of_gzip(bytes: &[u8]) -> Result<Vec<u8>, String> {
    read(&file(bytes), |file| Stream::gzip(file)).map_err(|error| text::chain(&error))
}

fn of_zstd(bytes: &[u8]) -> Result<Vec<u8>, String> {
    read(&file(bytes), |file| Stream::zstd(file)).map_err(|error| text::chain(&error))
}

fn content() -> Vec<u8> {
    (0..300_000_u32)
        .flat_map(|n| (n / 5).to_le_bytes())
        .collect()
}

#[test]
fn content_is_what_was_packed() {
    for content in [content(), Vec::new(), b"x".to_vec()] {
        assert_eq!(of_gzip(&gzip(&content)).as_ref(), Ok(&content));
        assert_eq!(of_zstd(&zstd(&content)).as_ref(), Ok(&content));
    }
}

#[test]
fn a_file_is_one_member_or_frame_and_nothing_behind_it() {
    let trailing = Err("there are bytes behind its end".to_owned());
    for behind in [&b"\0"[..], &gzip(b"x"), &zstd(b"x")] {
        assert_eq!(of_gzip(&[&gzip(b"abc"), behind].concat()), trailing);
        assert_eq!(of_zstd(&[&zstd(b"abc"), behind].concat()), trailing);
    }
}

#[test]
fn a_file_that_ends_too_early_is_refused() {
    let (gzip, zstd) = (gzip(&content()), zstd(&content()));
    for cut in [1, 8, 9, 100] {
        let text = of_gzip(&gzip[..gzip.len() - cut]).unwrap_err();
        assert_eq!(text, "its data ends too early", "{cut}");
        let text = of_zstd(&zstd[..zstd.len() - cut]).unwrap_err();
        assert!(
            text.starts_with("its data is not valid zstd"),
            "{cut}: {text}"
        );
    }
    assert_eq!(of_gzip(&gzip[..9]), Err("it is not a gzip file".to_owned()));
    assert!(
        of_zstd(&zstd[..3])
            .unwrap_err()
            .starts_with("it is not a zstd file")
    );
}

#[test]
fn another_format_is_named() {
    for other in [
        &b"PK\x03\x04 and more"[..],
        b"",
        &zstd(b"abc"),
        b"\x1f\x8b\x07\0\0\0\0\0\0\0\0",
    ] {
        assert_eq!(of_gzip(other), Err("it is not a gzip file".to_owned()));
    }
    assert!(
        of_zstd(&gzip(b"abc"))
            .unwrap_err()
            .starts_with("it is not a zstd file")
    );
}

#[test]
fn a_checksum_and_a_size_are_compared() {
    let whole = gzip(b"abc");
    for at in 1..=8 {
        let mut lie = whole.clone();
        let at = lie.len() - at;
        lie[at] ^= 1;
        let expected = Err("its gzip checksum or size is not that of its content".to_owned());
        assert_eq!(of_gzip(&lie), expected);
    }
}

#[test]
fn the_fields_of_a_gzip_header_are_skipped_up_to_a_limit() {
    let with = |flags: u8, fields: &[u8]| {
        let mut bytes = gzip(b"abc");
        bytes[3] = flags;
        bytes.splice(10..10, fields.iter().copied());
        of_gzip(&bytes)
    };
    let whole = [&b"\x03\0xyz"[..], b"name\0", b"comment\0", b"\x12\x34"].concat();
    assert_eq!(with(0b1_1110, &whole), Ok(b"abc".to_vec()));
    assert_eq!(with(1, b""), Ok(b"abc".to_vec()), "a hint that it is text");
    let unknown = Err("its gzip header has fields that are not known or too long".to_owned());
    assert_eq!(with(0b10_0000, b""), unknown);
    assert_eq!(with(0b1000, &vec![b'x'; 70_000]), unknown);
}

#[test]
fn what_unpacks_to_two_hundred_times_its_size_is_refused_if_it_is_large() {
    let zeros = vec![0; 65 << 20];
    let small = &zeros[..60 << 20];
    assert_eq!(
        of_gzip(&gzip(small)).map(|content| content.len()),
        Ok(60 << 20)
    );
    let ratio = Err("it unpacks to more than 200 times its size".to_owned());
    assert_eq!(of_gzip(&gzip(&zeros)), ratio);
    assert_eq!(of_zstd(&zstd(&zeros)), ratio);
}

#[test]
fn a_zstd_window_is_limited() {
    // A frame whose header asks for a window of 16 MiB, or of 8, and has one block of three bytes.
    let frame = |exponent: u8| {
        let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, exponent << 3];
        frame.extend([0x19, 0, 0]);
        frame.extend(b"abc");
        frame
    };
    assert_eq!(of_zstd(&frame(13)), Ok(b"abc".to_vec()));
    let text = of_zstd(&frame(14)).unwrap_err();
    assert!(
        text.starts_with("it is not a zstd file that needs at most 8 MiB of memory"),
        "{text}"
    );
}

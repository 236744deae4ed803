use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::*;

/// Unpacks archives by a clock that is a second later each time it is read. Returns how often it was read.
fn within(seconds: u64, archives: &[Given]) -> Result<u64, UnpackError> {
    let parent = tempfile::tempdir().unwrap();
    let dir = Dir::open_ambient(parent.path()).unwrap();
    let limits = FolderLimits {
        bytes: 64 << 20,
        time: Duration::from_secs(seconds),
        ..LIMITS
    };
    let now = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&now);
    let clock = Box::new(move || Duration::from_secs(clock.fetch_add(1, Ordering::Relaxed)));
    let folder = Folder::create(&dir, "made", limits)
        .unwrap()
        .with_clock(clock);
    for (position, given) in archives.iter().enumerate() {
        folder.add(archive(given, position))?;
    }
    folder.finish()?;
    Ok(now.load(Ordering::Relaxed))
}

/// Returns how often the clock is read while these archives are unpacked. With less time they are refused.
fn times_read(archives: &[Given]) -> u64 {
    let times = within(1_000_000, archives).unwrap();
    assert_eq!(within(times, archives).unwrap(), times);
    for less in [1, times / 2, times - 1] {
        let refused = within(less, archives);
        let is_late = matches!(refused, Err(UnpackError::Limit(LimitReason::Time)));
        assert!(is_late, "{less} of {times}: {refused:?}");
    }
    times
}

/// Content that is unpacked in this many pieces, and whose compression ratio is below the limit.
fn content(pieces: usize) -> Vec<u8> {
    let lines = (0_u32..).flat_map(|number| format!("{number:08x}").into_bytes());
    lines.take(pieces * BUFFER).collect()
}

#[test]
fn a_file_is_refused_at_the_first_piece_after_the_deadline_in_every_format() {
    let with = |content: &[u8]| {
        let of_tar = tar(&[entry(b'0', "d/a", "", content)]);
        [
            given("a", ArchiveFormat::File, content.to_vec()),
            of_zip("a.zip", &[("d/a", content)]),
            given("a.tar.gz", ArchiveFormat::TarGz, gzip(&of_tar)),
            given("a.tar.zst", ArchiveFormat::TarZst, zstd(&of_tar)),
            of_wheel("a-1", &[("d/a", content)]),
        ]
    };
    for (small, large) in with(&content(1)).into_iter().zip(with(&content(5))) {
        let name = large.name.clone();
        let more = times_read(&[large]) - times_read(&[small]);
        assert!(more >= 4, "{name}: {more} times for four pieces");
    }
}

#[test]
fn a_folder_that_is_complete_before_the_deadline_is_not_refused() {
    let small = of_zip("a.zip", &[("d/a", b"one"), ("b", b"two")]);
    within(100, &[small]).unwrap();
}

#[test]
fn empty_entries_are_refused_after_the_deadline_too() {
    let empty = |kind, name: usize| entry(kind, &name.to_string(), "", b"");
    for kind in *b"05" {
        let with = |count| {
            let entries: Vec<_> = (0..count).map(|name| empty(kind, name)).collect();
            times_read(&[of_tar("a.tar.gz", &entries)])
        };
        assert!(with(9) - with(1) >= 8, "{}", char::from(kind));
    }
    let with = |count: usize| {
        let names: Vec<_> = (0..count).map(|name| name.to_string()).collect();
        let files: Vec<_> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
        times_read(&[of_zip("a.zip", &files)])
    };
    assert!(with(9) - with(1) >= 8);
}

#[test]
fn what_is_read_a_second_time_is_refused_after_the_deadline_too() {
    let with = |pieces| {
        let large = content(pieces);
        let file = entry(b'0', "a", "", &large);
        let linked = [file.clone(), entry(b'1', "b", "a", b"")];
        let behind = [
            file.clone(),
            entry(b'0', "c", "", b""),
            entry(b'1', "d", "c", b""),
        ];
        let tests = |stem: &str, content: &[u8]| of_wheel(stem, &[("tests/a", content)]);
        let mut other = large.clone();
        other[0] = 0;
        [
            ("a hard link", vec![of_tar("a.tar.gz", &linked)]),
            ("a hard link behind it", vec![of_tar("a.tar.gz", &behind)]),
            (
                "the same file twice",
                vec![
                    of_tar("a.tar.gz", std::slice::from_ref(&file)),
                    of_tar("b.tar.gz", &[file]),
                ],
            ),
            (
                "a file that replaces another",
                vec![tests("b-1", &large), tests("a-1", &other)],
            ),
        ]
    };
    for ((what, small), (_, large)) in with(1).into_iter().zip(with(5)) {
        let more = times_read(&large) - times_read(&small);
        assert!(more >= 8, "{what}: {more} times for four pieces, twice");
    }
}

#[test]
fn the_reason_of_a_folder_that_took_too_long_is_its_time() {
    let archives = [of_zip("a.zip", &[("a", b"one")])];
    let text = within(1, &archives).unwrap_err().to_string();
    assert_eq!(text, "the folder was not complete in time");
}

//! Unpacks archives into a new folder, for comparisons with other tools.
//!
//! Nothing here is shipped. Usage: `unpack FOLDER ARCH ARCHIVE...`

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dir::Dir;
use unpack::{Archive, ArchiveFormat, Folder, FolderLimits};

#[expect(clippy::print_stdout, reason = "a tool for the command line")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(arch)) = (arguments.next(), arguments.next()) else {
        return Err("usage: unpack FOLDER ARCH ARCHIVE...".into());
    };
    let archives: Vec<String> = arguments.collect();
    let folder = Path::new(&folder);
    let parent = Dir::open_ambient(folder.parent().ok_or("the folder has no parent")?)?;
    let name = folder.file_name().ok_or("the folder has no name")?;
    let limits = FolderLimits {
        entries: 1_000_000,
        bytes: 8 << 30,
        depth: 64,
        time: Duration::from_hours(1),
    };
    let folder = Folder::create(&parent, &name.to_string_lossy(), limits)?;
    let next = AtomicUsize::new(0);
    let work = || -> Result<(), String> {
        loop {
            let position = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = archives.get(position) else {
                return Ok(());
            };
            let unpacked = folder.add(archive(path, &arch, position)?);
            let unpacked = unpacked.map_err(|error| text::chain(&error))?;
            if let Some(package) = unpacked.package {
                println!("{package:?}");
            }
        }
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|_| Err("panic".to_owned())))
    })?;
    let finished = folder.finish().map_err(|error| text::chain(&error))?;
    println!("{} files, {} bytes", finished.files, finished.bytes);
    for warning in finished.warnings {
        println!("{warning}");
    }
    Ok(())
}

fn archive<'a>(path: &'a str, arch: &'a str, position: usize) -> Result<Archive<'a>, String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let parts: Vec<&str> = name.rsplit('.').take(2).collect();
    let format = match parts[..] {
        ["whl", ..] => ArchiveFormat::Wheel,
        ["tgz", ..] | ["gz", "tar"] => ArchiveFormat::TarGz,
        ["zst", "tar"] => ArchiveFormat::TarZst,
        ["zip", ..] => ArchiveFormat::Zip,
        _ => ArchiveFormat::File,
    };
    Ok(Archive {
        name,
        file: File::open(path).map_err(|error| format!("{path}: {error}"))?,
        format,
        leading_folders: u32::from(matches!(
            format,
            ArchiveFormat::TarGz | ArchiveFormat::TarZst
        )),
        arch,
        position,
    })
}

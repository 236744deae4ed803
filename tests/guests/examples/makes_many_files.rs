//! Fills its layer with very many files, nested directories, links, or one huge file; or makes many files one after the
//! other, and removes each. It stops when it is refused, logs `made <n>`, and builds innocently.
//! The host must end the build with a fault that names the limit, or refuse the guest what exceeds it. If no limit is
//! set, it may accept the build, in bounded time.
//!
//! Cases: deep (1,000 directories), flat (20,000 files), large (1 GiB), links (20,000), sparse (1 TiB in one file),
//! gone (20,000 files, one at a time), gone-large (1,024 files of 1 MiB, one at a time), same (20,000 times the same
//! file), again (20,000 times the same directory), within (16 files of 1 MiB, one at a time, then 900 empty ones).

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use guests::attempt::{Plot, link};
use guests::{BuildContext, Built, case, innocent, say, unknown_case};

guests::guest!(build);

const MEBIBYTE: usize = 1024 * 1024;

fn build(context: &BuildContext) -> Built {
    let plot = Plot::of(context);
    plot.directory("tools")?;
    let own = plot.path(innocent::LAYER);
    let made = match case(&context.variables)? {
        "again" => count(20_000, |_| fs::create_dir_all(own.join("folder"))),
        "deep" => {
            let mut path = own;
            count(1_000, |_| {
                path.push("d");
                fs::create_dir(&path)
            })
        }
        "flat" => count(20_000, |n| fs::write(own.join(format!("file-{n}")), "x")),
        "large" => {
            let block = vec![b'x'; MEBIBYTE];
            let mut file = File::create(own.join("large"));
            count(1_024, |_| match &mut file {
                Ok(file) => file.write_all(&block),
                Err(error) => Err(error.kind().into()),
            })
        }
        "gone" => count(20_000, |_| come_and_go(&own.join("file"), b"")),
        "gone-large" => count(1_024, |_| {
            come_and_go(&own.join("file"), &vec![b'x'; MEBIBYTE])
        }),
        "same" => count(20_000, |_| fs::write(own.join("file"), "")),
        "within" => {
            let made = count(16, |_| {
                come_and_go(&own.join("file"), &vec![b'x'; MEBIBYTE])
            });
            made + count(900, |_| come_and_go(&own.join("file"), b""))
        }
        "links" => count(20_000, |n| link("nothing", &own.join(format!("link-{n}")))),
        "sparse" => count(1, |_| {
            let file = File::create(own.join("sparse"))?;
            file.set_len(1024 * 1024 * 1024 * 1024)
        }),
        other => return unknown_case(other),
    };
    say(&format!("made {made}"));
    Ok(innocent::output())
}

fn come_and_go(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::write(path, bytes)?;
    fs::remove_file(path)
}

/// The number of successful calls of `make` before its first error, at most `limit`.
fn count(limit: usize, mut make: impl FnMut(usize) -> io::Result<()>) -> usize {
    (0..limit).take_while(|n| make(*n).is_ok()).count()
}

//! Makes the host allocate memory of its own, instead of the guest's. In build only.
//! `bytes`: one request for a tebibyte of random bytes. `bytes-often`: 80 requests for one mebibyte, each freed again.
//! `handles`: opens standard output, and never closes it. `waits`: the same with pollables.
//! `waits-for-nothing`: waits for an empty list. `reads`: reads a file up to the greatest offset.
//! `opens`: opens a directory until it is refused, and would then build innocently.
//! `writes`: writes 24 mebibytes by one call.
//! The host must end the build with a fault, or deny the request, in bounded time; it may allow `bytes-often` and
//! `reads`.

use guests::attempt::tried;
use guests::wasi::{Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags};
use guests::wasi::{get_random_bytes, get_stdout, poll, preopen};
use guests::{BuildContext, BuildOutput, Failure, case, failure, innocent, say, unknown_case};

guests::guest!(build);

fn build(context: &BuildContext) -> Result<BuildOutput, Failure> {
    let layers = preopen(&context.layers_dir)?;
    match case(&context.variables)? {
        "bytes" => say(&format!("ALLOWED: {}", get_random_bytes(1 << 40).len())),
        "bytes-often" => {
            let all: usize = (0..80).map(|_| get_random_bytes(1 << 20).len()).sum();
            say(&format!("got {all} bytes"));
        }
        "handles" => keep(get_stdout),
        "waits" => {
            let stdout = get_stdout();
            keep(|| stdout.subscribe());
        }
        "waits-for-nothing" => say(&format!("ALLOWED: {:?}", poll(&[]))),
        "opens" => {
            let mut held = Vec::new();
            let flags = (
                PathFlags::empty(),
                OpenFlags::DIRECTORY,
                DescriptorFlags::READ,
            );
            while let Ok(dir) = layers.open_at(flags.0, ".", flags.1, flags.2) {
                held.push(dir);
            }
            say(&format!("opened {}", held.len()));
        }
        "reads" => {
            let file = file(&layers)?;
            for (length, offset) in [
                (u64::MAX, 0),
                (u64::MAX, u64::MAX),
                (1, u64::MAX),
                (1 << 63, 1 << 63),
            ] {
                let read = file.read(length, offset).map(|(bytes, _)| bytes.len());
                say(&format!("read: {read:?}"));
            }
        }
        "writes" => {
            let file = file(&layers)?;
            tried("to write far behind the end", file.write(b"x", u64::MAX));
            tried(
                "to write behind the end",
                file.write(b"x", i64::MAX.cast_unsigned()),
            );
            tried("to set the greatest size", file.set_size(u64::MAX));
            say(&format!("wrote: {:?}", file.write(&vec![1; 24 << 20], 0)));
        }
        other => return unknown_case(other),
    }
    say("tried everything");
    Ok(innocent::output())
}

/// Makes the host create two million resources.
fn keep<T>(take: impl Fn() -> T) {
    for _ in 0..2_000_000 {
        std::mem::forget(take());
    }
    say("ALLOWED: two million");
}

fn file(layers: &Descriptor) -> Result<Descriptor, Failure> {
    let flags = DescriptorFlags::READ | DescriptorFlags::WRITE;
    let path = format!("{}/file", innocent::LAYER);
    let made: Result<_, ErrorCode> = layers
        .create_directory_at(innocent::LAYER)
        .and_then(|()| layers.open_at(PathFlags::empty(), &path, OpenFlags::CREATE, flags));
    made.and_then(|file| file.write(b"text", 0).map(|_| file))
        .map_err(|error| failure(format!("The file could not be made: {error}.")))
}

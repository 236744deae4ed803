//! Bindings to WASI's own calls, for flags and paths that Rust's library does not pass through.
//!
//! The interfaces are reduced to what the guests use, in a version that the library does not import, so that both can
//! be linked.

wit_bindgen::generate!({
    inline: "
        package tests:raw;

        world raw {
            import wasi:filesystem/types@0.2.1;
            import wasi:filesystem/preopens@0.2.1;
            import wasi:random/random@0.2.1;
            import wasi:cli/stdout@0.2.1;
            import wasi:io/poll@0.2.1;
            import wasi:clocks/monotonic-clock@0.2.1;
        }

        package wasi:io@0.2.1 {
            interface poll {
                resource pollable {
                    ready: func() -> bool;
                }
                poll: func(in: list<borrow<pollable>>) -> list<u32>;
            }
            interface streams {
                use poll.{pollable};
                resource input-stream {
                    subscribe: func() -> pollable;
                }
                resource output-stream {
                    subscribe: func() -> pollable;
                }
            }
        }

        package wasi:cli@0.2.1 {
            interface stdout {
                use wasi:io/streams@0.2.1.{output-stream};
                get-stdout: func() -> output-stream;
            }
        }

        package wasi:random@0.2.1 {
            interface random {
                get-random-bytes: func(len: u64) -> list<u8>;
            }
        }

        package wasi:clocks@0.2.1 {
            interface wall-clock {
                record datetime { seconds: u64, nanoseconds: u32 }
            }
            interface monotonic-clock {
                use wasi:io/poll@0.2.1.{pollable};
                type instant = u64;
                type duration = u64;
                now: func() -> instant;
                subscribe-instant: func(when: instant) -> pollable;
                subscribe-duration: func(when: duration) -> pollable;
            }
        }

        package wasi:filesystem@0.2.1 {
            interface types {
                use wasi:clocks/wall-clock@0.2.1.{datetime};
                use wasi:io/streams@0.2.1.{input-stream};
                type filesize = u64;
                type link-count = u64;
                enum descriptor-type {
                    unknown, block-device, character-device, directory, fifo, symbolic-link, regular-file, socket,
                }
                flags descriptor-flags {
                    read, write, file-integrity-sync, data-integrity-sync, requested-write-sync, mutate-directory,
                }
                flags path-flags { symlink-follow }
                flags open-flags { create, directory, exclusive, truncate }
                record descriptor-stat {
                    %type: descriptor-type,
                    link-count: link-count,
                    size: filesize,
                    data-access-timestamp: option<datetime>,
                    data-modification-timestamp: option<datetime>,
                    status-change-timestamp: option<datetime>,
                }
                variant new-timestamp { no-change, now, timestamp(datetime) }
                enum error-code {
                    access, would-block, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large,
                    illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory, loop, too-many-links,
                    message-size, name-too-long, no-device, no-entry, no-lock, insufficient-memory,
                    insufficient-space, not-directory, not-empty, not-recoverable, unsupported, no-tty,
                    no-such-device, overflow, not-permitted, pipe, read-only, invalid-seek, text-file-busy,
                    cross-device,
                }
                resource directory-entry-stream {}
                resource descriptor {
                    read-directory: func() -> result<directory-entry-stream, error-code>;
                    read-via-stream: func(offset: filesize) -> result<input-stream, error-code>;
                    set-size: func(size: filesize) -> result<_, error-code>;
                    set-times: func(
                        data-access-timestamp: new-timestamp, data-modification-timestamp: new-timestamp,
                    ) -> result<_, error-code>;
                    read: func(length: filesize, offset: filesize) -> result<tuple<list<u8>, bool>, error-code>;
                    write: func(buffer: list<u8>, offset: filesize) -> result<filesize, error-code>;
                    create-directory-at: func(path: string) -> result<_, error-code>;
                    stat: func() -> result<descriptor-stat, error-code>;
                    stat-at: func(path-flags: path-flags, path: string) -> result<descriptor-stat, error-code>;
                    set-times-at: func(
                        path-flags: path-flags, path: string, data-access-timestamp: new-timestamp,
                        data-modification-timestamp: new-timestamp,
                    ) -> result<_, error-code>;
                    link-at: func(
                        old-path-flags: path-flags, old-path: string, new-descriptor: borrow<descriptor>,
                        new-path: string,
                    ) -> result<_, error-code>;
                    open-at: func(
                        path-flags: path-flags, path: string, open-flags: open-flags, %flags: descriptor-flags,
                    ) -> result<descriptor, error-code>;
                    readlink-at: func(path: string) -> result<string, error-code>;
                    remove-directory-at: func(path: string) -> result<_, error-code>;
                    rename-at: func(
                        old-path: string, new-descriptor: borrow<descriptor>, new-path: string,
                    ) -> result<_, error-code>;
                    symlink-at: func(old-path: string, new-path: string) -> result<_, error-code>;
                    unlink-file-at: func(path: string) -> result<_, error-code>;
                }
            }
            interface preopens {
                use types.{descriptor};
                get-directories: func() -> list<tuple<descriptor, string>>;
            }
        }
    ",
    world: "raw",
    generate_all,
});

pub use wasi::cli::stdout::get_stdout;
pub use wasi::clocks::monotonic_clock::{
    now as monotonic_now, subscribe_duration, subscribe_instant,
};
pub use wasi::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode, NewTimestamp, OpenFlags, PathFlags,
};
pub use wasi::io::poll::{Pollable, poll};
pub use wasi::random::random::get_random_bytes;

pub use wasi::clocks::wall_clock::Datetime;

use crate::{Failure, failure};

/// Follows a link at the end of a path.
pub const FOLLOW: PathFlags = PathFlags::SYMLINK_FOLLOW;

/// Does not follow a link at the end of a path.
#[must_use]
pub fn none() -> PathFlags {
    PathFlags::empty()
}

/// The preopened directory of this name.
pub fn preopen(name: &str) -> Result<Descriptor, Failure> {
    wasi::filesystem::preopens::get_directories()
        .into_iter()
        .find_map(|(dir, own)| (own == name).then_some(dir))
        .ok_or_else(|| failure(format!("The directory {name} is not open.")))
}

/// The start of an open file, as text.
#[must_use]
pub fn text(file: &Descriptor) -> String {
    let bytes = file.read(1024, 0).map(|(bytes, _)| bytes);
    String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
}

//! Counts the files that a component lists, makes and writes. Wraps WASI's own functions and counts before each call.

use std::fs::File;
use std::sync::Arc;

use bytes::Bytes;
use wasmtime::component::{Linker, LinkerInstance, Resource};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, ErrorCode, HostDescriptor as _, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{
    DynOutputStream, FsResult, OutputStream, Pollable, StreamError, StreamResult,
};

use super::quota::{Exceeded, Left};
use super::state::State;
use crate::machine::Lack;

/// The interface, under the exact name and version that wasmtime-wasi uses. Under another name the counting functions
/// would not replace WASI's own.
const TYPES: &str = "wasi:filesystem/types@0.2.12";

/// The host's memory for one listed name, in bytes, beside the name itself.
const LISTED: u64 = 128;

/// Replaces the functions that the linker already has with counting ones.
pub(super) fn count(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let mut types = linker.instance(TYPES)?;
    types.func_wrap_async(
        "[method]descriptor.read-directory",
        |mut store, (dir,): (Resource<Descriptor>,)| {
            Box::new(async move {
                let state = store.data_mut();
                state.list(&dir).await?;
                answer(state.filesystem().read_directory(dir).await)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.create-directory-at",
        |mut store, (dir, path): (Resource<Descriptor>, String)| {
            Box::new(async move {
                let state = store.data_mut();
                state.quota.made.take(1)?;
                let made = state.filesystem().create_directory_at(dir, path).await;
                answer(state.quota.made(made))
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.symlink-at",
        |mut store, (dir, target, path): (Resource<Descriptor>, String, String)| {
            Box::new(async move {
                let state = store.data_mut();
                state.quota.made.take(1)?;
                let made = state.filesystem().symlink_at(dir, target, path).await;
                answer(state.quota.made(made))
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.link-at",
        |mut store, (dir, flags, old, into, new): (_, PathFlags, String, _, String)| {
            Box::new(async move {
                let state = store.data_mut();
                state.quota.made.take(1)?;
                let mut files = state.filesystem();
                let made = files.link_at(dir, flags, old, into, new).await;
                answer(state.quota.made(made))
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.open-at",
        |mut store,
         (dir, path_flags, path, open_flags, flags): (
            Resource<Descriptor>,
            PathFlags,
            String,
            OpenFlags,
            DescriptorFlags,
        )| {
            Box::new(async move {
                let state = store.data_mut();
                let makes = open_flags.contains(OpenFlags::CREATE)
                    && state.make(&dir, path_flags, &path).await?;
                let beneath = Resource::new_borrow(dir.rep());
                let mut files = state.filesystem();
                let opened = files.open_at(dir, path_flags, path, open_flags, flags);
                let opened = opened.await;
                if opened.is_err() {
                    state.end_if_too_many_are_open(&beneath)?;
                }
                answer(if makes {
                    state.quota.made(opened)
                } else {
                    opened
                })
            })
        },
    )?;
    count_written(&mut types)
}

/// Replaces the functions that write to a file.
fn count_written(types: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    types.func_wrap_async(
        "[method]descriptor.write",
        |mut store, (file, bytes, offset): (Resource<Descriptor>, Vec<u8>, u64)| {
            Box::new(async move {
                let state = store.data_mut();
                state.quota.written.take(bytes.len() as u64)?;
                answer(state.filesystem().write(file, bytes, offset).await)
            })
        },
    )?;
    types.func_wrap(
        "[method]descriptor.write-via-stream",
        |mut store, (file, offset): (Resource<Descriptor>, u64)| {
            let state = store.data_mut();
            let stream = state.filesystem().write_via_stream(file, offset);
            answer(state.counted(stream)?)
        },
    )?;
    types.func_wrap(
        "[method]descriptor.append-via-stream",
        |mut store, (file,): (Resource<Descriptor>,)| {
            let state = store.data_mut();
            let stream = state.filesystem().append_via_stream(file);
            answer(state.counted(stream)?)
        },
    )
}

/// Converts the answer of WASI's own function: the component gets the error, unless it is a trap.
fn answer<T>(answer: FsResult<T>) -> wasmtime::Result<(Result<T, ErrorCode>,)> {
    match answer {
        Ok(value) => Ok((Ok(value),)),
        Err(error) => Ok((Err(error.downcast()?),)),
    }
}

impl State {
    /// Counts the names of a directory before all of them are read into memory.
    async fn list(&mut self, dir: &Resource<Descriptor>) -> wasmtime::Result<()> {
        let Descriptor::Dir(dir) = self.table.get(dir)? else {
            return Ok(());
        };
        let (dir, listed) = (Arc::clone(&dir.dir), self.quota.listed.clone());
        if self.quota.has_thread {
            tokio::task::spawn_blocking(move || count_names(&dir, &listed)).await??;
        } else {
            count_names(&dir, &listed)?;
        }
        Ok(())
    }

    /// Counts a file that is about to be made, unless it exists. Returns whether it was counted.
    async fn make(
        &mut self,
        dir: &Resource<Descriptor>,
        flags: PathFlags,
        path: &str,
    ) -> wasmtime::Result<bool> {
        let dir = Resource::new_borrow(dir.rep());
        let found = self.filesystem().stat_at(dir, flags, path.to_owned()).await;
        if found.is_err() {
            self.quota.made.take(1)?;
        }
        Ok(found.is_err())
    }

    /// WASI has no error code for too many open files. A component would take the file for missing, and decline.
    fn end_if_too_many_are_open(&self, dir: &Resource<Descriptor>) -> wasmtime::Result<()> {
        let Ok(Descriptor::Dir(dir)) = self.table.get(dir) else {
            return Ok(());
        };
        match dir.dir.try_clone() {
            Err(error) if Lack::of(&error) == Some(Lack::Files) => {
                Err(Exceeded::Open(self.quota.open_files).into())
            }
            _ => Ok(()),
        }
    }

    /// Wraps a stream that was just opened, so that its writes are counted.
    fn counted(
        &mut self,
        stream: FsResult<Resource<DynOutputStream>>,
    ) -> wasmtime::Result<FsResult<Resource<DynOutputStream>>> {
        let stream = match stream {
            Ok(stream) => self.table.delete(stream)?,
            Err(error) => return Ok(Err(error)),
        };
        let written = self.quota.written.clone();
        let counted: DynOutputStream = Box::new(Counted { stream, written });
        Ok(Ok(self.table.push(counted)?))
    }
}

/// Counts the names in a directory. Skips a directory that cannot be listed: the listing that follows returns the
/// error.
fn count_names(dir: &File, listed: &Left) -> Result<(), Exceeded> {
    let Ok(names) = rustix::fs::Dir::read_from(dir) else {
        return Ok(());
    };
    for name in names.map_while(Result::ok) {
        listed.take(LISTED + name.file_name().to_bytes().len() as u64)?;
    }
    Ok(())
}

/// A stream into a file. `written` is what may still be written to all files together.
struct Counted {
    stream: DynOutputStream,
    written: Left,
}

impl Counted {
    fn take(&self, bytes: &Bytes) -> StreamResult<()> {
        let taken = self.written.take(bytes.len() as u64);
        taken.map_err(|exceeded| StreamError::Trap(exceeded.into()))
    }
}

#[async_trait]
impl Pollable for Counted {
    async fn ready(&mut self) {
        self.stream.ready().await;
    }
}

#[async_trait]
impl OutputStream for Counted {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(&bytes)?;
        self.stream.write(bytes)
    }

    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(&bytes)?;
        self.stream.blocking_write_and_flush(bytes).await
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.stream.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.stream.check_write()
    }

    async fn cancel(&mut self) {
        self.stream.cancel().await;
    }
}

//! The content of a member, inflated and compared with its sizes and checksum.
//!
//! Nothing here checks headers.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crc32fast::Hasher;
use text::shown_path;

use super::{ContentReason, Member, Method, ZipError};
use crate::inflate::{InflateError, Inflater};

/// Reads the content of members, one after the other.
pub(crate) struct Reader<'a> {
    file: &'a File,
    inflater: Inflater,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a File) -> Self {
        Self {
            file,
            inflater: Inflater::new(),
        }
    }

    /// Passes the content to `take` in pieces of at most the length of `buffer`. The last piece is passed before the
    /// checksum is compared.
    pub(crate) fn read<E: From<ZipError>>(
        &mut self,
        member: &Member,
        buffer: &mut [u8],
        mut take: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let refused = |reason| ZipError::Content {
            name: shown_path(member.name.as_bytes()),
            reason,
        };
        let (mut at, mut packed) = (member.data, member.packed);
        let mut left = member.size;
        let mut crc = Hasher::new();
        self.inflater.begin();
        loop {
            let mut read = |into: &mut [u8]| {
                let most =
                    usize::try_from(packed).map_or(into.len(), |packed| packed.min(into.len()));
                let came = self.file.read_at(&mut into[..most], at)?;
                at += came as u64;
                packed -= came as u64;
                Ok::<_, io::Error>(came)
            };
            let came = match member.method {
                Method::Stored => read(buffer).map_err(InflateError::Read),
                Method::Deflate => self.inflater.inflate(&mut read, buffer),
            };
            let came = came.map_err(|error| refused(error.into()))?;
            if came == 0 {
                break;
            }
            left = left
                .checked_sub(came as u64)
                .ok_or_else(|| refused(ContentReason::Size))?;
            crc.update(&buffer[..came]);
            take(&buffer[..came])?;
        }
        if left != 0 {
            return Err(refused(ContentReason::Size).into());
        }
        if packed != 0 || !self.inflater.rest().is_empty() {
            return Err(refused(ContentReason::Trailing).into());
        }
        if crc.finalize() != member.crc {
            return Err(refused(ContentReason::Checksum).into());
        }
        Ok(())
    }

    /// Returns the whole content of a member. The caller must have checked the size.
    pub(crate) fn whole(&mut self, member: &Member) -> Result<Vec<u8>, ZipError> {
        let mut content = Vec::new();
        let mut buffer = vec![0; 64 << 10];
        self.read(member, &mut buffer, |piece| {
            content.extend_from_slice(piece);
            Ok::<_, ZipError>(())
        })?;
        Ok(content)
    }
}

//! Writes requests and parses answers of git's protocol 2, as far as one folder of one commit needs it.
//!
//! Nothing here sends: answers come from any reader. <https://git-scm.com/docs/protocol-v2>

use std::io::{self, BufRead, Read};

use gix_hash::ObjectId;
use gix_packetline::PacketLineRef;
use gix_packetline::blocking_io::StreamingPeekableIter;
use gix_packetline::blocking_io::encode::{
    data_to_write, delim_to_write, flush_to_write, text_to_write,
};

use text::Said;

/// This program's user agent.
pub(super) const AGENT: &str = concat!("buildpack-host/", env!("CARGO_PKG_VERSION"));
/// The limit for refs in a list. Git's own servers list every branch with the wanted prefix.
const MOST_REFS: usize = 100_000;

/// An answer that is invalid, or that is a refusal.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// The answer has no body. Git's own programs send this when they don't understand a request.
    #[error("the server's answer is empty")]
    Empty,
    #[error("the server's answer ended too early")]
    CutShort,
    #[error("the server's answer can't be read")]
    Read { source: io::Error },
    /// The answer is not in git's packet lines.
    #[error("the server's answer isn't in git's form")]
    Line,
    /// The answer has a different packet line than expected.
    #[error("the server answered '{found}' instead of {wanted}")]
    Unexpected {
        /// A description of the expected line.
        wanted: &'static str,
        /// The received line.
        found: Said,
    },
    /// The server supports only an older protocol, or did not get the header that requests version 2.
    #[error("the server speaks only an older version of git's protocol; version 2 is needed")]
    Version,
    /// The server lacks a capability that is needed.
    #[error("the server doesn't offer '{0}', which is needed")]
    Lacks(&'static str),
    /// The repository's object ids are not SHA-1.
    #[error("the repository uses the object format '{0}'; only sha1 can be fetched")]
    ObjectFormat(Said),
    #[error("the server lists more than {MOST_REFS} branches and tags")]
    TooManyRefs,
    /// The server refused, with this message.
    #[error("the server says: {0}")]
    Refused(Said),
}

impl ProtocolError {
    /// Returns the part of the error that is the server's own text.
    pub(super) fn words_of_the_server(&mut self) -> Option<&mut Said> {
        match self {
            Self::Unexpected { found: words, .. }
            | Self::ObjectFormat(words)
            | Self::Refused(words) => Some(words),
            _ => None,
        }
    }
}

impl From<io::Error> for ProtocolError {
    fn from(source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::UnexpectedEof {
            Self::CutShort
        } else {
            Self::Read { source }
        }
    }
}

/// The server's capabilities.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// The server accepts the client's user agent.
    pub(super) agent: bool,
    /// The server accepts the object format in a request.
    pub(super) object_format: bool,
    /// The server can leave objects out.
    pub(super) filter: bool,
}

impl Capabilities {
    /// Assumed until the server has sent its own: filters, and no optional lines in requests.
    pub(super) const USUAL: Self = Self {
        agent: false,
        object_format: false,
        filter: true,
    };
}

enum Packet<'a> {
    Data(&'a [u8]),
    Flush,
    Delimiter,
}

/// Reads an answer line by line.
struct Packets<R>(StreamingPeekableIter<R>);

impl<R: Read> Packets<R> {
    fn new(answer: R) -> Self {
        Self(StreamingPeekableIter::new(answer, &[], false))
    }

    /// Returns the next line. A line with a refusal is an error.
    fn next(&mut self) -> Result<Packet<'_>, ProtocolError> {
        match self.0.read_line() {
            None => Err(ProtocolError::CutShort),
            Some(Err(error)) => Err(error.into()),
            Some(Ok(Ok(PacketLineRef::Flush))) => Ok(Packet::Flush),
            Some(Ok(Ok(PacketLineRef::Delimiter))) => Ok(Packet::Delimiter),
            // A line without a length, or the end marker that only local programs send.
            Some(Ok(Err(_) | Ok(PacketLineRef::ResponseEnd))) => Err(ProtocolError::Line),
            Some(Ok(Ok(PacketLineRef::Data(data)))) => match data.strip_prefix(b"ERR ") {
                Some(message) => Err(ProtocolError::Refused(message.into())),
                None => Ok(Packet::Data(data)),
            },
        }
    }

    /// Returns the next line as text without its line end, or `None` at a flush.
    fn text(&mut self) -> Result<Option<&[u8]>, ProtocolError> {
        match self.next()? {
            Packet::Data(line) => Ok(Some(line.strip_suffix(b"\n").unwrap_or(line))),
            Packet::Flush => Ok(None),
            Packet::Delimiter => Err(ProtocolError::Line),
        }
    }
}

/// Reads the server's capabilities. Refuses a server that lacks a needed one.
pub fn read_capabilities(answer: impl Read) -> Result<Capabilities, ProtocolError> {
    let mut packets = Packets::new(answer);
    let mut first = packets.text()?.unwrap_or_default().to_vec();
    // Some servers repeat the service's name first, as older protocols do.
    if first.starts_with(b"# service=") {
        while packets.text()?.is_some() {}
        first = packets.text()?.unwrap_or_default().to_vec();
    }
    if is_older(&first) {
        return Err(ProtocolError::Version);
    }
    if first != b"version 2" {
        return Err(ProtocolError::Unexpected {
            wanted: "what it offers",
            found: first[..].into(),
        });
    }
    let mut capabilities = Capabilities::default();
    let (mut fetch, mut shallow, mut ls_refs) = (false, false, false);
    while let Some(line) = packets.text()? {
        let (key, value) = match line.iter().position(|byte| *byte == b'=') {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, &b""[..]),
        };
        let has = |word: &[u8]| value.split(|byte| *byte == b' ').any(|found| found == word);
        match key {
            b"agent" => capabilities.agent = true,
            b"object-format" if value == b"sha1" => capabilities.object_format = true,
            b"object-format" => return Err(ProtocolError::ObjectFormat(value.into())),
            b"ls-refs" => ls_refs = true,
            b"fetch" => {
                fetch = true;
                shallow = has(b"shallow");
                capabilities.filter = has(b"filter");
            }
            _ => {}
        }
    }
    for (offered, name) in [(ls_refs, "ls-refs"), (fetch, "fetch"), (shallow, "shallow")] {
        if !offered {
            return Err(ProtocolError::Lacks(name));
        }
    }
    Ok(capabilities)
}

/// Returns whether an older protocol begins with this line: its version, or the id and the name of a branch.
fn is_older(first: &[u8]) -> bool {
    let begins_with_id = || {
        let id = first.split(|byte| *byte == b' ').next().unwrap_or_default();
        id.len() >= 40 && id.iter().all(u8::is_ascii_hexdigit)
    };
    first == b"version 1" || begins_with_id()
}

/// Returns the message of an answer that is a refusal. Some servers send one with an HTTP error status.
pub(super) fn refusal(answer: impl Read) -> Option<Said> {
    match Packets::new(answer).next() {
        Err(ProtocolError::Refused(words)) => Some(words),
        _ => None,
    }
}

/// Returns whether a refusal means that the object does not exist or is hidden. Knows the messages of git and `JGit`.
pub(super) fn is_unknown(refusal: &str) -> bool {
    let by_jgit = refusal.starts_with("want ") && refusal.trim_end().ends_with(" not valid");
    by_jgit || refusal.contains("not our ref")
}

/// Returns whether a refusal means that the repository does not exist or is hidden. Knows gitolite's message.
pub(super) fn is_denied(refusal: &str) -> bool {
    refusal.contains(" DENIED by ")
}

/// Writes the request for the ids of these refs, and for the targets of their tags.
pub(super) fn ls_refs_request(
    capabilities: &Capabilities,
    names: &[String],
) -> io::Result<Vec<u8>> {
    let mut request = Vec::new();
    begin(&mut request, "ls-refs", capabilities)?;
    text_to_write(b"peel", &mut request)?;
    for name in names {
        text_to_write(format!("ref-prefix {name}").as_bytes(), &mut request)?;
    }
    flush_to_write(&mut request)?;
    Ok(request)
}

/// Finds the first of these refs that the server has. For an annotated tag it returns the id of the tag's target.
pub fn read_refs(answer: impl Read, names: &[String]) -> Result<Option<ObjectId>, ProtocolError> {
    let mut packets = Packets::new(answer);
    let mut found: Option<(usize, ObjectId)> = None;
    let mut count = 0;
    while let Some(line) = packets.text()? {
        count += 1;
        if count > MOST_REFS {
            return Err(ProtocolError::TooManyRefs);
        }
        let unexpected = || ProtocolError::Unexpected {
            wanted: "an id and the name of a branch or tag",
            found: line.into(),
        };
        let mut words = line.split(|byte| *byte == b' ');
        let (Some(id), Some(name)) = (words.next(), words.next()) else {
            return Err(unexpected());
        };
        let Some(place) = names.iter().position(|wanted| wanted.as_bytes() == name) else {
            continue;
        };
        let peeled = words.find_map(|word| word.strip_prefix(b"peeled:"));
        let id = object_id(peeled.unwrap_or(id)).ok_or_else(unexpected)?;
        if found.is_none_or(|(best, _)| place < best) {
            found = Some((place, id));
        }
    }
    Ok(found.map(|(_, id)| id))
}

/// The objects to fetch together with the wanted object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// A commit with its trees down to this level, and no files.
    Trees(usize),
    /// A commit with all its trees, and no files.
    AllTrees,
    /// A commit with all its contents, and no earlier commit.
    Commit,
    /// A tree with all its contents.
    Tree,
}

impl Extent {
    /// Returns the filter in the notation of git's protocol. The commit's root tree is at level one.
    fn filter(self) -> Option<String> {
        match self {
            Self::Trees(1) => Some("tree:1".to_owned()),
            // Without `blob:none`, the files in the trees on the path come as well.
            Self::Trees(levels) => Some(format!("combine:tree:{levels}+blob:none")),
            Self::AllTrees => Some("blob:none".to_owned()),
            Self::Commit | Self::Tree => None,
        }
    }

    /// Returns the extent to request if the server refuses this one. Servers may allow some filters and not others, and
    /// `blob:none` leaves out the largest part.
    pub(super) fn more(self) -> Option<Self> {
        match self {
            Self::Trees(_) => Some(Self::AllTrees),
            Self::AllTrees => Some(Self::Commit),
            Self::Commit | Self::Tree => None,
        }
    }
}

/// Writes the request for objects.
pub(super) fn fetch_request(
    capabilities: &Capabilities,
    want: ObjectId,
    extent: Extent,
) -> io::Result<Vec<u8>> {
    let mut request = Vec::new();
    begin(&mut request, "fetch", capabilities)?;
    let mut say = |line: &str| text_to_write(line.as_bytes(), &mut request).map(drop);
    say("no-progress")?;
    say("ofs-delta")?;
    say(&format!("want {want}"))?;
    if extent != Extent::Tree {
        say("deepen 1")?;
    }
    if let Some(filter) = extent.filter() {
        say(&format!("filter {filter}"))?;
    }
    say("done")?;
    flush_to_write(&mut request)?;
    Ok(request)
}

fn begin(request: &mut Vec<u8>, command: &str, capabilities: &Capabilities) -> io::Result<()> {
    text_to_write(format!("command={command}").as_bytes(), &mut *request)?;
    if capabilities.agent {
        data_to_write(format!("agent={AGENT}").as_bytes(), &mut *request)?;
    }
    if capabilities.object_format {
        data_to_write(b"object-format=sha1", &mut *request)?;
    }
    delim_to_write(&mut *request)?;
    Ok(())
}

/// Finds the pack in an answer, and passes it to `take` as it arrives. The limit for the answer limits the pack too.
///
/// If the answer is invalid, returns that error and not the one from `take`.
pub fn read_pack<T, E: From<ProtocolError>>(
    answer: impl Read,
    take: impl FnOnce(&mut dyn BufRead) -> Result<T, E>,
) -> Result<T, E> {
    let mut packets = Packets::new(answer);
    find_pack(&mut packets)?;
    let mut band = Band {
        packets,
        data: Vec::new(),
        next: 0,
        end: None,
    };
    let taken = take(&mut band);
    match band.end {
        Some(Err(failed)) => Err(failed.into()),
        _ => taken,
    }
}

fn find_pack(packets: &mut Packets<impl Read>) -> Result<(), ProtocolError> {
    loop {
        match packets.text()? {
            Some(b"packfile") => return Ok(()),
            // The commits whose parents were left out. Only the wanted commit is listed, and it is known.
            Some(b"shallow-info") => while let Packet::Data(_) = packets.next()? {},
            Some(other) => {
                return Err(ProtocolError::Unexpected {
                    wanted: "a pack",
                    found: other.into(),
                });
            }
            None => {
                return Err(ProtocolError::Unexpected {
                    wanted: "a pack",
                    found: "nothing".into(),
                });
            }
        }
    }
}

/// Reads the pack from its band. Of the two other bands, one has progress texts and one the error that ends the answer.
struct Band<R> {
    packets: Packets<R>,
    /// The pack's bytes in the last line.
    data: Vec<u8>,
    /// The index in `data` of the next byte.
    next: usize,
    /// The pack's end, or the error that ended it. `None` while it goes on.
    end: Option<Result<(), ProtocolError>>,
}

impl<R: Read> Band<R> {
    /// Fills `data` with the pack's next line, or leaves it empty at the end.
    fn next_line(&mut self) -> Result<(), ProtocolError> {
        self.data.clear();
        self.next = 0;
        loop {
            match self.packets.next()? {
                Packet::Data([1] | [2, ..]) => {}
                Packet::Data([1, data @ ..]) => {
                    self.data.extend_from_slice(data);
                    return Ok(());
                }
                Packet::Data([3, message @ ..]) => {
                    return Err(ProtocolError::Refused(message.into()));
                }
                Packet::Flush => return Ok(()),
                Packet::Data(_) | Packet::Delimiter => return Err(ProtocolError::Line),
            }
        }
    }
}

impl<R: Read> BufRead for Band<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.next == self.data.len() && self.end.is_none() {
            let line = self.next_line();
            if line.is_err() || self.data.is_empty() {
                self.end = Some(line);
            }
        }
        match &self.end {
            Some(Err(_)) => Err(io::Error::other("the pack goes no further")),
            _ => Ok(&self.data[self.next..]),
        }
    }

    fn consume(&mut self, count: usize) {
        self.next += count;
    }
}

impl<R: Read> Read for Band<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

fn object_id(hex: &[u8]) -> Option<ObjectId> {
    let is_sha1 = hex.len() == 2 * gix_hash::Kind::Sha1.len_in_bytes();
    ObjectId::from_hex(hex).ok().filter(|_| is_sha1)
}

#[cfg(test)]
pub(super) mod tests;

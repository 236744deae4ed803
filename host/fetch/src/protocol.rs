//! Git protocol 2, as far as one folder of one commit needs it: requests written, answers read.
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

/// How this program introduces itself, where a server wants to know.
pub(super) const AGENT: &str = concat!("buildpack-host/", env!("CARGO_PKG_VERSION"));
/// Git's own servers list every branch that begins like the wanted one. That many are plenty.
const MOST_REFS: usize = 100_000;

/// An answer that isn't understood, or that says no.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// It has no body. Git's own programs answer so what they don't understand.
    #[error("the server's answer is empty")]
    Empty,
    /// It ended in the middle.
    #[error("the server's answer ended too early")]
    CutShort,
    /// It could not be read further.
    #[error("the server's answer can't be read")]
    Read {
        /// Why.
        source: io::Error,
    },
    /// It is not made of packet lines.
    #[error("the server's answer isn't in git's form")]
    Line,
    /// It is made of packet lines, but not of these.
    #[error("the server answered '{found}' instead of {wanted}")]
    Unexpected {
        /// What should have come.
        wanted: &'static str,
        /// What came.
        found: Said,
    },
    /// The server speaks an older protocol alone, or was not told that a newer one is spoken here.
    #[error("the server speaks an older version of git's protocol alone; version 2 is needed")]
    Version,
    /// The server lacks something without which nothing goes.
    #[error("the server doesn't offer '{0}', which is needed")]
    Lacks(&'static str),
    /// The repository names its objects otherwise.
    #[error("the repository uses the object format '{0}'; only sha1 can be fetched")]
    ObjectFormat(Said),
    /// More refs than anyone needs.
    #[error("the server lists more than {MOST_REFS} branches and tags")]
    TooManyRefs,
    /// The server's own words.
    #[error("the server says: {0}")]
    Refused(Said),
}

impl ProtocolError {
    /// What in it is the server's own.
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

/// What the server offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// It wants to know who asks.
    pub(super) agent: bool,
    /// It wants to know the object format.
    pub(super) object_format: bool,
    /// It can leave objects out.
    pub(super) filter: bool,
}

impl Capabilities {
    /// What is taken for granted: what servers usually offer, and of what need not be said nothing.
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

/// An answer, line by line.
struct Packets<R>(StreamingPeekableIter<R>);

impl<R: Read> Packets<R> {
    fn new(answer: R) -> Self {
        Self(StreamingPeekableIter::new(answer, &[], false))
    }

    /// The next line. A line that says no is an error.
    fn next(&mut self) -> Result<Packet<'_>, ProtocolError> {
        match self.0.read_line() {
            None => Err(ProtocolError::CutShort),
            Some(Err(error)) => Err(error.into()),
            Some(Ok(Ok(PacketLineRef::Flush))) => Ok(Packet::Flush),
            Some(Ok(Ok(PacketLineRef::Delimiter))) => Ok(Packet::Delimiter),
            // A line without a length, or one that ends what only a local program says.
            Some(Ok(Err(_) | Ok(PacketLineRef::ResponseEnd))) => Err(ProtocolError::Line),
            Some(Ok(Ok(PacketLineRef::Data(data)))) => match data.strip_prefix(b"ERR ") {
                Some(message) => Err(ProtocolError::Refused(message.into())),
                None => Ok(Packet::Data(data)),
            },
        }
    }

    /// The next line as text without its end, or `None` at a flush.
    fn text(&mut self) -> Result<Option<&[u8]>, ProtocolError> {
        match self.next()? {
            Packet::Data(line) => Ok(Some(line.strip_suffix(b"\n").unwrap_or(line))),
            Packet::Flush => Ok(None),
            Packet::Delimiter => Err(ProtocolError::Line),
        }
    }
}

/// Reads what the server offers, and refuses one that can't do what is needed.
pub fn read_capabilities(answer: impl Read) -> Result<Capabilities, ProtocolError> {
    let mut packets = Packets::new(answer);
    let mut first = packets.text()?.unwrap_or_default().to_vec();
    // Some servers say first what was asked for, as older protocols do.
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

/// Whether older protocols begin so: with a number, or at once with the id and the name of a branch.
fn is_older(first: &[u8]) -> bool {
    let begins_with_id = || {
        let id = first.split(|byte| *byte == b' ').next().unwrap_or_default();
        id.len() >= 40 && id.iter().all(u8::is_ascii_hexdigit)
    };
    first == b"version 1" || begins_with_id()
}

/// The words of an answer that consists of a refusal, as some servers add it to a status.
pub(super) fn refusal(answer: impl Read) -> Option<Said> {
    match Packets::new(answer).next() {
        Err(ProtocolError::Refused(words)) => Some(words),
        _ => None,
    }
}

/// Whether a refusal means an object that the repository doesn't have, or doesn't show: git's words, and `JGit`'s.
pub(super) fn is_unknown(refusal: &str) -> bool {
    let by_jgit = refusal.starts_with("want ") && refusal.trim_end().ends_with(" not valid");
    by_jgit || refusal.contains("not our ref")
}

/// Whether a refusal means a repository that isn't there, or that may not be seen: the words of gitolite.
pub(super) fn is_denied(refusal: &str) -> bool {
    refusal.contains(" DENIED by ")
}

/// Asks for the ids of these refs, with what their tags lead to.
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

/// Finds the first of these refs that the server has. For a tag with a text of its own it gives the id of
/// what it leads to.
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

/// What is fetched along with a wanted object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// A commit with its trees down to this many levels, and no files.
    Trees(usize),
    /// A commit with all its trees, and no files.
    AllTrees,
    /// A commit with all that it holds, and none before it.
    Commit,
    /// All that a tree holds.
    Tree,
}

impl Extent {
    /// What the server is to leave out, in git's words. A tree is at level one if it is the commit's root.
    fn filter(self) -> Option<String> {
        match self {
            Self::Trees(1) => Some("tree:1".to_owned()),
            // The trees on the way come with files at their sides, unless these are left out too.
            Self::Trees(levels) => Some(format!("combine:tree:{levels}+blob:none")),
            Self::AllTrees => Some("blob:none".to_owned()),
            Self::Commit | Self::Tree => None,
        }
    }

    /// The next best of a server that doesn't leave out so much. Servers may allow some filters and not others, and
    /// what is left out by this one is most of it.
    pub(super) fn more(self) -> Option<Self> {
        match self {
            Self::Trees(_) => Some(Self::AllTrees),
            Self::AllTrees => Some(Self::Commit),
            Self::Commit | Self::Tree => None,
        }
    }
}

/// Asks for objects.
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

/// Finds the pack in an answer, and gives it to `take` as it comes in. Its size is bounded by whoever bounds the answer.
///
/// What is wrong with the answer is told, rather than what `take` made of it.
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
            // The commits whose parents were left out: the wanted one, and it is known.
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

/// The pack comes in one of three bands; the others are for a person's eyes and for a last word.
struct Band<R> {
    packets: Packets<R>,
    /// Of the last line.
    data: Vec<u8>,
    /// Where in `data` the next byte lies.
    next: usize,
    /// How the pack ended, if it has.
    end: Option<Result<(), ProtocolError>>,
}

impl<R: Read> Band<R> {
    /// Fills `data` with the pack's next line, and leaves it empty if there is none.
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

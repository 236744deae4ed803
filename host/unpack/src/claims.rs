//! The paths that the archives of a folder want, in one tree. The result does not depend on which archive came first.
//!
//! Nothing here touches the disk.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Paths of all archives.
pub(crate) struct Claims {
    nodes: Vec<Node>,
    /// The nodes beneath others, by the index of the node above and the name. One map for all takes less memory than one
    /// for each folder, because most folders have few names.
    children: BTreeMap<(usize, Box<str>), usize>,
    /// The files and links whose path was wanted before. Each is kept until it is settled.
    again: usize,
    /// The limit for paths.
    most: usize,
    links: Vec<LinkClaim>,
}

/// One path. Archives are named by their positions; of several, the lowest is kept.
#[derive(Default)]
struct Node {
    dir: Option<usize>,
    file: Option<usize>,
    link: Option<usize>,
    /// The archive that writes the file at once.
    writer: Option<usize>,
}

/// A link that an archive wants.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LinkClaim {
    pub(crate) path: String,
    pub(crate) position: usize,
    pub(crate) target: String,
}

/// The treatment of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The caller writes it.
    Write,
    /// Another archive writes the same path, so both are compared at the end.
    Later,
    /// The path is not free for a file, so the folder will be refused.
    Blocked,
}

/// More paths than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

/// A path with more than one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mixed {
    pub(crate) path: String,
    /// The archives that have a file or link there.
    pub(crate) other: usize,
    /// The archive that has a folder there, or else a link.
    pub(crate) dir: usize,
}

/// The kind of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClaimKind {
    Dir,
    File,
    Link,
}

fn lower(found: &mut Option<usize>, position: usize) {
    *found = Some(found.map_or(position, |found| found.min(position)));
}

impl Claims {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            nodes: vec![Node::default()],
            children: BTreeMap::new(),
            again: 0,
            most,
            links: Vec::new(),
        }
    }

    pub(crate) fn file(&mut self, position: usize, path: &str) -> Result<Claim, Full> {
        let (at, blocked) = self.walk(position, path)?;
        self.count(at)?;
        let node = &mut self.nodes[at];
        lower(&mut node.file, position);
        if blocked || node.dir.is_some() || node.link.is_some() {
            return Ok(Claim::Blocked);
        }
        if node.writer.is_some() {
            return Ok(Claim::Later);
        }
        node.writer = Some(position);
        Ok(Claim::Write)
    }

    pub(crate) fn link(
        &mut self,
        position: usize,
        path: String,
        target: String,
    ) -> Result<(), Full> {
        let (at, _) = self.walk(position, &path)?;
        self.count(at)?;
        lower(&mut self.nodes[at].link, position);
        self.links.push(LinkClaim {
            path,
            position,
            target,
        });
        Ok(())
    }

    /// Returns whether the folder may be made.
    pub(crate) fn dir(&mut self, position: usize, path: &str) -> Result<bool, Full> {
        let (at, blocked) = self.walk(position, path)?;
        let node = &mut self.nodes[at];
        lower(&mut node.dir, position);
        Ok(!blocked && node.file.is_none() && node.link.is_none())
    }

    /// Counts a file or link that another archive has too.
    fn count(&mut self, at: usize) -> Result<(), Full> {
        let Node { file, link, .. } = self.nodes[at];
        if file.is_some() || link.is_some() {
            self.again += 1;
        }
        // The first node is the folder itself.
        if self.nodes.len() - 1 + self.again > self.most {
            return Err(Full);
        }
        Ok(())
    }

    /// Finds a path's node, and marks all folders above it. Returns whether one of these is not a folder.
    fn walk(&mut self, position: usize, path: &str) -> Result<(usize, bool), Full> {
        let (mut at, mut blocked) = (0, false);
        let mut names = path.split('/').peekable();
        while let Some(name) = names.next() {
            at = match self.children.entry((at, name.into())) {
                Entry::Occupied(child) => *child.get(),
                Entry::Vacant(place) => {
                    let next = self.nodes.len();
                    if next + self.again > self.most {
                        return Err(Full);
                    }
                    self.nodes.push(Node::default());
                    *place.insert(next)
                }
            };
            if names.peek().is_some() {
                let node = &mut self.nodes[at];
                lower(&mut node.dir, position);
                blocked |= node.file.is_some() || node.link.is_some();
            }
        }
        Ok((at, blocked))
    }

    /// Returns the first path, in the order of names, that is wanted with more than one kind.
    pub(crate) fn mixed(&self) -> Option<Mixed> {
        let mut found = None;
        self.visit(0, &mut String::new(), &mut |path, node| {
            let (other, dir) = match (node.dir, node.file, node.link) {
                (Some(dir), Some(other), _) | (Some(dir), None, Some(other)) => (other, dir),
                (None, Some(other), Some(link)) => (other, link),
                _ => return true,
            };
            let path = path.to_owned();
            found = Some(Mixed { path, other, dir });
            false
        });
        found
    }

    /// Returns all paths with their kinds, each folder before its contents.
    pub(crate) fn all(&self) -> Vec<(String, ClaimKind)> {
        let mut all = Vec::new();
        self.visit(0, &mut String::new(), &mut |path, node| {
            let kind = match (node.link, node.file) {
                (Some(_), _) => ClaimKind::Link,
                (None, Some(_)) => ClaimKind::File,
                (None, None) => ClaimKind::Dir,
            };
            all.push((path.to_owned(), kind));
            true
        });
        all
    }

    /// Takes the links that are wanted, sorted by path.
    pub(crate) fn take_links(&mut self) -> Vec<LinkClaim> {
        let mut links = std::mem::take(&mut self.links);
        links.sort_unstable();
        links
    }

    /// Returns the archive that wrote a file at once.
    pub(crate) fn writer(&self, path: &str) -> Option<usize> {
        let mut names = path.split('/');
        let child = |at, name: &str| self.children.get(&(at, name.into())).copied();
        let at = names.try_fold(0, child)?;
        self.nodes[at].writer
    }

    /// Visits the paths beneath a node, until `look` returns false.
    fn visit(
        &self,
        at: usize,
        path: &mut String,
        look: &mut dyn FnMut(&str, &Node) -> bool,
    ) -> bool {
        let beneath = (at, Box::default())..(at + 1, Box::default());
        for ((_, name), child) in self.children.range(beneath) {
            let length = path.len();
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(name);
            let goes_on = look(path, &self.nodes[*child]) && self.visit(*child, path, look);
            path.truncate(length);
            if !goes_on {
                return false;
            }
        }
        true
    }
}

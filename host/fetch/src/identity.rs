//! The identity of a folder in a git repository, as notes, receipt and bills of materials print it.
//!
//! Only this file names the parts.

use gix_hash::ObjectId;

use super::Resolved;
use cnb::address::{Revision, Subpath};
use cnb::git_id::GitId;
use cnb::identity::{Description, Identity, Vcs};

const SUBPATH: &str = "subpath";
const REVISION: &str = "revision";
const COMMIT: &str = "commit";
const TREE: &str = "tree";

/// Converts an id of git to the library's type.
#[must_use]
pub fn object_id(id: GitId) -> ObjectId {
    ObjectId::from(id.bytes())
}

impl Resolved {
    /// Returns the folder's identity. The tree decides whether two are the same, and the commit does not, because a
    /// revision may have moved. The subpath decides too, because another subpath is another declaration.
    #[must_use]
    pub fn identity(&self, revision: &Revision, subpath: &Subpath) -> Identity {
        Identity::default()
            .deciding(SUBPATH, subpath)
            .found(REVISION, revision)
            .found(COMMIT, &self.commit)
            .deciding(TREE, &self.tree)
    }

    /// Returns the folder in this commit, if an earlier build noted it.
    #[must_use]
    pub fn noted(identity: &Identity, commit: GitId, subpath: &Subpath) -> Option<Self> {
        let id = |name: &str| identity.get(name)?.parse::<GitId>().ok();
        let is_same = id(COMMIT) == Some(commit) && identity.get(SUBPATH) == Some(subpath.as_str());
        let tree = id(TREE).filter(|_| is_same)?;
        Some(Self {
            commit: object_id(commit),
            tree: object_id(tree),
        })
    }

    /// Describes the folder for bills of materials.
    #[must_use]
    pub fn description(&self, revision: &Revision, subpath: &Subpath) -> Description {
        let Self { commit, tree } = self;
        Description {
            version: commit.to_string(),
            unique: tree.to_string(),
            persistent_ids: vec![format!("swh:1:dir:{tree}"), format!("swh:1:rev:{commit}")],
            vcs: Some(Vcs {
                tool: "git",
                revision: commit.to_string(),
                folder: subpath.to_string(),
            }),
            told: format!("The folder '{subpath}' of a git repository at '{revision}'"),
            ..Description::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_printed_by_its_ids_and_found_again_by_them() {
        let (commit, tree) = ("c".repeat(40), "d".repeat(40));
        let [commit_id, tree_id] = [&commit, &tree].map(|id| id.parse::<GitId>().unwrap());
        let resolved = Resolved {
            commit: object_id(commit_id),
            tree: object_id(tree_id),
        };
        let (revision, subpath) = ("main".parse().unwrap(), "a/b c".parse().unwrap());
        let identity = resolved.identity(&revision, &subpath);
        let parts: Vec<_> = identity.parts().collect();
        let expected = [
            ("subpath", "a/b c"),
            ("revision", "main"),
            ("commit", &*commit),
            ("tree", &*tree),
        ];
        assert_eq!(parts, expected);
        let expected = Description {
            version: commit.clone(),
            unique: tree.clone(),
            persistent_ids: vec![format!("swh:1:dir:{tree}"), format!("swh:1:rev:{commit}")],
            vcs: Some(Vcs {
                tool: "git",
                revision: commit.clone(),
                folder: "a/b c".to_owned(),
            }),
            told: "The folder 'a/b c' of a git repository at 'main'".to_owned(),
            ..Description::default()
        };
        assert_eq!(resolved.description(&revision, &subpath), expected);

        assert_eq!(
            Resolved::noted(&identity, commit_id, &subpath),
            Some(resolved)
        );
        assert_eq!(Resolved::noted(&identity, tree_id, &subpath), None);
        let other = "a".parse().unwrap();
        assert_eq!(Resolved::noted(&identity, commit_id, &other), None);
    }
}

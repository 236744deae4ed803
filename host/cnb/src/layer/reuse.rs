//! Decides whether a layer of the previous image is kept: the notes that the host writes about a layer, and the
//! comparison of two notes.
//!
//! Pure. Nothing here fetches or writes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::check::{
    CheckedContent, CheckedEnvChange, CheckedExecD, CheckedFile, CheckedFolder, CheckedLayer,
    CheckedPackage, CheckedPackages,
};
use crate::identity::Identity;
use crate::sha256::Sha256;

/// The host's notes about a layer that it made, in `[metadata.host]` of `<layer>.toml`.
///
/// They contain no address: the metadata becomes a label of the image, and a repository may be private.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Notes {
    /// SHA-256 of the host that made the layer.
    pub host: String,
    /// SHA-256 of the component that declared the layer, as it was compiled for this machine and ran.
    pub guest: String,
    /// SHA-256 of the layer as declared: types, metadata, environment, programs, and the folders for contents.
    pub layer: String,
    /// Whether the component wrote its own files into the layer, which the host cannot compare.
    #[serde(default)]
    pub own_files: bool,
    /// The fetched contents.
    #[serde(default)]
    pub contents: Vec<ContentNote>,
    /// The licences of the packages in each folder of files, in the order of the files; empty if unknown. For bills of
    /// materials of a build that keeps the layer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub licences: BTreeMap<String, Vec<String>>,
    /// The files that were found at an index for the packages in each folder, in the order of the packages. For receipts
    /// and bills of materials of a build that keeps the layer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub chosen: BTreeMap<String, Vec<ChosenFile>>,
}

/// A file that was found at an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ChosenFile {
    pub name: String,
    /// 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// The host's notes about fetched content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ContentNote {
    pub into: String,
    pub source: String,
    /// The identity that the source gave to the content.
    #[serde(flatten)]
    pub identity: Identity,
}

impl Notes {
    /// The key of the notes in the metadata of the layer.
    pub const KEY: &str = "host";

    /// Reads notes. Notes of another form are treated as missing: the layer is rebuilt.
    #[must_use]
    pub fn read(value: Option<toml::Value>) -> Self {
        value
            .and_then(|value| value.try_into().ok())
            .unwrap_or_default()
    }
}

/// The decision about a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The layer of the previous image is kept: its TOML says `launch = true`, and it has no directory.
    Keep,
    /// The layer is rebuilt.
    Make(Vec<RemakeReason>),
}

/// A reason to rebuild a layer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RemakeReason {
    #[error("there is no layer from a previous build")]
    New,
    /// The previous image has the layer, but without notes that this host can read.
    #[error("another program, or another version of this one, made the previous layer")]
    Foreign,
    /// The lifecycle restores only the metadata of a launch-only layer. Of other layers the files are needed too.
    #[error("it is not only for launch, so its files are needed here")]
    FilesNeeded,
    #[error("its directory already contains files of the component or of an earlier build")]
    OwnFiles,
    #[error("the host has changed")]
    Host,
    #[error("the buildpack's component has changed")]
    Guest,
    #[error("its declaration has changed")]
    Declared,
    #[error("the content of '{0}' has changed")]
    Content(String),
}

/// Compares the notes of the previous build with those of this build.
///
/// The revision may have moved to another commit: only the id of the folder counts.
#[must_use]
pub fn decide(before: Option<&Notes>, now: &Notes, launch_only: bool) -> Decision {
    let Some(before) = before else {
        return Decision::Make(vec![RemakeReason::New]);
    };
    if *before == Notes::default() || is_foreign(before, now) {
        return Decision::Make(vec![RemakeReason::Foreign]);
    }
    let Notes {
        host,
        guest,
        layer,
        own_files,
        contents,
        licences: _,
        chosen: _,
    } = now;
    let mut reasons = Vec::new();
    let mut unless = |same: bool, reason: RemakeReason| {
        if !same {
            reasons.push(reason);
        }
    };
    unless(launch_only, RemakeReason::FilesNeeded);
    unless(!own_files && !before.own_files, RemakeReason::OwnFiles);
    unless(before.host == *host, RemakeReason::Host);
    unless(before.guest == *guest, RemakeReason::Guest);
    unless(before.layer == *layer, RemakeReason::Declared);
    for content in contents {
        let same = before
            .contents
            .iter()
            .any(|note| same_content(note, content));
        unless(same, RemakeReason::Content(content.into.clone()));
    }
    if reasons.is_empty() {
        Decision::Keep
    } else {
        Decision::Make(reasons)
    }
}

/// Whether both notes are about the same folder of the layer and the same source.
fn same_place(before: &ContentNote, now: &ContentNote) -> bool {
    let ContentNote {
        into,
        source,
        identity: _,
    } = now;
    before.into == *into && before.source == *source
}

fn same_content(before: &ContentNote, now: &ContentNote) -> bool {
    same_place(before, now) && now.identity.is_content_of(&before.identity)
}

/// Whether noted content has an identity of another form than the source gives it now.
fn is_foreign(before: &Notes, now: &Notes) -> bool {
    let mut noted = before.contents.iter();
    noted.any(|before| {
        let mut now = now.contents.iter();
        let now = now.find(|now| same_place(before, now));
        now.is_some_and(|now| !now.identity.has_form_of(&before.identity))
    })
}

/// The digest of a layer's declaration, in lower-case hexadecimal digits.
#[must_use]
pub fn declared_digest(layer: &CheckedLayer) -> String {
    let CheckedLayer {
        name,
        types,
        metadata,
        contents,
        folders,
        env,
        exec_d,
        executables,
    } = layer;
    let contents = contents.iter().map(|content| {
        let CheckedContent { source, into } = content;
        json!([source.as_str(), into.as_str()])
    });
    // The files of a folder are compared by the note on its content.
    let folders = folders.iter().map(|folder| {
        let CheckedFolder {
            into,
            files: _,
            packages: _,
        } = folder;
        into.as_str()
    });
    let env = env.iter().map(|change| {
        let CheckedEnvChange {
            scope,
            process,
            name,
            mode,
            value,
            delimiter,
        } = change;
        json!([scope, process, name, mode, value, delimiter])
    });
    let exec_d = exec_d.iter().map(|program| {
        let CheckedExecD {
            name,
            process,
            program,
        } = program;
        json!([name.as_str(), process, digest_of(program)])
    });
    let canonical = json!({
        "name": name.as_str(),
        "types": types,
        "metadata": metadata,
        "contents": contents.collect::<Vec<_>>(),
        "folders": folders.collect::<Vec<_>>(),
        "env": env.collect::<Vec<_>>(),
        "exec-d": exec_d.collect::<Vec<_>>(),
        "executables": executables,
    });
    digest_of(canonical.to_string().as_bytes())
}

/// The digest of all that a folder of files is made of: the same digest is the same content.
///
/// Of packages, it has all digests that their files may have and the order of tags, from which an index chooses. So a
/// file that appears at the index later has no effect: the layer then stays unchanged.
#[must_use]
pub fn folder_digest(folder: &CheckedFolder) -> String {
    let CheckedFolder {
        into: _,
        files,
        packages,
    } = folder;
    let files = files.iter().map(|file| {
        let CheckedFile {
            source,
            path,
            sha256,
            unpack,
            leading_folders,
        } = file;
        json!([
            source.as_str(),
            path,
            sha256.to_string(),
            unpack,
            leading_folders
        ])
    });
    let packages = packages.iter().map(|packages| {
        let CheckedPackages {
            source,
            packages,
            tags,
        } = packages;
        let packages = packages.iter().map(|package| {
            let CheckedPackage { name, sha256 } = package;
            let sha256: Vec<_> = sha256.iter().map(Sha256::to_string).collect();
            json!([name.as_str(), sha256])
        });
        json!([source.as_str(), packages.collect::<Vec<_>>(), tags])
    });
    let (files, packages): (Vec<_>, Vec<_>) = (files.collect(), packages.collect());
    // Without packages, it is the digest of earlier versions of this host.
    let all = if packages.is_empty() {
        json!(files)
    } else {
        json!([files, packages])
    };
    digest_of(all.to_string().as_bytes())
}

/// SHA-256 of bytes, in lower-case hexadecimal digits.
pub(crate) fn digest_of(bytes: &[u8]) -> String {
    Sha256::of(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::check::Unpack;
    use crate::identity::tests::git;

    fn notes() -> Notes {
        Notes {
            host: "h".into(),
            guest: "g".into(),
            layer: "l".into(),
            own_files: false,
            contents: vec![ContentNote {
                into: "job".into(),
                source: "s".into(),
                identity: git("p", "c", "t").0,
            }],
            licences: BTreeMap::new(),
            chosen: BTreeMap::new(),
        }
    }

    #[test]
    fn what_is_unchanged_is_kept_though_the_revision_has_moved() {
        let mut now = notes();
        now.contents[0].identity = git("p", "later", "t").0;
        assert_eq!(decide(Some(&notes()), &now, true), Decision::Keep);
    }

    type Change = fn(&mut Notes);

    #[test]
    fn every_change_is_a_reason_of_its_own() {
        let change = |change: Change| {
            let mut now = notes();
            change(&mut now);
            decide(Some(&notes()), &now, true)
        };
        let content = || RemakeReason::Content("job".into());
        let cases: [(Change, RemakeReason); 7] = [
            (|n| n.own_files = true, RemakeReason::OwnFiles),
            (|n| n.host.push('x'), RemakeReason::Host),
            (|n| n.guest.push('x'), RemakeReason::Guest),
            (|n| n.layer.push('x'), RemakeReason::Declared),
            (
                |n| n.contents[0].identity = git("p", "c", "tx").0,
                content(),
            ),
            (|n| n.contents[0].source.push('x'), content()),
            (
                |n| n.contents[0].identity = git("px", "c", "t").0,
                content(),
            ),
        ];
        for (set, reason) in cases {
            assert_eq!(change(set), Decision::Make(vec![reason]));
        }
        let twice = change(|n| {
            n.host.push('x');
            n.guest.push('x');
        });
        assert_eq!(
            twice,
            Decision::Make(vec![RemakeReason::Host, RemakeReason::Guest])
        );
    }

    #[test]
    fn a_layer_whose_files_are_needed_is_made() {
        let made = |reason| Decision::Make(vec![reason]);
        assert_eq!(decide(None, &notes(), true), made(RemakeReason::New));
        let unreadable = Notes::read(Some(toml::Value::Integer(1)));
        assert_eq!(
            decide(Some(&unreadable), &notes(), true),
            made(RemakeReason::Foreign)
        );
        assert_eq!(
            decide(Some(&notes()), &notes(), false),
            made(RemakeReason::FilesNeeded)
        );
        let with_own_files = Notes {
            own_files: true,
            ..notes()
        };
        assert_eq!(
            decide(Some(&with_own_files), &notes(), true),
            made(RemakeReason::OwnFiles)
        );
    }

    #[test]
    fn notes_of_content_in_another_form_are_foreign() {
        let mut before = notes();
        before.contents[0].identity = Identity::default().found("tree", "t");
        let foreign = Decision::Make(vec![RemakeReason::Foreign]);
        assert_eq!(decide(Some(&before), &notes(), true), foreign);
        before.contents[0].into = "elsewhere".into();
        let changed = Decision::Make(vec![RemakeReason::Content("job".into())]);
        assert_eq!(decide(Some(&before), &notes(), true), changed);
    }

    #[test]
    fn a_folder_of_which_any_file_differs_is_other_content() {
        let file = || CheckedFile {
            source: "packages".parse().unwrap(),
            path: "https://files.example.com/a.whl".to_owned(),
            sha256: Sha256::of(b"a"),
            unpack: Unpack::Wheel,
            leading_folders: 0,
        };
        let changes: [fn(&mut CheckedFile); 5] = [
            |file| file.source = "others".parse().unwrap(),
            |file| file.path.push('x'),
            |file| file.sha256 = Sha256::of(b"b"),
            |file| file.unpack = Unpack::Zip,
            |file| file.leading_folders = 1,
        ];
        let digest = |files: Vec<CheckedFile>| folder_digest(&folder(files, Vec::new()));
        let before = digest(vec![file(), file()]);
        assert_eq!(digest(vec![file(), file()]), before);
        assert_ne!(digest(vec![file()]), before);
        for change in changes {
            let mut other = file();
            change(&mut other);
            assert_ne!(digest(vec![file(), other]), before);
        }
    }

    fn folder(files: Vec<CheckedFile>, packages: Vec<CheckedPackages>) -> CheckedFolder {
        CheckedFolder {
            into: "site".parse().unwrap(),
            files,
            packages,
        }
    }

    #[test]
    fn a_folder_of_which_any_package_or_tag_differs_is_other_content() {
        let packages = || CheckedPackages {
            source: "packages".parse().unwrap(),
            packages: vec![CheckedPackage {
                name: "a".parse().unwrap(),
                sha256: BTreeSet::from([Sha256::of(b"a"), Sha256::of(b"b")]),
            }],
            tags: vec![
                "cp313-cp313-linux_x86_64".to_owned(),
                "py3-none-any".to_owned(),
            ],
        };
        let changes: [fn(&mut CheckedPackages); 5] = [
            |packages| packages.source = "others".parse().unwrap(),
            |packages| packages.packages[0].name = "b".parse().unwrap(),
            |packages| packages.packages[0].sha256 = BTreeSet::from([Sha256::of(b"a")]),
            |packages| packages.tags.reverse(),
            |packages| packages.packages.clear(),
        ];
        let digest = |packages| folder_digest(&folder(Vec::new(), vec![packages]));
        let before = digest(packages());
        assert_eq!(digest(packages()), before);
        assert_ne!(folder_digest(&folder(Vec::new(), Vec::new())), before);
        for change in changes {
            let mut other = packages();
            change(&mut other);
            assert_ne!(digest(other), before);
        }
    }

    #[test]
    fn notes_survive_the_file_they_are_kept_in() {
        let text = toml::to_string(&notes()).unwrap();
        let value: toml::Value = toml::from_str::<toml::Table>(&text).unwrap().into();
        assert_eq!(Notes::read(Some(value)), notes());
    }
}

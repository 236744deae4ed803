//! Whether a layer of the previous image is kept: what the host notes of a layer, and how two notes compare.
//!
//! Pure. Nothing here fetches or writes.

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::check::{CheckedContent, CheckedEnvChange, CheckedExecD, CheckedLayer};
use crate::identity::Identity;

/// What the host notes of a layer it made, in `[metadata.host]` of `<layer>.toml`.
///
/// No address: the metadata becomes a label of the image, and a repository may be private.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Notes {
    /// SHA-256 of the host that made it.
    pub host: String,
    /// SHA-256 of the component that declared it, as it was compiled for this machine and run.
    pub guest: String,
    /// SHA-256 of the layer as declared: types, metadata, environment, programs, contents.
    pub layer: String,
    /// Whether the guest wrote files of its own into it, which nobody can compare.
    #[serde(default)]
    pub own_files: bool,
    /// What was fetched into it.
    #[serde(default)]
    pub contents: Vec<ContentNote>,
}

/// What the host notes of content that it fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ContentNote {
    /// The folder of the layer.
    pub into: String,
    /// The source's name.
    pub source: String,
    /// The identity that the source gave it.
    #[serde(flatten)]
    pub identity: Identity,
}

impl Notes {
    /// The table of the layer's metadata that holds them.
    pub const KEY: &str = "host";

    /// Reads notes. Those of another form are as good as none: the layer is made anew.
    #[must_use]
    pub fn read(value: Option<toml::Value>) -> Self {
        value
            .and_then(|value| value.try_into().ok())
            .unwrap_or_default()
    }
}

/// Whether a layer is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The previous image's layer is kept: `launch = true`, and no directory.
    Keep,
    /// It is made anew.
    Make(Vec<Reason>),
}

/// Why a layer is made anew.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// There is none to keep.
    #[error("there is none from a previous build")]
    New,
    /// There is one without notes that can be read.
    #[error("another program made the one from the previous build, or another version of this one")]
    Foreign,
    /// Only the metadata of launch-only layers comes back without the files.
    #[error("it is not for launch alone, so its files are needed here")]
    FilesNeeded,
    /// The guest wrote into it.
    #[error("files lie in its directory already, the component's own or an earlier build's")]
    OwnFiles,
    /// Another host.
    #[error("the host is another one")]
    Host,
    /// Another guest.
    #[error("the buildpack's component is another one")]
    Guest,
    /// Declared otherwise.
    #[error("it is declared otherwise than before")]
    Declared,
    /// Other content.
    #[error("the content of '{0}' has changed")]
    Content(String),
}

/// Compares what was noted with what is to be.
///
/// A revision may have moved to another commit: what counts is the folder's own id.
#[must_use]
pub fn decide(before: Option<&Notes>, now: &Notes, launch_only: bool) -> Decision {
    let Some(before) = before else {
        return Decision::Make(vec![Reason::New]);
    };
    if *before == Notes::default() || is_foreign(before, now) {
        return Decision::Make(vec![Reason::Foreign]);
    }
    let Notes {
        host,
        guest,
        layer,
        own_files,
        contents,
    } = now;
    let mut reasons = Vec::new();
    let mut unless = |same: bool, reason: Reason| {
        if !same {
            reasons.push(reason);
        }
    };
    unless(launch_only, Reason::FilesNeeded);
    unless(!own_files && !before.own_files, Reason::OwnFiles);
    unless(before.host == *host, Reason::Host);
    unless(before.guest == *guest, Reason::Guest);
    unless(before.layer == *layer, Reason::Declared);
    for content in contents {
        let same = before
            .contents
            .iter()
            .any(|note| same_content(note, content));
        unless(same, Reason::Content(content.into.clone()));
    }
    if reasons.is_empty() {
        Decision::Keep
    } else {
        Decision::Make(reasons)
    }
}

/// Whether both are of the same folder and source.
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

/// Whether the identity of noted content has another form than the source gives it.
fn is_foreign(before: &Notes, now: &Notes) -> bool {
    let mut noted = before.contents.iter();
    noted.any(|before| {
        let mut now = now.contents.iter();
        let now = now.find(|now| same_place(before, now));
        now.is_some_and(|now| !now.identity.has_form_of(&before.identity))
    })
}

/// The digest of a layer as it is declared, in lower-case hexadecimal digits.
#[must_use]
pub fn declared_digest(layer: &CheckedLayer) -> String {
    let CheckedLayer {
        name,
        types,
        metadata,
        contents,
        env,
        exec_d,
    } = layer;
    let contents = contents.iter().map(|content| {
        let CheckedContent { source, into } = content;
        json!([source.as_str(), into.as_str()])
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
        "env": env.collect::<Vec<_>>(),
        "exec-d": exec_d.collect::<Vec<_>>(),
    });
    digest_of(canonical.to_string().as_bytes())
}

/// SHA-256 of bytes, in lower-case hexadecimal digits.
pub(crate) fn digest_of(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in digest(&SHA256, bytes).as_ref() {
        for digit in [byte >> 4, byte & 0xf] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let content = || Reason::Content("job".into());
        let cases: [(Change, Reason); 7] = [
            (|n| n.own_files = true, Reason::OwnFiles),
            (|n| n.host.push('x'), Reason::Host),
            (|n| n.guest.push('x'), Reason::Guest),
            (|n| n.layer.push('x'), Reason::Declared),
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
        assert_eq!(twice, Decision::Make(vec![Reason::Host, Reason::Guest]));
    }

    #[test]
    fn a_layer_whose_files_are_needed_is_made() {
        let made = |reason| Decision::Make(vec![reason]);
        assert_eq!(decide(None, &notes(), true), made(Reason::New));
        let unreadable = Notes::read(Some(toml::Value::Integer(1)));
        assert_eq!(
            decide(Some(&unreadable), &notes(), true),
            made(Reason::Foreign)
        );
        assert_eq!(
            decide(Some(&notes()), &notes(), false),
            made(Reason::FilesNeeded)
        );
        let with_own_files = Notes {
            own_files: true,
            ..notes()
        };
        assert_eq!(
            decide(Some(&with_own_files), &notes(), true),
            made(Reason::OwnFiles)
        );
    }

    #[test]
    fn notes_of_content_in_another_form_are_foreign() {
        let mut before = notes();
        before.contents[0].identity = Identity::default().found("tree", "t");
        let foreign = Decision::Make(vec![Reason::Foreign]);
        assert_eq!(decide(Some(&before), &notes(), true), foreign);
        before.contents[0].into = "elsewhere".into();
        let changed = Decision::Make(vec![Reason::Content("job".into())]);
        assert_eq!(decide(Some(&before), &notes(), true), changed);
    }

    #[test]
    fn notes_survive_the_file_they_are_kept_in() {
        let text = toml::to_string(&notes()).unwrap();
        let value: toml::Value = toml::from_str::<toml::Table>(&text).unwrap().into();
        assert_eq!(Notes::read(Some(value)), notes());
    }
}

//! Writes what the phases made as text that is the same for the same result: for a person, and for a comparison.
//!
//! Folders of the trial have names that stand for them, so that no line depends on the machine.

use report::bytes;
use toml::Table;

use super::entry::{Entry, Kind};
use super::env::Change;
use super::outcome::{Layer, Made, Process};
use super::places::Places;
use super::plan::{Alternative, Requirement};

/// The number of files of a layer that a person is shown one by one.
const MOST_FILES: usize = 40;
/// The digits of a digest that are shown: enough to tell files apart.
const DIGITS: usize = 12;

/// The reader of the text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// A person, who need not see thousands of files.
    Person,
    /// A comparison: each file is listed, with a part of its digest.
    Comparison,
}

impl Made {
    /// The text of everything that was made.
    pub(crate) fn text(&self, reader: For, places: &Places) -> String {
        let mut page = Page::default();
        for (n, alternative) in self.plan.iter().enumerate() {
            let title = if n == 0 { "Plan" } else { "Plan, or else" };
            page.head(title);
            page.plan(alternative);
        }
        for (name, layer) in &self.layers {
            let types = if layer.types.is_empty() {
                "ignored by the lifecycle".to_owned()
            } else {
                layer.types.join(", ")
            };
            page.head(&format!("Layer {name} ({types})"));
            page.layer(layer, reader);
        }
        page.list("Processes", &self.launch.processes, process);
        page.list("Labels", &self.launch.labels, |label| {
            format!("{} = {}", quoted(&label.key), quoted(&label.value))
        });
        page.list("Slices", &self.launch.slices, |slice| words(&slice.paths));
        page.list("Unmet", &self.unmet, |name| quoted(&name.name));
        if let Some(store) = &self.store {
            page.head("Store");
            page.line(&json(store));
        }
        places.named(&page.text)
    }
}

/// Text in sections. Everything in it can come from a component, so each line is cleaned.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn head(&mut self, title: &str) {
        self.text.push_str(&text::line(title));
        self.text.push('\n');
    }

    fn line(&mut self, line: &str) {
        self.text.push_str("  ");
        self.head(line);
    }

    fn list<T>(&mut self, title: &str, items: &[T], line: impl Fn(&T) -> String) {
        if !items.is_empty() {
            self.head(title);
        }
        for item in items {
            self.line(&line(item));
        }
    }

    fn plan(&mut self, plan: &Alternative) {
        let Alternative { provides, requires } = plan;
        for one in provides {
            self.line(&format!("provides {}", quoted(&one.name)));
        }
        for Requirement { name, metadata } in requires {
            let metadata = if metadata.is_empty() {
                String::new()
            } else {
                format!(" {}", json(metadata))
            };
            self.line(&format!("requires {}{metadata}", quoted(name)));
        }
        if provides.is_empty() && requires.is_empty() {
            self.line("nothing");
        }
    }

    fn layer(&mut self, layer: &Layer, reader: For) {
        if !layer.metadata.is_empty() {
            self.line(&format!("metadata {}", json(&layer.metadata)));
        }
        for change in &layer.changes {
            self.line(&self::change(change));
        }
        let parents = |folder: &Entry| {
            let mut others = layer.entries.iter();
            others.any(|entry| entry.path.parent() == Some(&folder.path))
        };
        let shown = |entry: &&Entry| entry.kind != Kind::Folder || !parents(entry);
        let entries: Vec<_> = layer.entries.iter().filter(shown).collect();
        let most = match reader {
            For::Person => MOST_FILES,
            For::Comparison => usize::MAX,
        };
        for entry in entries.iter().take(most) {
            self.line(&file(entry, reader));
        }
        if entries.len() > most {
            self.line(&format!("and {} files more", entries.len() - most));
        }
    }
}

fn change(change: &Change) -> String {
    let Change {
        scope,
        process,
        name,
        mode,
        value,
        delimiter,
    } = change;
    let process = process.as_ref();
    let process = process.map_or(String::new(), |process| format!(" of {process}"));
    let delimiter = delimiter.as_ref();
    let delimiter = delimiter.map_or(String::new(), |text| {
        format!(", delimiter {}", quoted(text))
    });
    format!(
        "env {scope}{process}: {name} {mode} {}{delimiter}",
        quoted(value)
    )
}

fn process(process: &Process) -> String {
    let mut text = process.r#type.clone();
    if process.default {
        text.push_str(" (default)");
    }
    text.push_str(": ");
    text.push_str(&words(&process.command));
    if !process.args.is_empty() {
        text.push_str(", with arguments ");
        text.push_str(&words(&process.args));
    }
    if let Some(place) = &process.working_dir {
        text.push_str(", in ");
        text.push_str(&quoted(place));
    }
    if !process.exec_env.is_empty() {
        text.push_str(", for ");
        text.push_str(&words(&process.exec_env));
    }
    text
}

fn file(entry: &Entry, reader: For) -> String {
    let path = entry.path.to_string_lossy();
    let path = quoted(&path);
    let mode = permissions(entry.mode);
    match &entry.kind {
        Kind::Folder => format!("{mode} an empty folder  {path}"),
        Kind::Link { target } => {
            let target = quoted(&target.to_string_lossy());
            format!("{mode} a link  {path} -> {target}")
        }
        Kind::Other => format!("{mode} neither a file nor a folder  {path}"),
        Kind::File(measured) => {
            let size = bytes(measured.size);
            match reader {
                For::Person => format!("{mode} {size:>10}  {path}"),
                For::Comparison => {
                    let digest = measured.sha256.to_string();
                    let digest: String = digest.chars().take(DIGITS).collect();
                    format!("{mode} {size:>10}  sha256:{digest}  {path}")
                }
            }
        }
    }
}

/// The permissions in the form of `ls`.
fn permissions(mode: u32) -> String {
    let bits = (0..9).rev().map(|bit| 1 << bit);
    let letters = "rwxrwxrwx".chars().zip(bits);
    let letter = |(letter, bit)| if mode & bit == 0 { '-' } else { letter };
    letters.map(letter).collect()
}

fn words(words: &[String]) -> String {
    let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
    words.join(" ")
}

/// A word as a person would write it in a shell. One with unusual characters becomes JSON text.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./<>-*".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else if word.contains('\'') || word.chars().any(text::is_unseen) {
        text::json(&serde_json::Value::from(word).to_string())
    } else {
        format!("'{word}'")
    }
}

fn json(table: &Table) -> String {
    let text = serde_json::to_string(table).unwrap_or_else(|error| error.to_string());
    text::json(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_where_that_is_needed() {
        for (word, written) in [
            ("bash", "bash"),
            ("<app>/src", "<app>/src"),
            ("python app.py", "'python app.py'"),
            ("", "''"),
            ("it's", "\"it's\""),
            ("a\nb\u{1b}", "\"a\\nb\\u001b\""),
        ] {
            assert_eq!(quoted(word), written);
        }
    }

    #[test]
    fn the_size_of_a_file_does_not_depend_on_the_place_of_the_trial() {
        let text = |place: &str| {
            let places = Places::new([(place.into(), "<layers>")]);
            let content = format!("exec {place}/tool/real {place}");
            let entry = Entry {
                path: "bin/tool".into(),
                mode: 0o755,
                kind: Kind::File(places.measure(content.as_bytes()).unwrap()),
            };
            file(&entry, For::Comparison)
        };
        let one = text("/tmp/a/layers");
        assert_eq!(one, text("/var/tmp/another/layers"));
        assert!(one.starts_with("rwxr-xr-x   32 bytes  sha256:"), "{one}");
        assert!(one.ends_with("  bin/tool"), "{one}");
    }
}

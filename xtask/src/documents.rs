//! Examples, tables and counts in documents. A command makes each of them, and compares it with the document.
//!
//! A part is between `<!-- xtask COMMAND: NAME -->` and `<!-- end -->`. `cargo xtask COMMAND` makes it and reports a
//! part that differs. With `--update` it writes the part.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

use package::{cargo, say};

/// The commands that make parts of documents.
const COMMANDS: [&str; 2] = ["demo", "tidy"];

const OPENING: &str = "<!-- xtask ";
const END: &str = "<!-- end -->";

/// A function that makes a part from its name.
pub type Make<'a> = &'a dyn Fn(&str) -> anyhow::Result<String>;

/// Compares each document's parts of one command with the results of `make`, and returns a text for each that differs.
/// With `update` it writes them instead.
pub fn compare(command: &str, update: bool, make: Make<'_>) -> anyhow::Result<Vec<String>> {
    let root = cargo::root();
    let mut found = Vec::new();
    for path in all(&root)? {
        let name = path.strip_prefix(&root)?.display().to_string();
        let text = fs::read_to_string(&path).with_context(|| format!("can't read {name}"))?;
        let filled = fill(&text, command, make).with_context(|| name.clone())?;
        if filled.text != text && update {
            fs::write(&path, &filled.text).with_context(|| format!("can't write {name}"))?;
            say::line(&format!("{name}: updated"));
        } else {
            found.extend(filled.differing.into_iter().map(|part| {
                format!(
                    "{name} differs from the code: run `cargo xtask {command} --update`. {part}"
                )
            }));
        }
    }
    Ok(found)
}

/// The documents of the checkout, sorted.
pub fn all(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders: Vec<_> = ["", "docs", "deploy", "host"]
        .iter()
        .map(|folder| root.join(folder))
        .collect();
    // Each crate beneath `host/` has a page of its own.
    for entry in fs::read_dir(root.join("host"))? {
        let path = entry?.path();
        if path.join("Cargo.toml").is_file() {
            folders.push(path);
        }
    }
    for folder in folders {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

struct Filled {
    text: String,
    differing: Vec<String>,
}

/// The document with new parts of `command`.
fn fill(document: &str, command: &str, make: Make<'_>) -> anyhow::Result<Filled> {
    let mut text = String::new();
    let mut differing = Vec::new();
    let mut rest = document;
    while let Some((before, after)) = rest.split_once(OPENING) {
        let (head, after) = after
            .split_once(" -->")
            .context("the comment of a marker has no end")?;
        let (of, name) = head
            .split_once(": ")
            .with_context(|| format!("the marker '{head}' names no part"))?;
        ensure!(COMMANDS.contains(&of), "no command makes the part '{head}'");
        let (old, after) = after
            .split_once(END)
            .with_context(|| format!("the part '{head}' has no end"))?;
        ensure!(!old.contains(OPENING), "the part '{head}' has no end");
        let new = if of == command {
            laid_out(&make(name)?)
        } else {
            old.to_owned()
        };
        differing.extend(difference(name, old, &new));
        text.extend([before, OPENING, head, " -->", &new, END]);
        rest = after;
    }
    text.push_str(rest);
    Ok(Filled { text, differing })
}

/// Puts a part of several lines on lines of its own, and another part into its line.
fn laid_out(made: &str) -> String {
    if made.contains('\n') {
        format!("\n{}\n", made.trim_end())
    } else {
        made.to_owned()
    }
}

/// Describes the first line in which two texts of a part differ.
fn difference(name: &str, old: &str, new: &str) -> Option<String> {
    if old == new {
        return None;
    }
    let mut lines = old.lines();
    for made in new.lines() {
        let written = lines.next();
        if written != Some(made) {
            let written = written.unwrap_or_default();
            return Some(format!("'{name}' has '{written}', and must have '{made}'"));
        }
    }
    let more = lines.next().unwrap_or_default();
    Some(format!("'{name}' has one line too many: '{more}'"))
}

/// A fenced block with a command's output.
#[must_use]
pub fn fenced(text: &str) -> String {
    format!("```text\n{}\n```", text.trim_end())
}

/// Prints each finding. Fails if there is one.
pub fn report(found: &[String]) -> anyhow::Result<()> {
    for finding in found {
        say::error(finding);
    }
    if !found.is_empty() {
        bail!("{} findings", found.len());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "There are <!-- xtask tidy: guests -->3<!-- end --> of them.\n\
        <!-- xtask demo: build -->\n```text\nold\n```\n<!-- end -->\n";

    fn made(name: &str) -> anyhow::Result<String> {
        match name {
            "guests" => Ok("4".to_owned()),
            "build" => Ok(fenced("old\nnew\n")),
            _ => bail!("unknown"),
        }
    }

    #[test]
    fn a_part_that_differs_is_named_with_the_line_and_written_anew() {
        let filled = fill(DOCUMENT, "tidy", &made).unwrap();
        assert_eq!(filled.differing, ["'guests' has '3', and must have '4'"]);
        assert_eq!(filled.text, DOCUMENT.replace(">3<", ">4<"));
        let filled = fill(DOCUMENT, "demo", &made).unwrap();
        assert_eq!(filled.differing, ["'build' has '```', and must have 'new'"]);
        assert_eq!(filled.text, DOCUMENT.replace("old\n", "old\nnew\n"));
    }

    #[test]
    fn a_part_that_is_written_anew_no_longer_differs() {
        let filled = fill(DOCUMENT, "demo", &made).unwrap();
        let again = fill(&filled.text, "demo", &made).unwrap();
        assert_eq!(again.text, filled.text);
        assert!(again.differing.is_empty());
    }

    #[test]
    fn a_line_too_many_is_named() {
        assert_eq!(
            difference("a", "1\n2\n", "1\n").unwrap(),
            "'a' has one line too many: '2'"
        );
    }

    #[test]
    fn a_marker_that_nothing_fills_is_an_error_which_names_it() {
        for (document, named) in [
            ("<!-- xtask tydy: guests -->3<!-- end -->", "'tydy: guests'"),
            ("<!-- xtask tidy: guests -->3", "'tidy: guests' has no end"),
            (
                "<!-- xtask tidy: guests -->3 <!-- xtask tidy: guests -->4<!-- end -->",
                "'tidy: guests' has no end",
            ),
            ("<!-- xtask tidy -->3<!-- end -->", "'tidy' names no part"),
            ("<!-- xtask tidy: guest -->3<!-- end -->", "unknown"),
        ] {
            let Err(error) = fill(document, "tidy", &made) else {
                panic!("{document} is filled");
            };
            assert!(error.to_string().contains(named), "{error}");
        }
        assert!(fill("<!-- a comment -->", "tidy", &made).is_ok());
    }
}

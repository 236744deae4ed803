//! Prints the demo's output and keeps it, so that documents can show sections of it.

use std::path::Path;

use anyhow::Context;

use package::say;

/// Replaces, in documents, the text that differs between runs or machines.
const DIFFERS: &str = "…";

/// The printed lines.
#[derive(Default)]
pub(super) struct Shown(String);

impl Shown {
    pub(super) fn line(&mut self, text: &str) {
        say::line(text);
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// The output without digests of built files, ports, times, sizes of transfers, and this machine's sandbox.
    /// `world` is the demo's folder.
    pub(super) fn without_what_differs(self, world: &Path) -> Self {
        let world = world.display().to_string();
        let lines = self.0.lines();
        let lines = lines.map(|line| normalized(&line.replace(&world, "/world")));
        Self(lines.map(|line| line + "\n").collect())
    }

    /// The sections whose titles begin with these texts, which are separated by `;`.
    pub(super) fn sections(&self, titles: &str) -> anyhow::Result<String> {
        let mut text = String::new();
        for title in titles.split("; ") {
            let section = self.0.split("\n== ").find(|part| part.starts_with(title));
            let section = section.with_context(|| {
                format!("the demo printed no section that begins with '{title}'")
            })?;
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str("== ");
            text.push_str(section.trim_end());
            text.push('\n');
        }
        Ok(text)
    }
}

/// A line without the parts that differ.
fn normalized(line: &str) -> String {
    let mut line = without_digests(line.trim_end());
    // The port of a server on loopback.
    line = replaced(&line, "127.0.0.1:", |c| c.is_ascii_digit());
    line = replaced(&line, "Done in ", |c| c != 's');
    line = replaced(&line, "requests, ", |c| c != 'r');
    line = line.replace(
        &format!("{DIFFERS}received"),
        &format!("{DIFFERS} received"),
    );
    line = line.replace(
        &format!("Done in {DIFFERS}s"),
        &format!("Done in {DIFFERS} s"),
    );
    line = replaced(&line, "Sandbox: ", |c| c != '\n');
    line = replaced(&line, r#""held":""#, |c| c != '"');
    line = replaced(&line, "compiled for ", |c| c != ':');
    if line.contains(".sbom.") {
        line = replaced(&line, ".json  ", |c| c.is_ascii_digit());
    }
    line
}

/// The line with `…` for the characters after each `before` for which `differs` returns true.
fn replaced(line: &str, before: &str, differs: fn(char) -> bool) -> String {
    let mut parts = line.split(before);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.extend([before, DIFFERS, part.trim_start_matches(differs)]);
    }
    text
}

/// The line with `…` for each SHA-256 digest of 64 hexadecimal digits.
fn without_digests(line: &str) -> String {
    let words = line.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let words = words.map(|word| {
        let digits = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            word.replace(digits, DIFFERS)
        } else {
            word.to_owned()
        }
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_left_out_and_nothing_else_is() {
        let digest = "0123456789abcdef".repeat(4);
        for (line, expected) in [
            (
                "http://127.0.0.1:35445/a.git".to_owned(),
                "http://127.0.0.1:…/a.git",
            ),
            (
                format!("    host = \"{digest}\" of {}", &digest[..40]),
                "    host = \"…\" of 0123456789abcdef0123456789abcdef01234567",
            ),
            (
                "  Done in 0.0 s: 1 layer made with 11 files (7.5 kB); 3 requests, 4.7 kB received"
                    .to_owned(),
                "  Done in … s: 1 layer made with 11 files (7.5 kB); 3 requests, … received",
            ),
            (
                "  Sandbox: full (Landlock ABI 7, seccomp)".to_owned(),
                "  Sandbox: …",
            ),
            (
                r#"{"sandbox":{"held":"full","asked":"prefer"}}"#.to_owned(),
                r#"{"sandbox":{"held":"…","asked":"prefer"}}"#,
            ),
            (
                "launch.sbom.cdx.json  56109 bytes".to_owned(),
                "launch.sbom.cdx.json  … bytes",
            ),
            (
                "job/README.md  471 bytes".to_owned(),
                "job/README.md  471 bytes",
            ),
        ] {
            assert_eq!(normalized(&line), expected);
        }
    }

    #[test]
    fn sections_are_found_by_the_beginnings_of_their_titles() {
        let shown = Shown("\n== bin/detect on a\nfound\n\n== bin/build\nmade\n".to_owned());
        assert_eq!(
            shown.sections("bin/build; bin/detect").unwrap(),
            "== bin/build\nmade\n\n== bin/detect on a\nfound\n"
        );
        let error = shown.sections("bin/nothing").unwrap_err().to_string();
        assert!(error.contains("'bin/nothing'"), "{error}");
    }
}

//! Scripts that find Python by `env`, so that their folder can move.
//!
//! Nothing here writes a file.

use super::entry_points::Script;

/// The first line of every script.
const SHEBANG: &str = "#!/usr/bin/env python3\n";
/// The beginning of the first line of a script that a wheel brings along: `#!python` or `#!pythonw`.
const PLACEHOLDER: &[u8] = b"#!python";
/// The limit for the first line of a script, in bytes.
const LONGEST_LINE: usize = 1024;

/// Returns the text of a script that starts an entry point. Module and attribute are checked identifiers.
pub(crate) fn starting(script: &Script) -> Vec<u8> {
    let Script {
        name: _,
        module,
        attribute,
    } = script;
    let first = attribute.split('.').next().unwrap_or(attribute);
    format!(
        "{SHEBANG}import sys\n\nfrom {module} import {first}\n\nif __name__ == \"__main__\":\n    if sys.argv[0].endswith(\".exe\"):\n        sys.argv[0] = sys.argv[0][:-4]\n    sys.exit({attribute}())\n"
    )
    .into_bytes()
}

/// Returns the new first line, and the number of bytes at the front of `content` that it replaces. `content` is a
/// script's beginning, or all of it.
pub(crate) fn relocated(content: &[u8]) -> Option<(&'static [u8], usize)> {
    if !content.starts_with(PLACEHOLDER) {
        return None;
    }
    let front = &content[..content.len().min(LONGEST_LINE)];
    let end = front.iter().position(|byte| *byte == b'\n');
    match end {
        Some(end) => Some((SHEBANG.as_bytes(), end + 1)),
        // A script of one line.
        None if front.len() == content.len() => Some((SHEBANG.as_bytes(), content.len())),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_imports_by_name_and_finds_python_in_its_environment() {
        let script = Script {
            name: "x".to_owned(),
            module: "a.b".to_owned(),
            attribute: "C.run".to_owned(),
        };
        let text = String::from_utf8(starting(&script)).unwrap();
        assert!(text.starts_with("#!/usr/bin/env python3\n"), "{text}");
        assert!(text.contains("\nfrom a.b import C\n"), "{text}");
        assert!(text.ends_with("    sys.exit(C.run())\n"), "{text}");
    }

    #[test]
    fn only_the_line_that_asks_for_it_is_replaced() {
        for (content, length) in [
            (&b"#!python\nx"[..], 9),
            (b"#!pythonw -E\r\nx", 14),
            (b"#!python", 8),
        ] {
            let (line, replaced) = relocated(content).unwrap();
            assert_eq!((line, replaced), (SHEBANG.as_bytes(), length));
        }
        let long = [PLACEHOLDER, &[b'x'; 2000]].concat();
        for other in [
            &b"#!/bin/sh\n"[..],
            b"\x7fELF",
            b"",
            b" #!python\n",
            b"#!/usr/bin/python\n",
            &long,
        ] {
            assert_eq!(relocated(other), None);
        }
    }
}

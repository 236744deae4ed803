//! The scripts that `entry_points.txt` declares.
//!
//! Nothing here writes one. <https://packaging.python.org/specifications/entry-points/>

use std::collections::HashSet;

use text::shown;

/// A script: a name for the command line, and the callable that it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    pub name: String,
    /// Identifiers with dots between them.
    pub module: String,
    /// Identifiers with dots between them.
    pub attribute: String,
}

/// The reason to refuse `entry_points.txt`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryPointReason {
    #[error("it is not UTF-8")]
    NotUtf8,
    #[error("its line {line} is neither a section nor a name with a value")]
    Line { line: usize },
    #[error("its script '{name}' has a name that is not of letters, digits, '.', '_' and '-'")]
    Name { name: String },
    #[error("its script '{name}' starts '{value}', which is not a module, ':' and an attribute")]
    Value { name: String, value: String },
    #[error("it has the script '{name}' twice")]
    Twice { name: String },
}

const SCRIPTS: [&str; 2] = ["console_scripts", "gui_scripts"];

/// Parses `entry_points.txt`, and returns the scripts in its order. Other entry points are not checked: programs read
/// them, and nothing here does.
pub fn parse(text: &[u8]) -> Result<Vec<Script>, EntryPointReason> {
    let text = str::from_utf8(text).map_err(|_| EntryPointReason::NotUtf8)?;
    let mut scripts: Vec<Script> = Vec::new();
    let mut names = HashSet::new();
    let mut is_scripts = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(section) = line.strip_prefix('[') {
            let section = section.strip_suffix(']');
            let section = section.ok_or(EntryPointReason::Line { line: index + 1 })?;
            is_scripts = SCRIPTS.contains(&section.trim());
            continue;
        }
        if !is_scripts {
            continue;
        }
        let (name, value) = line
            .split_once('=')
            .ok_or(EntryPointReason::Line { line: index + 1 })?;
        let script = script(name.trim(), value.trim())?;
        if !names.insert(script.name.clone()) {
            let name = shown(&script.name);
            return Err(EntryPointReason::Twice { name });
        }
        scripts.push(script);
    }
    Ok(scripts)
}

fn script(name: &str, value: &str) -> Result<Script, EntryPointReason> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        || !name.chars().all(is_plain)
    {
        return Err(EntryPointReason::Name { name: shown(name) });
    }
    // Extras of the distribution say what the script needs, and change nothing about it.
    let target = match value.split_once('[') {
        Some((target, extras)) if extras.trim_end().ends_with(']') => target,
        _ => value,
    };
    match target.split_once(':') {
        Some((module, attribute)) if is_dotted(module.trim()) && is_dotted(attribute.trim()) => {
            Ok(Script {
                name: name.to_owned(),
                module: module.trim().to_owned(),
                attribute: attribute.trim().to_owned(),
            })
        }
        _ => Err(EntryPointReason::Value {
            name: shown(name),
            value: shown(value),
        }),
    }
}

/// Returns whether this is identifiers with dots between them. Letters beyond ASCII are not in any name that is used.
fn is_dotted(path: &str) -> bool {
    path.split('.').all(|name| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(name: &str, module: &str, attribute: &str) -> Script {
        Script {
            name: name.to_owned(),
            module: module.to_owned(),
            attribute: attribute.to_owned(),
        }
    }

    #[test]
    fn scripts_are_read_from_their_two_sections() {
        let text = "# comment\r\n[console_scripts]\r\npy.test = pytest:main\n coverage-3.11=a.b : c.d [x,y]\n\n[other]\n../x = !\nnothing\n[gui_scripts]\nshow = a:b\n";
        let expected = vec![
            script("py.test", "pytest", "main"),
            script("coverage-3.11", "a.b", "c.d"),
            script("show", "a", "b"),
        ];
        assert_eq!(parse(text.as_bytes()), Ok(expected));
        assert_eq!(parse(b""), Ok(Vec::new()));
    }

    #[test]
    fn a_name_is_one_segment_of_a_path_that_is_no_option() {
        for bad in [
            "", "../x", "a/b", "..", ".x", "-x", "a b", "a\u{e9}", "x\u{1b}",
        ] {
            let text = format!("[console_scripts]\n{bad} = a:b\n");
            let refused = parse(text.as_bytes()).unwrap_err();
            assert!(
                matches!(refused, EntryPointReason::Name { .. }),
                "{bad:?}: {refused}"
            );
        }
        assert!(parse(b"[console_scripts]\nclang-format-diff.py = a:b\n").is_ok());
    }

    #[test]
    fn a_value_is_a_module_and_an_attribute_and_no_code() {
        for bad in [
            "a",
            "a:",
            ":b",
            "a:b()",
            "a;x:b",
            "a.b:c d",
            "a..b:c",
            "1a:b",
            "a:b [x",
            "import os:x",
        ] {
            let text = format!("[gui_scripts]\nx = {bad}\n");
            let refused = parse(text.as_bytes()).unwrap_err();
            assert!(
                matches!(refused, EntryPointReason::Value { .. }),
                "{bad:?}: {refused}"
            );
            assert!(refused.to_string().contains("'x'"), "{refused}");
        }
    }

    #[test]
    fn lines_that_say_nothing_and_repetitions_are_refused() {
        let refused = |text: &str| parse(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(
            refused("\n[console_scripts\n"),
            "its line 2 is neither a section nor a name with a value"
        );
        assert_eq!(
            refused("[console_scripts]\nx\n"),
            "its line 2 is neither a section nor a name with a value"
        );
        assert_eq!(
            refused("[console_scripts]\nx=a:b\n[gui_scripts]\nx=a:c\n"),
            "it has the script 'x' twice"
        );
    }
}

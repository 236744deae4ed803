//! Circles of files: files that take names from each other, so that none can be read or moved by itself.
//!
//! Imports are read as text: a name in the code without `use` counts too. A module and the modules beneath it are one
//! thing here, since a submodule exists to be part of the module above.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{is_test, read, sources, without_tests};

/// For each circle of files beneath a crate's `src`, a text that names the files.
pub(super) fn circles(root: &Path, folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut modules = BTreeMap::new();
    for path in sources(folder)? {
        if !is_test(&path) {
            let name = path.strip_prefix(folder)?.with_extension("");
            let name = name.to_string_lossy().replace('/', "::");
            modules.insert(name, read(&path)?);
        }
    }
    let folder = folder.strip_prefix(root)?.display();
    let circles = among(&modules).into_iter();
    Ok(circles
        .map(|circle| {
            let files: Vec<_> = circle
                .iter()
                .map(|name| name.replace("::", "/") + ".rs")
                .collect();
            format!(
                "{folder}: files take names from each other in a circle: {}",
                files.join(", ")
            )
        })
        .collect())
}

/// The sets of modules that reach each other.
fn among(modules: &BTreeMap<String, String>) -> Vec<Vec<&str>> {
    let uses: BTreeMap<&str, BTreeSet<&str>> = modules
        .iter()
        .map(|(name, text)| (name.as_str(), used(name, text, modules)))
        .collect();
    let reach: BTreeMap<&str, BTreeSet<&str>> = uses
        .keys()
        .map(|name| (*name, reached(name, &uses)))
        .collect();
    let mut circles = BTreeSet::new();
    for (name, all) in &reach {
        if all.contains(name) {
            let circle = all.iter().filter(|other| reach[*other].contains(name));
            circles.insert(circle.copied().collect::<Vec<_>>());
        }
    }
    circles.into_iter().collect()
}

fn reached<'m>(from: &str, uses: &BTreeMap<&'m str, BTreeSet<&'m str>>) -> BTreeSet<&'m str> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&str> = uses[from].iter().copied().collect();
    while let Some(name) = next.pop() {
        if reached.insert(name) {
            next.extend(&uses[name]);
        }
    }
    reached
}

/// The modules from which a module takes names, but for those above and beneath it.
fn used<'m>(name: &str, text: &str, modules: &'m BTreeMap<String, String>) -> BTreeSet<&'m str> {
    let lines = without_tests(text)
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    let code: String = lines.flat_map(|line| [line, " "]).collect();
    let mut found = BTreeSet::new();
    for path in paths(&code) {
        let absolute = absolute(name, &path);
        let module = absolute.and_then(|path| longest(&path, modules));
        found.extend(module.filter(|other| !is_above(name, other) && !is_above(other, name)));
    }
    found
}

fn is_above(one: &str, other: &str) -> bool {
    one == other
        || other
            .strip_prefix(one)
            .is_some_and(|rest| rest.starts_with("::"))
}

/// The paths of a text that begin with `crate::` or `super::`, with lists in braces spread out.
fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for begin in ["crate::", "super::"] {
        for (at, _) in code.match_indices(begin) {
            let before = code[..at].chars().next_back();
            let is_inside = before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':');
            if !is_inside {
                spread("", &code[at..], &mut found);
            }
        }
    }
    found
}

/// Reads one path, and what follows it in braces. Returns the rest of the text.
fn spread<'c>(before: &str, code: &'c str, found: &mut Vec<String>) -> &'c str {
    let end = code.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
    let (own, mut rest) = code.split_at(end.unwrap_or(code.len()));
    let path = format!("{before}{own}");
    let Some(list) = rest.strip_prefix('{').filter(|_| path.ends_with("::")) else {
        found.push(path);
        return rest;
    };
    rest = list;
    loop {
        rest = spread(&path, rest.trim_start(), found);
        // A name can be followed by `as another`.
        let Some(at) = rest.find([',', '}']) else {
            return "";
        };
        let is_last = rest[at..].starts_with('}');
        rest = &rest[at + 1..];
        if is_last {
            return rest;
        }
    }
}

/// A path from the crate's root, for one in the words of a module.
fn absolute(module: &str, path: &str) -> Option<Vec<String>> {
    let mut parts = path.split("::").filter(|part| !part.is_empty()).peekable();
    let mut absolute: Vec<&str> = Vec::new();
    if parts.peek() == Some(&"crate") {
        parts.next();
    } else {
        absolute = module.split("::").collect();
        while parts.next_if_eq(&"super").is_some() {
            absolute.pop()?;
        }
    }
    absolute.extend(parts);
    Some(absolute.into_iter().map(str::to_owned).collect())
}

/// The module that has the longest beginning of a path, or the module beneath it from which it exports the next name.
fn longest<'m>(path: &[String], modules: &'m BTreeMap<String, String>) -> Option<&'m str> {
    let lengths = (1..=path.len()).rev();
    let (name, text, length) = lengths.into_iter().find_map(|length| {
        let found = modules.get_key_value(&path[..length].join("::"));
        found.map(|(name, text)| (name.as_str(), text, length))
    })?;
    let exported = path.get(length).and_then(|item| {
        let mut exports = exports(text).into_iter();
        let child = exports.find_map(|export| {
            let (child, exported) = export.rsplit_once("::")?;
            (exported == item).then(|| format!("{name}::{child}"))
        });
        modules.get_key_value(&child?)
    });
    Some(exported.map_or(name, |(name, _)| name.as_str()))
}

/// The names that a module exports from modules beneath it, as `child::Name`.
fn exports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, begin) in text.match_indices("pub use self::") {
        spread("", &text[at + begin.len()..], &mut found);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let own = |text: &&str| (*text).to_owned();
        let modules = files.iter().map(|(name, text)| (own(name), own(text)));
        let modules = modules.collect();
        let circles = among(&modules).into_iter();
        circles
            .map(|circle| circle.iter().map(own).collect())
            .collect()
    }

    #[test]
    fn files_that_take_names_from_each_other_are_found_whatever_the_way() {
        for (a, c) in [
            ("use crate::b::B;", "use crate::a::A;"),
            ("use crate::{x::X, b::{self, B as C}};", "use super::a::A;"),
            ("fn f() { crate::b::g() }", "use crate::{\n    a::{A},\n};"),
        ] {
            let circle = found(&[("a", a), ("b", "use crate::c::C;"), ("c", c), ("x", "")]);
            assert_eq!(circle, [["a", "b", "c"]], "{a} {c}");
        }
        // By what the module above both exports.
        let exporting = "pub use self::a::{A, B};";
        let (a, b) = ("use super::b::C;", "use super::A;");
        let files = [("m", exporting), ("m::a", a), ("m::b", b)];
        assert_eq!(found(&files), [["m::a", "m::b"]]);
        assert_eq!(found(&[("m", ""), ("m::a", a), ("m::b", b)]), [[""; 0]; 0]);
    }

    #[test]
    fn names_from_below_from_above_from_other_crates_and_in_tests_tie_nothing() {
        let tested = "use crate::b::B;\n#[cfg(test)]\nmod tests { use crate::c::C; }\n";
        let files = [
            ("a", tested),
            (
                "b",
                "// use crate::a::A;\nuse a::A;\nuse other::crate_::a::A;",
            ),
            ("c", "use crate::a::A;"),
            ("d", "use crate::d::e::E;\nuse self::e::E;"),
            ("d::e", "use super::D;\nuse crate::d::D;"),
        ];
        assert_eq!(found(&files), [[""; 0]; 0]);
    }
}

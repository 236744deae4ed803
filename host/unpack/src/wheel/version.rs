//! Versions of Python packages, compared as the standard for versions does.
//!
//! Nothing here orders versions or refuses one: two that are not of the standard are compared part by part.
//! <https://packaging.python.org/specifications/version-specifiers/#normalization>

/// Whether both spell the same version, such as `1.0-RC.1` and `1rc1`.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    parts(one) == parts(other)
}

/// Returns the numbers and words of a version in their normal form, without the separators between them.
fn parts(version: &str) -> Vec<String> {
    let version = version.to_ascii_lowercase();
    let version = version.strip_prefix('v').unwrap_or(&version);
    let (public, local) = version.split_once('+').unwrap_or((version, ""));
    let mut parts: Vec<String> = Vec::new();
    let mut is_release = true;
    let mut separator = "";
    for part in pieces(public) {
        match part {
            "." | "-" | "_" => {
                separator = part;
                continue;
            }
            "!" => parts.push(part.to_owned()),
            number if is_number(number) => {
                // The short form of a post-release.
                if is_release && separator == "-" {
                    without_zeros(&mut parts);
                    parts.push("post".to_owned());
                    is_release = false;
                }
                parts.push(plain(number));
            }
            word => {
                if is_release {
                    without_zeros(&mut parts);
                } else {
                    with_number(&mut parts);
                }
                is_release = false;
                parts.push(known(word).to_owned());
            }
        }
        separator = "";
    }
    if is_release {
        without_zeros(&mut parts);
    } else {
        with_number(&mut parts);
    }
    let local = pieces(local).filter(|part| !matches!(*part, "." | "-" | "_"));
    let local = local.map(|part| format!("+{}", plain(part)));
    parts.extend(local);
    parts
}

/// Splits a text into numbers, words, and the other characters one by one.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let kind = |c: char| (c.is_ascii_digit(), c.is_ascii_alphabetic());
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = match kind(first) {
            (false, false) => first.len_utf8(),
            of_first => rest.find(|c| kind(c) != of_first).unwrap_or(rest.len()),
        };
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

fn is_number(part: &str) -> bool {
    part.starts_with(|c: char| c.is_ascii_digit())
}

/// Leaves off the zeros in front of a number.
fn plain(part: &str) -> String {
    let plain = part.trim_start_matches('0');
    if is_number(part) && plain.is_empty() {
        return "0".to_owned();
    }
    plain.to_owned()
}

/// The short name of a kind of pre-release or post-release.
fn known(word: &str) -> &str {
    match word {
        "alpha" => "a",
        "beta" => "b",
        "c" | "pre" | "preview" => "rc",
        "r" | "rev" => "post",
        other => other,
    }
}

/// Leaves off the zeros at the end of a release, which have no meaning.
fn without_zeros(parts: &mut Vec<String>) {
    while parts.last().is_some_and(|part| part == "0") {
        parts.pop();
    }
}

/// Adds the number 0 to a word without a number.
fn with_number(parts: &mut Vec<String>) {
    if parts.last().is_some_and(|part| !is_number(part)) {
        parts.push("0".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_version_are_the_same() {
        for spellings in [
            &["1.0", "1", "v1.0.0", "01.00"][..],
            &["1.2rc1", "1.2.0-RC.1", "1.2c1", "1.2_pre_1", "1.2-preview1"],
            &["1.2a0", "1.2a", "1.2.alpha", "1.2-Alpha-0"],
            &["1.0.post1", "1.0-1", "1.0-r1", "1.0rev1", "1.post1"],
            &["1.0.dev3", "1.0dev3", "1.0-DEV-3"],
            &["1.0a1.post2.dev3", "1.0-alpha1-post2-dev03"],
            &["1!2.0", "1!2", "01!2"],
            &["1.0+ubuntu.1", "1.0+ubuntu-1", "1.0+Ubuntu_01"],
            &["2024.01.02", "2024.1.2"],
        ] {
            for other in spellings {
                assert!(is_same(spellings[0], other), "{} {other}", spellings[0]);
            }
        }
    }

    #[test]
    fn other_versions_are_others() {
        for (one, other) in [
            ("1.0", "1.0.1"),
            ("1.0", "10"),
            ("1.10", "1.1"),
            ("11", "1.1"),
            ("1.0", "1.0rc1"),
            ("1.0rc1", "1.0b1"),
            ("1.0.post1", "1.0.1"),
            ("1.0.post1", "1.0.dev1"),
            ("1.0.post0", "1.0"),
            ("1!1.0", "1.0"),
            ("1.0+cpu", "1.0"),
            ("1.0+cpu", "1.0+cu121"),
            ("1.0", ""),
            ("1.0", "1.0é"),
            ("0.1", "1"),
        ] {
            assert!(!is_same(one, other), "{one} {other}");
        }
    }
}

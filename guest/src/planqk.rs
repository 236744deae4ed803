//! Reads `planqk.json` leniently: what the platform will refuse is a warning here, never an error.
//!
//! Fields that do not affect the job are ignored.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};

use serde_json::{Map, Value};

/// The file that makes an application a project of the platform.
pub(crate) const FILE: &str = "planqk.json";

/// The number of characters of a value that a warning repeats.
const SHOWN: usize = 40;

/// Warns about each doubtful field of a planqk.json with this text, by the field's name.
pub(crate) fn warnings(text: &str) -> Vec<String> {
    let fields = match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) => {
            return vec![
                "planqk.json holds no JSON object. The image is built all the same, but PlanQK will not accept \
                 the project: write the settings between { and }."
                    .to_owned(),
            ];
        }
        Err(error) => {
            return vec![format!(
                "planqk.json is not valid JSON ({error}). The image is built all the same, but PlanQK will not \
                 accept the project: correct the file."
            )];
        }
    };
    [name_warning(&fields), runtime_warning(&fields)]
        .into_iter()
        .flatten()
        .collect()
}

fn name_warning(fields: &Map<String, Value>) -> Option<String> {
    let wrong = match fields.get("name") {
        None | Some(Value::Null) => "is missing",
        Some(Value::String(name)) if name.trim().is_empty() => "is empty",
        Some(Value::String(_)) => return None,
        Some(_) => "is not a string",
    };
    Some(format!(
        "planqk.json: field 'name' {wrong}. The image is built all the same, but PlanQK can't create a service \
         without a name: set one."
    ))
}

/// A missing runtime gets no warning: nothing then contradicts the job template.
fn runtime_warning(fields: &Map<String, Value>) -> Option<String> {
    let shown = match fields.get("runtime") {
        None | Some(Value::Null) => return None,
        Some(Value::String(runtime)) => match runtime.as_str() {
            "PYTHON_TEMPLATE" | "PYTHON" => return None,
            "DOCKER" => {
                return Some(
                    "planqk.json: field 'runtime' is DOCKER. PlanQK then builds and starts the project's own \
                     Dockerfile, and the job template in this image is not used: set it to PYTHON_TEMPLATE."
                        .to_owned(),
                );
            }
            other => shorten(other),
        },
        Some(Value::Bool(_)) => "true or false".to_owned(),
        Some(Value::Number(_)) => "a number".to_owned(),
        Some(Value::Array(_)) => "a list".to_owned(),
        Some(Value::Object(_)) => "an object".to_owned(),
    };
    Some(format!(
        "planqk.json: field 'runtime' is {shown}, which is none of PYTHON_TEMPLATE, PYTHON and DOCKER. The image \
         is built as a Python job all the same, but PlanQK may not accept it: set it to PYTHON_TEMPLATE."
    ))
}

/// The start of `value`, without line ends and other control characters.
fn shorten(value: &str) -> String {
    let mut characters = value.chars();
    let start: String = characters.by_ref().take(SHOWN).collect();
    let rest = if characters.next().is_some() {
        "..."
    } else {
        ""
    };
    format!("'{}{rest}'", start.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_none_for_a_sound_file() {
        for valid in [
            r#"{"name":"job"}"#,
            r#"{"name":"job","runtime":"PYTHON_TEMPLATE"}"#,
            r#"{"name":"job","runtime":"PYTHON"}"#,
            r#"{"name":"job","runtime":null}"#,
            r#"{"name":"Größe","resources":{"cpu":0.5,"memory":1},"serviceId":"x","unknown":[1]}"#,
            "\r\n{\r\n\t\"name\": \"job\"\r\n}\r\n",
        ] {
            assert_eq!(warnings(valid), Vec::<String>::new(), "{valid}");
        }
    }

    #[test]
    fn warnings_name_the_field() {
        for (invalid, start) in [
            ("{}", "planqk.json: field 'name' is missing."),
            (r#"{"name":null}"#, "planqk.json: field 'name' is missing."),
            (r#"{"name":" "}"#, "planqk.json: field 'name' is empty."),
            (
                r#"{"name":["job"]}"#,
                "planqk.json: field 'name' is not a string.",
            ),
            (r#"{"Name":"job"}"#, "planqk.json: field 'name' is missing."),
            (
                r#"{"name":"job","runtime":"DOCKER"}"#,
                "planqk.json: field 'runtime' is DOCKER.",
            ),
            (
                r#"{"name":"job","runtime":"python_template"}"#,
                "planqk.json: field 'runtime' is 'python_template', which is none of",
            ),
            (
                r#"{"name":"job","runtime":3}"#,
                "planqk.json: field 'runtime' is a number, which is none of",
            ),
            (
                r#"{"name":"job","runtime":[{}]}"#,
                "planqk.json: field 'runtime' is a list, which is none of",
            ),
            (
                r#"{"name":"job","runtime":"a\nb\u001b[2J"}"#,
                r"planqk.json: field 'runtime' is 'a\nb\u{1b}[2J', which is none of",
            ),
        ] {
            let found = warnings(invalid);
            assert_eq!(found.len(), 1, "{invalid}: {found:?}");
            assert!(found[0].starts_with(start), "{invalid}: {found:?}");
        }
    }

    #[test]
    fn every_doubtful_field_has_its_warning() {
        let found = warnings(r#"{"name":1,"runtime":"RUBY"}"#);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("'name'"), "{found:?}");
        assert!(found[1].contains("'RUBY'"), "{found:?}");
    }

    #[test]
    fn text_that_is_no_object_is_one_warning() {
        for invalid in ["[]", "null", "3", r#""name""#] {
            let found = warnings(invalid);
            assert_eq!(found.len(), 1, "{invalid}: {found:?}");
            assert!(found[0].starts_with("planqk.json holds no JSON object."));
        }
    }

    #[test]
    fn unreadable_text_is_one_warning_with_the_place() {
        let deep = "[".repeat(100_000);
        for (invalid, place) in [
            ("", "line 1 column 0"),
            ("{\n  \"name\": job\n}", "line 2 column 11"),
            (r#"{"name":"job",}"#, "line 1 column 15"),
            ("{'name':'job'}", "line 1 column 2"),
            (deep.as_str(), "line 1 column 128"),
        ] {
            let found = warnings(invalid);
            assert_eq!(found.len(), 1, "{place}: {found:?}");
            assert!(found[0].starts_with("planqk.json is not valid JSON ("));
            assert!(found[0].contains(place), "{place}: {found:?}");
        }
    }

    #[test]
    fn a_long_value_is_cut() {
        let long = "X".repeat(100_000);
        let found = warnings(&format!(r#"{{"name":"job","runtime":"{long}"}}"#));
        let shown = format!("'{}...'", "X".repeat(SHOWN));
        assert!(found[0].contains(&shown), "{found:?}");
        assert!(found[0].len() < 400, "{found:?}");
    }
}

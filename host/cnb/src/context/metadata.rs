//! Free data: a JSON object for the component, a table in the TOML files.
//!
//! Nothing here knows the meaning of a key.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value as Json};
use toml::{Table, Value as Toml};

use crate::names::shown;

/// The limit on JSON text, in bytes.
const LONGEST: usize = 1024 * 1024;
/// The limit on a key, in bytes: the header of each table beneath it repeats the key.
const LONGEST_KEY: usize = 256;
/// The prefix by which the TOML library tells its dates from tables. It would read a table with such a key as a date.
const PRIVATE_KEY: &str = "$__toml_private_";
/// The limit on the nesting of tables and lists.
const DEEPEST: usize = 32;

/// An error in the JSON of a component. `place` is the path to it, such as `a.b[2]`.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    #[error("it has more than {LONGEST} bytes")]
    TooLong,
    #[error("it is not valid JSON")]
    Syntax(#[from] serde_json::Error),
    #[error("it is not a JSON object")]
    NoObject,
    #[error("'{place}' is null, which TOML doesn't have")]
    Null { place: String },
    #[error("'{place}' holds a NUL character")]
    NulCharacter { place: String },
    #[error("'{place}' is a number beyond the range of a signed 64-bit integer")]
    Number { place: String },
    #[error("the key '{place}' has more than {LONGEST_KEY} bytes")]
    Key { place: String },
    #[error(
        "the key '{place}' begins with {PRIVATE_KEY}, and TOML with such a key could not be read back"
    )]
    PrivateKey { place: String },
    #[error("'{place}' is nested more than {DEEPEST} levels deep")]
    Deep { place: String },
}

impl MetadataError {
    /// Adds a step at the front of the path to the error. Only an error pays for this path.
    fn within(mut self, step: &str) -> Self {
        if let Self::Null { place }
        | Self::NulCharacter { place }
        | Self::Number { place }
        | Self::Key { place }
        | Self::PrivateKey { place }
        | Self::Deep { place } = &mut self
        {
            let dot = if place.is_empty() || place.starts_with('[') {
                ""
            } else {
                "."
            };
            *place = format!("{step}{dot}{place}");
        }
        self
    }
}

/// Converts a JSON object of a component into a table. Keys are sorted.
pub fn from_json(text: &str) -> Result<Table, MetadataError> {
    if text.len() > LONGEST {
        return Err(MetadataError::TooLong);
    }
    match serde_json::from_str(text)? {
        Json::Object(map) => table(map, 1),
        _ => Err(MetadataError::NoObject),
    }
}

/// Converts a table into JSON. Dates, times, infinities and NaN become strings.
#[must_use]
pub fn to_json(table: &Table) -> String {
    object(table).to_string()
}

fn table(map: Map<String, Json>, depth: usize) -> Result<Table, MetadataError> {
    // Sorted here, because the order in the two libraries depends on features that other crates can switch on.
    let sorted: BTreeMap<String, Json> = map.into_iter().collect();
    let mut table = Table::new();
    for (key, value) in sorted {
        let value = pair(&key, value, depth).map_err(|error| error.within(&shown(&key)))?;
        table.insert(key, value);
    }
    Ok(table)
}

fn pair(key: &str, value: Json, depth: usize) -> Result<Toml, MetadataError> {
    let place = String::new();
    if key.len() > LONGEST_KEY {
        return Err(MetadataError::Key { place });
    }
    if key.starts_with(PRIVATE_KEY) {
        return Err(MetadataError::PrivateKey { place });
    }
    if key.contains('\0') {
        return Err(MetadataError::NulCharacter { place });
    }
    toml_value(value, depth)
}

fn toml_value(value: Json, depth: usize) -> Result<Toml, MetadataError> {
    // The callers add the path, step by step.
    let place = String::new();
    match value {
        Json::Object(_) | Json::Array(_) if depth == DEEPEST => Err(MetadataError::Deep { place }),
        Json::Null => Err(MetadataError::Null { place }),
        Json::Bool(flag) => Ok(Toml::Boolean(flag)),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Ok(Toml::Integer(whole)),
            (None, Some(float)) if number.is_f64() => Ok(Toml::Float(float)),
            _ => Err(MetadataError::Number { place }),
        },
        Json::String(text) if text.contains('\0') => Err(MetadataError::NulCharacter { place }),
        Json::String(text) => Ok(Toml::String(text)),
        Json::Array(items) => {
            let items = items.into_iter().enumerate();
            let items = items.map(|(index, item)| {
                let value = toml_value(item, depth + 1);
                value.map_err(|error| error.within(&format!("[{index}]")))
            });
            items.collect::<Result<_, _>>().map(Toml::Array)
        }
        Json::Object(map) => table(map, depth + 1).map(Toml::Table),
    }
}

fn object(table: &Table) -> Json {
    let sorted: BTreeMap<_, _> = table.iter().collect();
    let pairs = sorted.into_iter();
    Json::Object(
        pairs
            .map(|(key, value)| (key.clone(), json_value(value)))
            .collect(),
    )
}

fn json_value(value: &Toml) -> Json {
    match value {
        Toml::String(text) => Json::String(text.clone()),
        Toml::Integer(whole) => Json::Number((*whole).into()),
        Toml::Float(float) => match Number::from_f64(*float) {
            Some(number) => Json::Number(number),
            None => Json::String(float.to_string()),
        },
        Toml::Boolean(flag) => Json::Bool(*flag),
        Toml::Datetime(datetime) => Json::String(datetime.to_string()),
        Toml::Array(items) => Json::Array(items.iter().map(json_value).collect()),
        Toml::Table(table) => object(table),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_becomes_a_table_and_comes_back_the_same() {
        for text in [
            "{}",
            r#"{"a":1,"b":-9223372036854775808,"c":1.5,"d":true,"e":"text \" \\ \n ü"}"#,
            r#"{"$__toml":{"$__private":1},"of_$__toml_private_datetime":{"x":"$__toml_private_datetime"}}"#,
            r#"{"list":[1,"two",{"three":[]}],"table":{"":{"deep.er":{}}}}"#,
        ] {
            let table = from_json(text).unwrap();
            assert_eq!(to_json(&table), text);
            let written = toml::to_string(&table).unwrap();
            assert_eq!(written.parse::<Table>().unwrap(), table, "{written}");
        }
    }

    #[test]
    fn keys_come_out_sorted_however_they_go_in() {
        let table = from_json(r#"{"b":{"z":1,"y":2},"a":1}"#).unwrap();
        assert_eq!(to_json(&table), r#"{"a":1,"b":{"y":2,"z":1}}"#);
    }

    #[test]
    fn a_number_is_the_same_after_any_number_of_builds() {
        for number in ["9.223372038086855e21", "0.1", "1e-7", "-0.0", "5e-324"] {
            let table = from_json(&format!(r#"{{"a":{number}}}"#)).unwrap();
            assert_eq!(table["a"].as_float(), number.parse().ok(), "{number}");
            assert_eq!(from_json(&to_json(&table)).unwrap(), table, "{number}");
        }
    }

    #[test]
    fn what_toml_cannot_hold_is_refused_with_its_place() {
        let deep = format!("{}{}{}", r#"{"a":"#.repeat(33), "1", "}".repeat(33));
        for (text, message) in [
            ("", "it is not valid JSON"),
            ("{} {}", "it is not valid JSON"),
            ("[]", "it is not a JSON object"),
            ("null", "it is not a JSON object"),
            (
                r#"{"a":{"b":[0,null]}}"#,
                "'a.b[1]' is null, which TOML doesn't have",
            ),
            (r#"{"a":"x\u0000"}"#, "'a' holds a NUL character"),
            (r#"{"a\u0000":1}"#, r"'a\0' holds a NUL character"),
            (
                r#"{"a":9223372036854775808}"#,
                "'a' is a number beyond the range of a signed 64-bit integer",
            ),
            (
                r#"{"a":[{"$__toml_private_datetime":"1979-05-27"}]}"#,
                "the key 'a[0].$__toml_private_datetime' begins with $__toml_private_,",
            ),
            (
                r#"{"$__toml_private_x":1}"#,
                "the key '$__toml_private_x' begins with",
            ),
            (&deep, "nested more than 32 levels deep"),
        ] {
            let found = from_json(text).unwrap_err().to_string();
            assert!(found.contains(message), "{text}: {found}");
        }
        from_json(&format!(
            "{}{}{}",
            r#"{"a":"#.repeat(32),
            "1",
            "}".repeat(32)
        ))
        .unwrap();
    }

    #[test]
    fn a_text_is_held_to_its_length() {
        let text = |length: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(length - 8));
        from_json(&text(LONGEST)).unwrap();
        assert!(matches!(
            from_json(&text(LONGEST + 1)),
            Err(MetadataError::TooLong)
        ));
    }

    #[test]
    fn what_json_cannot_hold_arrives_as_a_string() {
        let table = "d = 1979-05-27\nt = 07:32:00\ni = inf\nn = nan"
            .parse()
            .unwrap();
        let text = to_json(&table);
        assert_eq!(
            text,
            r#"{"d":"1979-05-27","i":"inf","n":"NaN","t":"07:32:00"}"#
        );
    }
}

//! Reads JSON in the form that `pack` writes, and refuses any other, because two parsers could read it differently.
//!
//! Go's parser ignores the letter case of keys and takes the last of several equal keys, so it can read another
//! document than other parsers. Here a document is read with its keys in order and written again. If the bytes differ,
//! it is refused.

use std::collections::HashSet;
use std::fmt::{self, Write as _};

use anyhow::ensure;
use serde::de::{DeserializeOwned, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::ser::PrettyFormatter;
use serde_json::{Number, Value};

/// The limit of a document, in bytes. `pack` writes a few thousand.
const LARGEST: usize = 1 << 20;

/// The layout of a document.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// Without white space.
    Compact,
    /// In lines, with this many spaces for each level.
    Lines(usize),
}

/// A document that keeps the order of its keys.
#[derive(Debug)]
enum Json {
    Null,
    Flag(bool),
    Number(Number),
    Text(String),
    List(Vec<Json>),
    Table(Vec<(String, Json)>),
}

/// Reads a document, which must have this form.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8], form: Form) -> anyhow::Result<T> {
    ensure!(
        bytes.len() <= LARGEST,
        "it has {} bytes, and at most {LARGEST} are read",
        bytes.len()
    );
    let json: Json = serde_json::from_slice(bytes)?;
    ensure!(
        written(&json, form)? == bytes,
        "it is not written as pack writes it"
    );
    Ok(serde_json::from_value(Value::from(json))?)
}

/// Writes a document as Go does, with the special characters of HTML escaped.
fn written(json: &Json, form: Form) -> anyhow::Result<Vec<u8>> {
    let text = match form {
        Form::Compact => serde_json::to_string(json)?,
        Form::Lines(spaces) => {
            let indent = b" ".repeat(spaces);
            let mut bytes = Vec::new();
            let formatter = PrettyFormatter::with_indent(&indent);
            json.serialize(&mut serde_json::Serializer::with_formatter(
                &mut bytes, formatter,
            ))?;
            String::from_utf8(bytes)?
        }
    };
    // These characters occur in strings only.
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _written = write!(escaped, "\\u{:04x}", u32::from(c));
            }
            _ => escaped.push(c),
        }
    }
    Ok(escaped.into_bytes())
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Flag(flag) => flag.into(),
            Json::Number(number) => number.into(),
            Json::Text(text) => text.into(),
            Json::List(list) => list.into_iter().map(Self::from).collect(),
            Json::Table(table) => table
                .into_iter()
                .map(|(key, value)| (key, Self::from(value)))
                .collect(),
        }
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => to.serialize_unit(),
            Self::Flag(flag) => to.serialize_bool(*flag),
            Self::Number(number) => number.serialize(to),
            Self::Text(text) => to.serialize_str(text),
            Self::List(list) => {
                let mut to = to.serialize_seq(Some(list.len()))?;
                for item in list {
                    to.serialize_element(item)?;
                }
                to.end()
            }
            Self::Table(table) => {
                let mut to = to.serialize_map(Some(table.len()))?;
                for (key, value) in table {
                    to.serialize_entry(key, value)?;
                }
                to.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Whole)
    }
}

struct Whole;

impl<'de> Visitor<'de> for Whole {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Flag(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut table: Vec<(String, Json)> = Vec::new();
        let mut seen = HashSet::new();
        while let Some((key, value)) = entries.next_entry::<String, Json>()? {
            // For a parser that ignores letter case, some non-ASCII letters equal ASCII ones.
            if !key.is_ascii() {
                return Err(A::Error::custom(format!("the key '{key}' is not ASCII")));
            }
            if !seen.insert(key.to_ascii_lowercase()) {
                let same = |(one, _): &&(String, Json)| one.eq_ignore_ascii_case(&key);
                let same = table.iter().find(same).map_or("", |(one, _)| one);
                let text = format!("the keys '{same}' and '{key}' are equal for some parsers");
                return Err(A::Error::custom(text));
            }
            table.push((key, value));
        }
        Ok(Json::Table(table))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compact(text: &str) -> anyhow::Result<Value> {
        read(text.as_bytes(), Form::Compact)
    }

    #[test]
    fn what_go_writes_is_read_in_each_of_its_forms() {
        for text in [
            r#"{"b":1,"a":[true,null,-2,""],"c":{"d":"\u003c\u0026\u003e \u2028 \"\\\n ä"}}"#,
            "[]",
            "{}",
        ] {
            compact(text).unwrap();
        }
        let lines = "{\n   \"a\": [\n      1\n   ],\n   \"b\": {}\n}";
        let value: Value = read(lines.as_bytes(), Form::Lines(3)).unwrap();
        assert_eq!(value["a"][0], 1);
        read::<Value>(lines.as_bytes(), Form::Lines(4)).unwrap_err();
        compact(lines).unwrap_err();
    }

    #[test]
    fn what_another_reader_could_read_otherwise_is_refused_and_said() {
        for (text, words) in [
            (r#"{"a":1,"a":2}"#, "the keys 'a' and 'a' are equal"),
            (
                r#"{"config":1,"Config":2}"#,
                "the keys 'config' and 'Config' are equal",
            ),
            (r#"{"a":{"b":1,"B":2}}"#, "the keys 'b' and 'B' are equal"),
            (r#"{"layerſ":1}"#, "is not ASCII"),
            (r#"{"a": 1}"#, "not written as pack writes it"),
            (r#"{"\u0061":1}"#, "not written as pack writes it"),
            (r#"{"a":"<"}"#, "not written as pack writes it"),
            (r#"{"a":1.50}"#, "invalid type: floating point"),
            ("{\"a\":1}\n", "not written as pack writes it"),
            (r#"{"a":1}{}"#, "trailing characters"),
            ("{\"a\":\"\u{feff}", "EOF"),
        ] {
            let error = format!("{:#}", compact(text).unwrap_err());
            assert!(error.contains(words), "{text}: {error}");
        }
        read::<Value>(b"{\"a\":\"\xff\"}", Form::Compact).unwrap_err();
    }

    #[test]
    fn a_document_of_up_to_a_mebibyte_is_read_and_a_larger_one_is_refused_by_its_size() {
        let of_size = |size: usize| format!("\"{}\"", "x".repeat(size - 2));
        compact(&of_size(LARGEST)).unwrap();
        let error = compact(&of_size(LARGEST + 1)).unwrap_err().to_string();
        assert_eq!(error, "it has 1048577 bytes, and at most 1048576 are read");
    }
}

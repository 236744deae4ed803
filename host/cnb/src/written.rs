//! The length of values as TOML, known before the TOML exists.
//!
//! Pure. The header of a table repeats every key above it, so half a megabyte of JSON can become gigabytes of TOML.

use toml::{Table, Value};

/// The limit on the returned data that the host writes into one file, in bytes. It also holds when the lifecycle writes
/// the file again to restore a layer. It is below the limit at which the host reads the file back.
pub const MOST: usize = 512 * 1024;

/// The most bytes around a key or a text: three quotation marks and a line end, twice.
const QUOTES: usize = 8;
/// The most bytes around an item: `[[`, `]]`, ` = `, a comma and line ends.
const AROUND: usize = 8;
/// The bytes by which one more table indents a line.
const INDENT: usize = 2;

/// The greatest length of a text, quoted: a control character as `\u0000`, a quotation mark or a `\` after another `\`.
#[must_use]
pub fn text(text: &str) -> usize {
    let length = |character: char| match character {
        '"' | '\\' => 2,
        _ if character.is_control() => 6,
        _ => character.len_utf8(),
    };
    text.chars().map(length).sum::<usize>() + QUOTES
}

/// The greatest length of a list of texts.
#[must_use]
pub fn list(texts: &[String]) -> usize {
    let items = texts.iter().map(|item| text(item) + AROUND);
    items.sum::<usize>() + AROUND
}

/// The greatest length of a table, with the header of every table in it. The tables above it count as `depth` tables,
/// with keys of `above` bytes together.
#[must_use]
pub fn table(table: &Table, above: usize, depth: usize) -> usize {
    let pairs = table.iter().map(|(key, found)| {
        let key = text(key);
        let line = key + AROUND + INDENT * depth;
        line.saturating_add(value(found, above + key, depth))
    });
    pairs.fold(0, usize::saturating_add)
}

fn value(value: &Value, above: usize, depth: usize) -> usize {
    match value {
        Value::String(found) => text(found),
        Value::Integer(number) => number.to_string().len(),
        // Some writers never use an exponent.
        Value::Float(number) => number.to_string().len() + ".0".len(),
        Value::Boolean(_) => "false".len(),
        Value::Datetime(datetime) => datetime.to_string().len(),
        Value::Array(items) => {
            let items = items
                .iter()
                .map(|item| AROUND + self::value(item, above, depth));
            items.fold(0, usize::saturating_add)
        }
        Value::Table(found) => {
            let header = above + AROUND + INDENT * depth;
            header.saturating_add(table(found, above, depth + 1))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Serialize;

    use super::*;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::Boolean),
            any::<i64>().prop_map(Value::Integer),
            any::<f64>().prop_map(Value::Float),
            any::<String>().prop_map(Value::String),
            "[\u{0}-\u{1f}\"'\\\\]{0,9}".prop_map(Value::String),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
                prop::collection::btree_map(any_key(), inner, 0..5)
                    .prop_map(|pairs| Value::Table(pairs.into_iter().collect())),
            ]
        })
    }

    fn any_key() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z]{1,9}",
            "[\u{0}-\u{1f}\"'. \\\\]{0,5}",
            any::<String>()
        ]
    }

    #[derive(Serialize)]
    struct File<'a> {
        metadata: &'a Table,
    }

    proptest! {
        #[test]
        fn nothing_becomes_longer_than_it_was_said_to_get(
            pairs in prop::collection::btree_map(any_key(), any_value(), 0..5)
        ) {
            let found: Table = pairs.into_iter().collect();
            let said = text("metadata") + AROUND + table(&found, text("metadata"), 1);
            let is = toml::to_string(&File { metadata: &found }).unwrap();
            prop_assert!(is.len() <= said, "{} bytes, and {said} were said\n{is}", is.len());
        }

        #[test]
        fn no_list_becomes_longer_than_it_was_said_to_get(texts in prop::collection::vec(any::<String>(), 0..9)) {
            let is = Value::from(texts.clone()).to_string();
            prop_assert!(is.len() <= list(&texts), "{is}");
        }
    }

    #[test]
    fn what_repeats_the_keys_above_it_is_counted_as_often() {
        let key = "k".repeat(100);
        let inner: Table = (0..50)
            .map(|n| (n.to_string(), Value::Table(Table::new())))
            .collect();
        let outer = Table::from_iter([(key, Value::Table(inner))]);
        let is = toml::to_string(&outer).unwrap().len();
        let said = table(&outer, 0, 0);
        assert!(
            is > 5000 && is <= said && said < 2 * is,
            "{is} bytes, and {said} were said"
        );
    }
}

#!/usr/bin/env bash
# The crate toml 1.2.1 for Rust, with its type `Table`: it reads a table that is not a date as a date.
#
# Expected: a table with the key "$__toml_private_datetime" is a table with one odd key. TOML 1.0 allows any quoted key,
# and Python's tomllib 3.11 reads it so.
# Found: a nested table with that key is read as a date. If its text is not a date, the document is refused: "invalid
# datetime, expected year or hour". If its text is a date, the table becomes that date, and its other keys are lost
# without an error, wherever the key is among them. At the top of a document, the same key is a key.
# This affects programs that write other people's data as TOML and read it again with this crate. This host refuses such
# keys in what a component returns.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
mkdir "$dir/src"
cat > "$dir/Cargo.toml" <<'T'
[package]
name = "finding"
version = "0.0.0"
edition = "2024"
[dependencies]
toml = { version = "=1.2.1", default-features = false, features = ["parse", "serde", "std"] }
[workspace]
T
cat > "$dir/src/main.rs" <<'R'
fn main() {
    let key = "\"$__toml_private_datetime\"";
    let read = |text: &str| match text.parse::<toml::Table>() {
        Err(error) => format!("error: {}", error.message()),
        Ok(table) => match table.get("a") {
            Some(toml::Value::Datetime(date)) => format!("a date: {date}"),
            Some(other) => format!("{}", other.type_str()),
            None => format!("a table of {}", table.len()),
        },
    };
    println!("nested, a text: {}", read(&format!("[a]\n{key} = \"x\"\n")));
    println!("nested, a date: {}", read(&format!("[a]\n{key} = \"2026-01-02\"\nb = 1\n")));
    println!("behind another key: {}", read(&format!("[a]\nb = 1\n{key} = \"2026-01-02\"\n")));
    println!("at the top: {}", read(&format!("{key} = \"x\"\n")));
}
R
seen=$(cd "$dir" && cargo run --quiet)
python=$(python3 -c 'import tomllib; print(sorted(tomllib.loads("[a]\n\"$__toml_private_datetime\" = \"2026-01-02\"\nb = 1\n")["a"]))')
seen="$seen"$'\n'"Python: $python"
expected="nested, a text: error: invalid datetime, expected year or hour
nested, a date: a date: 2026-01-02
behind another key: a date: 2026-01-02
at the top: a table of 1
Python: ['\$__toml_private_datetime', 'b']"
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

#!/usr/bin/env bash
# wit-bindgen-c 0.63.0, the generator behind `wit-bindgen c`: an interface that is renamed to the world's prefix gives C
# that does not compile.
#
# Expected: `--rename finding:hello/names@1.0.0=hello` shortens `finding_hello_names_name_t` to `hello_name_t`, which
# is the name that the world `hello` has for the type too, since it uses it. One type has one definition.
# Found: the generator ends well, and the C compiler refuses its code: "redefinition of 'hello_name_free'". The type of
# the world is written as `typedef hello_name_t hello_name_t;`, which C11 allows, and its function is written twice,
# which no C allows. Renamed to any other name, or not renamed, the same WIT compiles.
# This affects authors of C bindings who give everything one short prefix. The kit for C renames the world to something
# else than its types.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
mkdir "$dir/src" "$dir/wit"
cat > "$dir/Cargo.toml" <<'T'
[package]
name = "finding"
version = "0.0.0"
edition = "2024"
[dependencies]
wit-bindgen-c = "=0.63.0"
wit-bindgen-core = "=0.63.0"
[workspace]
T
cat > "$dir/src/main.rs" <<'R'
use wit_bindgen_core::{Files, wit_parser::Resolve};

/// Does what `wit-bindgen c wit --out-dir DIR --rename finding:hello/names@1.0.0=NAME` does.
fn main() {
    let [out, name] = [1, 2].map(|n| std::env::args().nth(n).unwrap());
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir("wit").unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let rename = vec![("finding:hello/names@1.0.0".to_owned(), name)];
    let options = wit_bindgen_c::Opts { rename, ..Default::default() };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files).unwrap();
    std::fs::create_dir(&out).unwrap();
    for (file, content) in files.iter() {
        std::fs::write(format!("{out}/{file}"), content).unwrap();
    }
}
R
cat > "$dir/wit/hello.wit" <<'W'
package finding:hello@1.0.0;

interface names {
  record name { text: string }
}

world hello {
  use names.{name};
  export greet: func(who: name);
}
W
cd "$dir"
cargo build --quiet
seen=$(
    for name in other hello; do
        "${CARGO_TARGET_DIR:-target}/debug/finding" "$name" "$name"
        echo "$name:"
        if LC_ALL=C cc -std=c11 -w -fsyntax-only "$name/hello.c" 2> error; then
            echo compiles
        else
            grep -oE 'error: .*' error
        fi
    done
    grep '^typedef hello_name_t' hello/hello.h
)
expected="other:
compiles
hello:
error: redefinition of 'hello_name_free'
typedef hello_name_t hello_name_t;"
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

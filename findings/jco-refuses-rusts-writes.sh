#!/usr/bin/env bash
# @bytecodealliance/jco 1.35.0 with preview2-shim 0.26.0 and 0.26.1, wasmtime 50.0.1, Rust 1.95.0: a component that Rust makes for
# its own target `wasm32-wasip2` cannot write a file in node.
#
# Expected: jco and wasmtime offer the same `wasi:filesystem`, so `std::fs` does the same in both, in a folder that is granted.
# Found: in wasmtime all of it works. In node the component reads, lists, makes folders, renames and removes, and each file
# that it opens for writing is "Not supported". What Rust links into a component opens such a file with the flags `write` and
# `mutate-directory`, and the shim refuses every opening with the second, whatever is granted. The text names neither.
# This affects who tries a component in node before it runs in a host with wasmtime, as this project's is: the failure does
# not happen in the host.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
cat > main.rs <<'R'
use std::fs;

fn show<T>(action: &str, result: std::io::Result<T>) {
    match result {
        Ok(_) => println!("{action}: works"),
        Err(error) => println!("{action}: {error}"),
    }
}

fn main() {
    show("read", fs::read("/granted/given"));
    show("list", fs::read_dir("/granted"));
    show("make a folder", fs::create_dir("/granted/folder"));
    show("make a file", fs::write("/granted/new", "new"));
    show("append", fs::OpenOptions::new().append(true).open("/granted/given"));
    show("rename", fs::rename("/granted/given", "/granted/other"));
    show("remove", fs::remove_file("/granted/other"));
}
R
rustc +1.95.0 --edition 2024 --target wasm32-wasip2 -o main.wasm main.rs
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install wasmtime==50.0.1
cat > run.py <<'P'
from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker

engine = Engine()
store = Store(engine)
wasi = WasiConfig()
wasi.inherit_stdout()
wasi.preopen_dir("granted", "/granted")
store.set_wasi(wasi)
linker = Linker(engine)
linker.add_wasip2()
component = Component.from_file(engine, "main.wasm")
instance = linker.instantiate(store, component)
interface = instance.get_export_index(store, "wasi:cli/run@0.2.0")
instance.get_func(store, instance.get_export_index(store, "run", interface))(store)
P
cat > run.mjs <<'J'
import { _setPreopens } from "@bytecodealliance/preview2-shim/filesystem";

_setPreopens({ "/granted": process.cwd() + "/granted" });
const { run } = await import("./js/main.js");
run.run();
J
install() {
    cat > package.json <<P
{
  "private": true,
  "type": "module",
  "dependencies": { "@bytecodealliance/jco": "1.35.0", "@bytecodealliance/preview2-shim": "$1" },
  "overrides": { "@bytecodealliance/preview2-shim": "$1" }
}
P
    rm -rf node_modules package-lock.json
    npm install --silent --no-audit --no-fund > /dev/null
}
run() {
    rm -rf granted
    mkdir granted
    echo given > granted/given
    "$@" 2>&1 | sed 's/^/  /'
}
seen=$(
    echo "wasmtime:"
    run venv/bin/python run.py
    install 0.26.0
    node_modules/.bin/jco transpile main.wasm --out-dir js > /dev/null
    echo "node, preview2-shim 0.26.0:"
    run node run.mjs
    install 0.26.1
    echo "node, preview2-shim 0.26.1:"
    run node run.mjs
)
works='  read: works
  list: works
  make a folder: works
  make a file: works
  append: works
  rename: works
  remove: works'
refused=$(sed -E 's/(make a file|append): works/\1: Not supported (os error 58)/' <<< "$works")
expected="wasmtime:
$works
node, preview2-shim 0.26.0:
$refused
node, preview2-shim 0.26.1:
$refused"
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

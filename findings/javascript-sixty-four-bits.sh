#!/usr/bin/env bash
# componentize-qjs 0.4.5, @bytecodealliance/componentize-js 0.23.0 by jco 1.35.0, wasmtime 50.0.1: the same source in
# JavaScript receives other integers of 64 bits, depending on the compiler, and each of the two is wrong at another place.
#
# Expected: an argument of the type `u64` or `s64` is a BigInt with the caller's value, as `jco types` declares it. One might
# lose digits above 2^53.
# Found: in a component by componentize-qjs it is a number. 2^53+1 arrives as 2^53, and the largest `u64` as -1. In a
# component by componentize-js it is a BigInt, with all digits, and a negative `s64` arrives without its sign: -5 as
# 18446744073709551611. A comparison such as `a < 0` goes wrong without an error: in the first component for a large `u64`, in
# the second for a negative `s64`. And `a + 1n` throws in the first.
# This affects who compares sizes, times or offsets in a component, and who changes the compiler. This project's contract has
# no integers of 64 bits, and its kit for JavaScript takes file sizes in either form.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
# Version 0.26.1 of preview2-shim, which jco would get, grants jco no files.
cat > package.json <<'P'
{
  "private": true,
  "type": "module",
  "dependencies": {
    "@bytecodealliance/componentize-js": "0.23.0",
    "@bytecodealliance/jco": "1.35.0",
    "@bytecodealliance/preview2-shim": "0.26.0",
    "componentize-qjs": "0.4.5"
  },
  "overrides": { "@bytecodealliance/preview2-shim": "0.26.0" }
}
P
npm install --silent --no-audit --no-fund > /dev/null
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install wasmtime==50.0.1
mkdir wit
cat > wit/hello.wit <<'W'
package finding:hello@1.0.0;

world hello {
  export unsigned: func(a: u64) -> string;
  export signed: func(a: s64) -> string;
}
W
cat > app.js <<'J'
const show = (a) => `${typeof a} ${a}`;
export const unsigned = show;
export const signed = (a) => `${show(a)}, ${a < 0 ? "negative" : "not negative"}`;
J
cat > run.py <<'P'
import sys

from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker

engine = Engine()
component = Component.from_file(engine, sys.argv[1])
linker = Linker(engine)
linker.add_wasip2()
linker.define_unknown_imports_as_traps(component)
for name, value in ("unsigned", 5), ("unsigned", 2**53 + 1), ("unsigned", 2**64 - 1), ("signed", -5):
    store = Store(engine)
    store.set_wasi(WasiConfig())
    function = linker.instantiate(store, component).get_func(store, name)
    print(f"  {name}({value}): {function(store, value)}")
P
seen=$(
    node_modules/.bin/componentize-qjs --wit wit --js app.js --output qjs.wasm > log
    echo "componentize-qjs:"
    venv/bin/python run.py qjs.wasm
    node_modules/.bin/jco componentize app.js --wit wit --world-name hello --out js.wasm > log
    echo "componentize-js:"
    venv/bin/python run.py js.wasm
    node_modules/.bin/jco types wit --world-name hello --out-dir types > log
    echo "jco types: $(sed -nE 's/.*signed\(a: (\w+)\).*/\1/p' types/*.d.ts | sort -u)"
)
expected='componentize-qjs:
  unsigned(5): number 5
  unsigned(9007199254740993): number 9007199254740992
  unsigned(18446744073709551615): number -1
  signed(-5): number -5, negative
componentize-js:
  unsigned(5): bigint 5
  unsigned(9007199254740993): bigint 9007199254740993
  unsigned(18446744073709551615): bigint 18446744073709551615
  signed(-5): bigint 18446744073709551611, not negative
jco types: bigint'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

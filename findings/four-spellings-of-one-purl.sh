#!/usr/bin/env bash
# packageurl-go 0.1.7, packageurl-python 0.17.6, packageurl-js 2.0.1 and purl 0.1.6 (Rust): one package URL is written in four
# ways, and one library changes the address in it.
#
# Expected: a package URL (purl) has one canonical form, so that two can be compared as texts, and the libraries write the
# same form of what they read. Each gives the address of a repository in it as it was.
# Found: of one purl with a local version and an address, no two of the four write the same text: they differ in which of `+`,
# `:` and `/` they escape, in the version and in the qualifiers. And where the `+` of `git+https` is not escaped,
# packageurl-js takes it for a space, as in a form of a browser: the address that it gives is `git https://…`, and it writes
# that one.
# This affects who compares bills of materials of tools in several languages by purl, such as one for a wheel with a local
# version (`+cpu`): the same package is added and removed. This project's bills escape all three, which every library reads.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install packageurl-python==0.17.6
cat > py.py <<'P'
import sys

from packageurl import PackageURL

for text in sys.argv[1:]:
    purl = PackageURL.from_string(text)
    print(purl.to_string(), purl.qualifiers["vcs_url"])
P
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund packageurl-js@2.0.1 > /dev/null
cat > js.mjs <<'J'
import { PackageURL } from "packageurl-js";

for (const text of process.argv.slice(2)) {
  const purl = PackageURL.fromString(text);
  console.log(purl.toString(), purl.qualifiers.vcs_url);
}
J
mkdir -p go rust/src
cat > go/go.mod <<'M'
module finding

go 1.24

require github.com/package-url/packageurl-go v0.1.7
M
cat > go/main.go <<'G'
package main

import (
	"fmt"
	"log"
	"os"

	packageurl "github.com/package-url/packageurl-go"
)

func main() {
	for _, text := range os.Args[1:] {
		purl, err := packageurl.FromString(text)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(purl.ToString(), purl.Qualifiers.Map()["vcs_url"])
	}
}
G
cat > rust/Cargo.toml <<'T'
[package]
name = "finding"
version = "0.0.0"
edition = "2024"
[dependencies]
purl = "=0.1.6"
[workspace]
T
cat > rust/src/main.rs <<'R'
fn main() {
    for text in std::env::args().skip(1) {
        let purl: purl::GenericPurl<String> = text.parse().unwrap();
        println!("{purl} {}", purl.qualifiers().get("vcs_url").unwrap());
    }
}
R
(
    export HOME=$dir GOPATH=$dir/gopath GOCACHE=$dir/cache GOFLAGS=-mod=mod
    cd go
    go build -o ../reads .
)
cargo build --quiet --manifest-path rust/Cargo.toml
seen=$(
    for address in 'git%2Bhttps%3A%2F%2Fgit.example%2Fx' 'git+https://git.example/x'; do
        purl="pkg:pypi/demo@1.0%2Bcpu?vcs_url=$address"
        echo "$purl"
        echo "  Go: $(./reads "$purl")"
        echo "  Python: $(venv/bin/python py.py "$purl")"
        echo "  JavaScript: $(node js.mjs "$purl")"
        echo "  Rust: $("${CARGO_TARGET_DIR:-rust/target}/debug/finding" "$purl")"
    done
)
expected='pkg:pypi/demo@1.0%2Bcpu?vcs_url=git%2Bhttps%3A%2F%2Fgit.example%2Fx
  Go: pkg:pypi/demo@1.0%2Bcpu?vcs_url=git%2Bhttps:%2F%2Fgit.example%2Fx git+https://git.example/x
  Python: pkg:pypi/demo@1.0%2Bcpu?vcs_url=git%2Bhttps://git.example/x git+https://git.example/x
  JavaScript: pkg:pypi/demo@1.0+cpu?vcs_url=git%2Bhttps%3A%2F%2Fgit.example%2Fx git+https://git.example/x
  Rust: pkg:pypi/demo@1.0+cpu?vcs_url=git%2Bhttps://git.example/x git+https://git.example/x
pkg:pypi/demo@1.0%2Bcpu?vcs_url=git+https://git.example/x
  Go: pkg:pypi/demo@1.0%2Bcpu?vcs_url=git%2Bhttps:%2F%2Fgit.example%2Fx git+https://git.example/x
  Python: pkg:pypi/demo@1.0%2Bcpu?vcs_url=git%2Bhttps://git.example/x git+https://git.example/x
  JavaScript: pkg:pypi/demo@1.0+cpu?vcs_url=git%20https%3A%2F%2Fgit.example%2Fx git https://git.example/x
  Rust: pkg:pypi/demo@1.0+cpu?vcs_url=git%2Bhttps://git.example/x git+https://git.example/x'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

#!/usr/bin/env bash
# github.com/buildpacks/lifecycle 0.21.0 and libcnb 0.30.4 (libcnb.rs): the launcher reads other variables out of a layer than
# the framework that wrote the layer.
#
# Expected: libcnb.rs writes a layer's variables as files and reads them again; the lifecycle, for which it writes them, reads
# the same.
# Found: the lifecycle takes the suffix from the first dot of a file's name and libcnb.rs from the last. So a default for
# `spring.profiles.active`, in `spring.profiles.active.default`, is one of `spring` with the unknown suffix
# `profiles.active.default` to the lifecycle, which passes over such a file: the program starts without its setting, and
# nothing says so. And a variable that is set to nothing gets the default from the lifecycle, and keeps its nothing in
# libcnb.rs, so the test of a buildpack that applies its own layer sees another program than the image starts.
# This affects authors of buildpacks for programs that are set up by names with dots, and users who switch something off by
# `--env NAME=`. The contract here has no names with dots, and its tests give the default to an empty variable, as the
# lifecycle does.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
mkdir -p write/src read
cat > write/Cargo.toml <<'T'
[package]
name = "finding"
version = "0.0.0"
edition = "2024"
[dependencies]
libcnb = "=0.30.4"
[workspace]
T
cat > write/src/main.rs <<'R'
use libcnb::Env;
use libcnb::layer_env::{LayerEnv, ModificationBehavior::Default, Scope::Launch};

/// Writes defaults into a layer, and applies what is there to an environment.
fn main() {
    let names = ["LEVEL", "EMPTY", "spring.profiles.active"];
    let layer = names.iter().fold(LayerEnv::new(), |layer, name| {
        layer.chainable_insert(Launch, Default, name, "default")
    });
    layer.write_to_layer_dir("layer").unwrap();
    let mut given = Env::new();
    given.insert("EMPTY", "");
    let read = LayerEnv::read_from_layer_dir("layer").unwrap();
    let mut lines: Vec<_> = read
        .apply(Launch, &given)
        .iter()
        .map(|(name, value)| format!("{}={}", name.display(), value.display()))
        .collect();
    lines.sort();
    println!("{}", lines.join("\n"));
}
R
cat > read/go.mod <<'M'
module finding

go 1.25.5

require github.com/buildpacks/lifecycle v0.21.0

require github.com/pkg/errors v0.9.1 // indirect
M
cat > read/main.go <<'G'
package main

import (
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/buildpacks/lifecycle/env"
)

// Applies a folder of variables to an environment, as the launcher does.
func main() {
	given := env.NewLaunchEnv([]string{"EMPTY="}, "", "")
	if err := given.AddEnvDir(os.Args[1], env.ActionTypeOverride); err != nil {
		panic(err)
	}
	lines := given.List()
	sort.Strings(lines)
	fmt.Println(strings.Join(lines, "\n"))
}
G
cargo build --quiet --manifest-path write/Cargo.toml
(
    export HOME=$dir GOPATH=$dir/go GOCACHE=$dir/cache GOFLAGS=-mod=mod
    cd read
    go build -o ../reads .
)
mkdir layer
seen=$(
    applied=$("${CARGO_TARGET_DIR:-write/target}/debug/finding")
    echo "written:"
    ls layer/env.launch
    echo "libcnb.rs:"
    echo "$applied"
    echo "lifecycle:"
    ./reads layer/env.launch
)
expected='written:
EMPTY.default
LEVEL.default
spring.profiles.active.default
libcnb.rs:
EMPTY=
LEVEL=default
spring.profiles.active=default
lifecycle:
EMPTY=default
LEVEL=default'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

#!/usr/bin/env bash
# github.com/BurntSushi/toml 1.4.0 for Go: decoding a TOML document and encoding it again can make it fifty times
# longer.
#
# Expected: the written text is about as long as the text that was read.
# Found: a float is written without an exponent, so 1e308, five characters, becomes 311 (309 digits and ".0"), and a
# list of a hundred such floats, 607 bytes, becomes 31,305. Each level of nested tables is indented by two more spaces.
# The value that is read again is the same.
# This affects programs that limit what they read and leave writing to a program in Go: a text that was within the limit
# exceeds it afterwards. This host computes the length before it writes, and allows half of what it reads.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf --one-file-system "$dir"' EXIT
cat > "$dir/go.mod" <<'M'
module finding

go 1.21

require github.com/BurntSushi/toml v1.4.0
M
cat > "$dir/main.go" <<'G'
package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"
)

func rewritten(text string) (string, bool) {
	var first, again map[string]any
	if _, err := toml.Decode(text, &first); err != nil {
		panic(err)
	}
	var out bytes.Buffer
	if err := toml.NewEncoder(&out).Encode(first); err != nil {
		panic(err)
	}
	if _, err := toml.Decode(out.String(), &again); err != nil {
		panic(err)
	}
	return out.String(), fmt.Sprint(first) == fmt.Sprint(again)
}

func main() {
	float, same := rewritten("a = 1e308\n")
	fmt.Println("a float:", len("a = 1e308\n"), "bytes become", len(float), "and are the same:", same)
	all, same := rewritten("a = [" + strings.Repeat("1e308,", 100) + "]\n")
	fmt.Println("a list:", len("a = [")+600+len("]\n"), "bytes become", len(all), "and are the same:", same)
	deep, same := rewritten("[a.b.c.d]\ne = 1\n")
	last := strings.Split(strings.TrimSpace(deep), "\n")
	fmt.Printf("a table in four: %q, and is the same: %v\n", last[len(last)-1], same)
}
G
seen=$(cd "$dir" && GOFLAGS=-mod=mod go run .)
expected='a float: 10 bytes become 316 and are the same: true
a list: 607 bytes become 31305 and are the same: true
a table in four: "        e = 1", and is the same: true'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

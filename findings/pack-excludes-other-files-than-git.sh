#!/usr/bin/env bash
# github.com/sabhiram/go-gitignore of 2021-09-23 (525f6e181f06), which pack has in its go.mod of May 2026, and git 2.39.5: the same
# patterns exclude other files.
#
# Expected: `exclude` and `include` of `project.toml` are patterns as in `.gitignore`, so pack leaves out what git leaves out, at
# least without negation and folders.
# Found: pack's library makes a regular expression of each pattern, and leaves some of its characters as they are. `draft?.txt`
# excludes nothing, and `data(1).csv`, the name that a browser gives a second download, excludes `data1.csv` instead of itself, as does
# `a+b.txt` with `aab.txt`. `part[!0-9].csv` excludes just the files with a digit. No pattern is refused and no warning printed.
# The four patterns here that have no such character mean the same to both.
# This affects who keeps files out of an image by `project.toml`: they are in it, or a file that the program needs is not.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
cat > go.mod <<'M'
module finding

go 1.24

require github.com/sabhiram/go-gitignore v0.0.0-20210923224102-525f6e181f06
M
cat > main.go <<'G'
package main

import (
	"fmt"
	"os"

	ignore "github.com/sabhiram/go-gitignore"
)

func main() {
	patterns := ignore.CompileIgnoreLines(os.Args[1])
	for _, name := range os.Args[2:] {
		if patterns.MatchesPath(name) {
			fmt.Println(name)
		}
	}
}
G
export HOME=$dir GOPATH=$dir/go GOCACHE=$dir/cache GOFLAGS=-mod=mod
go build -o excluded .
mkdir files
cd files
git init --quiet
names=('a+b.txt' aab.txt 'data(1).csv' data1.csv draft1.txt draft12.txt part1.csv partx.csv notes.txt sub/notes.txt)
mkdir sub
touch "${names[@]}"
list() { paste -sd ' ' | grep . || echo nothing; }
seen=$(
    for pattern in 'notes.txt' '/notes.txt' '*.csv' 'sub/**' 'draft?.txt' 'data(1).csv' 'a+b.txt' 'part[!0-9].csv'; do
        echo "$pattern"
        echo "  git: $(git ls-files --others --ignored --exclude "$pattern" | LC_ALL=C sort | list)"
        echo "  pack's library: $(../excluded "$pattern" "${names[@]}" | LC_ALL=C sort | list)"
    done
)
expected='notes.txt
  git: notes.txt sub/notes.txt
  pack'"'"'s library: notes.txt sub/notes.txt
/notes.txt
  git: notes.txt
  pack'"'"'s library: notes.txt
*.csv
  git: data(1).csv data1.csv part1.csv partx.csv
  pack'"'"'s library: data(1).csv data1.csv part1.csv partx.csv
sub/**
  git: sub/notes.txt
  pack'"'"'s library: sub/notes.txt
draft?.txt
  git: draft1.txt
  pack'"'"'s library: nothing
data(1).csv
  git: data(1).csv
  pack'"'"'s library: data1.csv
a+b.txt
  git: a+b.txt
  pack'"'"'s library: aab.txt
part[!0-9].csv
  git: partx.csv
  pack'"'"'s library: part1.csv'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

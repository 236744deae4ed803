#!/usr/bin/env bash
# uv 0.13.9 with packaging 26.4: markers in `uv.lock` use the variable `extra` for something else than the standard does.
#
# Expected: a marker on a dependency in `uv.lock` is one as the standard has it. A reader that wants the extra `old` sets
# the variable `extra` to "old" and gets the versions that uv installs.
# Found: where a project declares two extras as conflicting, uv writes values such as "extra-3-job-old": the word, the
# length of the project's name, the name, and the extra. Conflicting groups get "group-3-job-before", in the same variable
# `extra`. Each marker is valid by itself, and version and revision of the file are those of every other lock. A reader
# that follows the standard gets no error, but another version than uv, or none at all. Without any extra both agree.
# `uv export` evaluates these markers and does not write them.
# This affects programs that read `uv.lock` themselves and let somebody choose extras or groups. This project's component
# evaluates them for the extras and groups that the platform chooses.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
python3 -m venv tools
tools/bin/pip --quiet --disable-pip-version-check install uv==0.13.9 packaging==26.4
mkdir job
cd job
cat > pyproject.toml <<'T'
[project]
name = "job"
version = "1"
requires-python = ">=3.11"
dependencies = ["python-dateutil==2.9.0"]

[project.optional-dependencies]
old = ["six==1.15.0"]
new = ["six==1.16.0"]

[dependency-groups]
before = ["pytz==2024.1", "tzlocal==2.1"]
after = ["pytz==2024.2", "tzlocal==2.1"]

[tool.uv]
conflicts = [
    [{ extra = "old" }, { extra = "new" }],
    [{ group = "before" }, { group = "after" }],
]
T
uv() { ../tools/bin/uv "$@" --quiet --no-config --python ../tools/bin/python; }
uv lock
cat > read.py <<'P'
import sys
import tomllib

from packaging.markers import Marker

lock = tomllib.load(open("uv.lock", "rb"))
parent, child, extra = sys.argv[1:]
[package] = [package for package in lock["package"] if package["name"] == parent]
for edge in package["dependencies"]:
    if edge["name"] == child and Marker(edge["marker"]).evaluate({"extra": extra}):
        print(edge["version"])
P
seen=$(
    grep -E '^(version =|revision)' uv.lock | head -n 2 | paste -sd ' '
    grep -oE "extra == '[^']*-job-[^']*'" uv.lock | sort -u
    for extra in '' old new; do
        chosen=$(uv export --no-hashes --no-header --no-annotate ${extra:+--extra "$extra"} | sed -n 's/^six==//p')
        echo "extra '$extra', six: uv $chosen, packaging $(../tools/bin/python read.py python-dateutil six "$extra" | paste -sd ' ')"
    done
    chosen=$(uv export --no-hashes --no-header --no-annotate --only-group before | sed -n 's/^pytz==//p')
    echo "group 'before', pytz: uv $chosen, packaging $(../tools/bin/python read.py tzlocal pytz before | grep . || echo none)"
)
expected="version = 1 revision = 5
extra == 'extra-3-job-new'
extra == 'extra-3-job-old'
extra == 'group-3-job-after'
extra == 'group-3-job-before'
extra '', six: uv 1.16.0, packaging 1.16.0
extra 'old', six: uv 1.15.0, packaging 1.16.0
extra 'new', six: uv 1.16.0, packaging 1.16.0
group 'before', pytz: uv 2024.1, packaging none"
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

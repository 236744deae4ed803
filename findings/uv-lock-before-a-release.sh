#!/usr/bin/env bash
# uv 0.13.9, pdm 2.29.4 and packaging 26.4: a lock that uv exports has neither of two packages for a Python before its release.
#
# Expected: a project needs `six` for `python_version < "3.16"` and `toml` for `python_version >= "3.16"`. Each Python is one or the
# other, so an installer finds one of the two in the lock, with 3.16.0a2 the second.
# Found: uv writes `python_full_version` in place of `python_version`. That is the same for a released Python only: to the standard,
# 3.16.0a2 is neither less than 3.16, whose pre-release it is, nor 3.16 or more. `packaging`, with which pip reads a
# `pylock.toml`, therefore selects nothing, without a message. uv itself leaves off the "a2" before it compares, and selects the
# second. pdm keeps the marker, and from pdm's lock `packaging` selects it too.
# This affects who tries a project with the next Python and another installer than uv: packages that were added for just that
# Python are missing.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
python3 -m venv tools
tools/bin/pip --quiet --disable-pip-version-check install uv==0.13.9 pdm==2.29.4 hishel==1.4.0 packaging==26.4
python3 -m venv --without-pip empty
export HOME=$dir PDM_CHECK_UPDATE=0
mkdir job
cd job
cat > pyproject.toml <<'T'
[project]
name = "job"
version = "1"
requires-python = ">=3.11"
dependencies = ["six==1.16.0; python_version < '3.16'", "toml==0.10.2; python_version >= '3.16'"]
T
printf '[lock]\nformat = "pylock"\n' > pdm.toml
cat > ../choose.py <<'P'
import sys
import tomllib

from packaging.markers import default_environment
from packaging.pylock import Pylock

file, python = sys.argv[1:]
environment = default_environment()
environment |= {"python_full_version": python, "python_version": "3." + python.split(".")[1]}
lock = Pylock.from_dict(tomllib.load(open(file, "rb")))
print(*[package.name for package, _ in lock.select(environment=environment)] or ["nothing"])
P
uv() { ../tools/bin/uv "$@" --quiet --no-config --python ../tools/bin/python; }
try() {
    echo "$1:"
    grep -oE 'python(_full)?_version (<|>=) \W+3\.16' "$2" | sed -E 's|[^ a-z_<>=0-9.]||g; s|^|  |' | sort -u
    for python in 3.15.2 3.16.0a2 3.16.0; do
        rm -rf target
        uv pip install --target target --python-version "$python" -r "$2"
        echo "  $python: uv $(ls -d target/*.dist-info | sed 's|target/||; s/-.*//')," \
            "packaging $(../tools/bin/python ../choose.py "$2" "$python")"
    done
}
seen=$(
    ../tools/bin/pdm use --quiet -f ../empty/bin/python > log
    ../tools/bin/pdm lock --quiet > log 2>&1
    mv pylock.toml pylock.pdm.toml
    uv lock
    uv export --format pylock.toml --output-file pylock.uv.toml > log
    try "uv's lock" pylock.uv.toml
    try "pdm's lock" pylock.pdm.toml
)
expected="uv's lock:
  python_full_version < 3.16
  python_full_version >= 3.16
  3.15.2: uv six, packaging six
  3.16.0a2: uv toml, packaging nothing
  3.16.0: uv toml, packaging toml
pdm's lock:
  python_version < 3.16
  python_version >= 3.16
  3.15.2: uv six, packaging six
  3.16.0a2: uv toml, packaging toml
  3.16.0: uv toml, packaging toml"
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

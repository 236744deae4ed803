#!/usr/bin/env bash
# uv 0.13.9, pip 26.3 and pdm 2.29.4: one `pylock.toml`, asked for with its group `dev`, gives three tools two results.
#
# Expected: uv, pip and pdm install the same set of packages from a lock that pdm wrote.
# Found: without options they do. With a group more, they do not. In pdm's lock the project's own dependencies are a group
# too, named in `default-groups`. With `--group dev`, uv installs that group in place of the default groups: none of the
# project's dependencies is there, and the command ends without a message, where `--group` of `uv sync` adds. pip and pdm
# install both. uv needs `--group default --group dev`. A group that does not exist is not an error, for uv and pip alike: uv
# then installs nothing at all. (A lock that `uv export` made has no groups: its packages are always installed.)
# This affects who makes an image from pdm's lock with uv and wants one group more: the job starts without its packages.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
python3 -m venv tools
tools/bin/pip --quiet --disable-pip-version-check install pip==26.3 uv==0.13.9 pdm==2.29.4 hishel==1.4.0
python3 -m venv --without-pip empty
cat > pyproject.toml <<'T'
[project]
name = "job"
version = "1"
requires-python = ">=3.11"
dependencies = ["six==1.16.0"]

[dependency-groups]
dev = ["toml==0.10.2"]
T
cat > pdm.toml <<'T'
[lock]
format = "pylock"
T
pdm() { HOME=$dir PDM_CHECK_UPDATE=0 tools/bin/pdm "$@"; }
pdm use --quiet -f empty/bin/python > /dev/null
pdm lock --quiet -G :all > /dev/null 2>&1
# uv and pip get the lock alone, so that no group of pyproject.toml is meant.
mkdir alone
cp pylock.toml alone/
cd alone
names() { { ls -d target/*.dist-info 2> /dev/null || echo nothing; } | sed 's|target/||; s|-.*||' | paste -sd ' '; }
uv() {
    rm -rf target
    ../tools/bin/uv pip install --quiet --no-config --python ../empty/bin/python --target target -r pylock.toml "$@" 2>&1
    echo "uv $*: $(names)"
}
pip() {
    rm -rf target
    ../tools/bin/pip --disable-pip-version-check install --quiet --target target -r pylock.toml "$@" 2> log
    echo "pip $*: $(names)"
}
seen=$(
    grep -E '^(default-groups|marker)' pylock.toml
    uv
    uv --group dev
    uv --group default --group dev
    uv --group nonsense
    pip --group pylock.toml:dev
    pip --group pylock.toml:nonsense
    cd ..
    echo "pdm -G dev: $(pdm install -G dev --dry-run 2> /dev/null | sed -nE 's/^ +- (\w+) .*/\1/p' | sort | paste -sd ' ')"
)
expected='default-groups = ["default"]
marker = "\"default\" in dependency_groups"
marker = "\"dev\" in dependency_groups"
uv : six
uv --group dev: toml
uv --group default --group dev: six toml
uv --group nonsense: nothing
pip --group pylock.toml:dev: six toml
pip --group pylock.toml:nonsense: six
pdm -G dev: six toml'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

#!/usr/bin/env bash
# uv 0.13.9 and pip 26.3: pip installs from the standard `pylock.toml`, but not from the one that `uv export` writes.
#
# Expected: pip builds and installs the project that the lock lists as the folder ".", as uv does with the same file.
# Found: as soon as one package of the lock has a digest (each with a file must), pip wants one for the folder too, and
# refuses the whole file, before any build. That holds with `--no-editable` as well. The file has to be exported with
# `--no-emit-project`. Only a project that is itself a package has this: without the table `build-system` it is not in the
# export at all. So adding that table to `pyproject.toml` breaks an installation from the lock that worked.
# This affects who makes one lock for several installers. This project's component reads either file, and installs the
# project itself from neither.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
python3 -m venv tools
tools/bin/pip --quiet --disable-pip-version-check install pip==26.3 uv==0.13.9
mkdir -p job/src/job
cd job
touch src/job/__init__.py
cat > pyproject.toml <<'T'
[project]
name = "job"
version = "1"
requires-python = ">=3.11"
dependencies = ["six==1.16.0"]
T
names() { { ls -d target/*.dist-info 2> /dev/null || echo nothing; } | sed 's|target/||; s|-.*||' | paste -sd ' '; }
try() {
    ../tools/bin/uv export --quiet --no-config --python ../tools/bin/python --format pylock.toml --output-file pylock.toml "$@"
    echo "uv export $*: $(grep '^directory' pylock.toml || echo 'no directory')"
    rm -rf target
    ../tools/bin/uv pip install --quiet --no-config --python ../tools/bin/python --target target -r pylock.toml
    echo "  uv: $(names)"
    rm -rf target
    ../tools/bin/pip --disable-pip-version-check install --quiet --target target -r pylock.toml 2> log || true
    echo "  pip: $(names)$(sed -nE "s/^ERROR: .*(cannot be installed when requiring hashes|Can't verify hashes).*/, \1/p" log)"
}
seen=$(
    try
    cat >> pyproject.toml <<'T'

[build-system]
requires = ["setuptools==84.2.1"]
build-backend = "setuptools.build_meta"
T
    try
    try --no-editable
    try --no-emit-project
)
expected='uv export : no directory
  uv: six
  pip: six
uv export : directory = { path = ".", editable = true }
  uv: job six
  pip: nothing, cannot be installed when requiring hashes
uv export --no-editable: directory = { path = "." }
  uv: job six
  pip: nothing, Can'"'"'t verify hashes
uv export --no-emit-project: no directory
  uv: six
  pip: six'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

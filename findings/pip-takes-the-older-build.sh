#!/usr/bin/env bash
# pip 26.3, uv 0.13.9, pdm 2.29.4 and packaging 26.4: from a `pylock.toml` with two builds of one wheel, pip installs the first that
# is listed, not the newer one.
#
# Expected: a wheel's build number decides between files that are equal otherwise, as the format of wheels says. pip does so
# when it installs from an index, and uv lists every file of an index in the lock, so both install build 2.
# Found: from uv's lock uv installs build 2 and pip build 1: pip has the choice from `packaging.pylock`, which takes the first file
# of the best tag and does not look at the build number. pdm lists the builds in the other order, so from pdm's lock pip installs
# build 2. `pip lock` writes build 2 alone. No tool prints anything, and each digest is right.
# This affects who publishes a wheel again under a build number because the first one was broken: pip still installs that one
# from a lock that was made afterwards. This project's component takes the highest build number.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
python3 -m venv tools
tools/bin/pip --quiet --disable-pip-version-check install \
    pip==26.3 uv==0.13.9 pdm==2.29.4 hishel==1.4.0 packaging==26.4 wheel==0.48.0
python3 -m venv --without-pip empty
export HOME=$dir PDM_CHECK_UPDATE=0 PIP_DISABLE_PIP_VERSION_CHECK=1
mkdir -p flat job demo/demo-1.0.dist-info
printf 'Wheel-Version: 1.0\nGenerator: finding\nRoot-Is-Purelib: true\nTag: py3-none-any\n' > demo/demo-1.0.dist-info/WHEEL
printf 'Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n' > demo/demo-1.0.dist-info/METADATA
for build in 1 2; do
    echo "print('build $build')" > demo/demo.py
    tools/bin/wheel pack --build-number "$build" --dest-dir flat demo > log
done
cd job
cat > pyproject.toml <<T
[project]
name = "job"
version = "1"
requires-python = ">=3.11"
dependencies = ["demo==1.0"]

[tool.uv]
no-index = true
find-links = ["../flat"]

[[tool.pdm.source]]
name = "pypi"
type = "find_links"
url = "file://$dir/flat"
T
printf '[lock]\nformat = "pylock"\n' > pdm.toml
uv() { ../tools/bin/uv "$@" --quiet --no-cache --python ../tools/bin/python 2> log; }
installed() { ../tools/bin/python target/demo.py; rm -r target; }
try() {
    echo "$1 lists: $(grep -oE 'demo-1.0-[0-9]-' "$2" | uniq | cut -d- -f3 | paste -sd ' ')"
    uv pip install --target target -r "$2"
    echo "  uv: $(installed)"
    ../tools/bin/pip install --quiet --target target -r "$2" 2> log
    echo "  pip: $(installed)"
    echo "  packaging: $(../tools/bin/python ../choose.py "$2")"
}
cat > ../choose.py <<'P'
import sys
import tomllib

from packaging.pylock import Pylock

[(_, wheel)] = Pylock.from_dict(tomllib.load(open(sys.argv[1], "rb"))).select()
print("build", wheel.filename.split("-")[2])
P
seen=$(
    ../tools/bin/pip install --quiet --target target --no-index --find-links ../flat demo
    echo "pip, from the index: $(installed)"
    uv lock
    uv export --format pylock.toml --output-file pylock.uv.toml > log
    ../tools/bin/pip lock --quiet --no-index --find-links ../flat --output pylock.pip.toml demo 2> log
    ../tools/bin/pdm use --quiet -f ../empty/bin/python > log
    ../tools/bin/pdm lock --quiet > log 2>&1
    mv pylock.toml pylock.pdm.toml
    try "uv's lock" pylock.uv.toml
    try "pdm's lock" pylock.pdm.toml
    try "pip's lock" pylock.pip.toml
)
expected="pip, from the index: build 2
uv's lock lists: 1 2
  uv: build 2
  pip: build 1
  packaging: build 1
pdm's lock lists: 2 1
  uv: build 2
  pip: build 2
  packaging: build 2
pip's lock lists: 2
  uv: build 2
  pip: build 2
  packaging: build 2"
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

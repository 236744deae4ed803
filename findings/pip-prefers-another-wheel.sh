#!/usr/bin/env bash
# pip 26.2 and 26.3, uv 0.13.9, pdm 2.29.4: the newest pip takes `linux_x86_64` before `manylinux_2_17_x86_64`, the others after it.
#
# Expected: if an index has both wheels of one version, each of these installers takes the one for manylinux, as pip 23 to 26.2 do.
# A step from 26.2 to 26.3 does not change which file is installed.
# Found: pip 26.3 takes the wheel for `linux`, from an index and from a lock that lists both, and 26.2 takes the other one, like uv
# and pdm. No tool prints that there was a choice. Both digests are in the lock, so a comparison of digests finds nothing.
# This affects who keeps wheels of their own beside those that were repaired for manylinux: the tag `linux` says nothing about
# glibc, so a wheel from a newer machine now goes into an image with an older one, and fails when it is imported. This project's
# component takes the wheel for manylinux.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
machine=$(uname -m)
export HOME=$dir PDM_CHECK_UPDATE=0 PIP_DISABLE_PIP_VERSION_CHECK=1
for version in 26.2 26.3; do
    python3 -m venv "pip-$version"
    "pip-$version/bin/pip" --quiet install "pip==$version"
done
python3 -m venv tools
tools/bin/pip --quiet install uv==0.13.9 pdm==2.29.4 hishel==1.4.0 wheel==0.48.0
python3 -m venv --without-pip empty
mkdir -p flat job demo/demo-1.0.dist-info
printf 'Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n' > demo/demo-1.0.dist-info/METADATA
for platform in linux manylinux_2_17; do
    echo "print('$platform')" > demo/demo.py
    printf 'Wheel-Version: 1.0\nGenerator: finding\nRoot-Is-Purelib: false\nTag: py3-none-%s\n' "${platform}_$machine" \
        > demo/demo-1.0.dist-info/WHEEL
    tools/bin/wheel pack --dest-dir flat demo > log
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
uv() { ../tools/bin/uv "$@" --quiet --no-cache --python ../tools/bin/python 2> log; }
installed() { ../tools/bin/python target/demo.py; rm -r target; }
seen=$(
    for version in 26.2 26.3; do
        "../pip-$version/bin/pip" install --quiet --target target --no-index --find-links ../flat demo
        echo "pip $version, from the index: $(installed)"
    done
    uv pip install --target target --no-index --find-links ../flat demo
    echo "uv, from the index: $(installed)"
    uv lock
    uv export --format pylock.toml --output-file pylock.toml > log
    echo "uv's lock lists: $(grep -oE "(many)?linux[0-9_]*_$machine.whl" pylock.toml | sort -u | sed "s/_$machine.whl//" | paste -sd ' ')"
    for version in 26.2 26.3; do
        "../pip-$version/bin/pip" install --quiet --target target -r pylock.toml 2> log
        echo "pip $version, from the lock: $(installed)"
    done
    uv pip install --target target -r pylock.toml
    echo "uv, from the lock: $(installed)"
    ../tools/bin/pdm use --quiet -f ../empty/bin/python > log
    ../tools/bin/pdm lock --quiet > log 2>&1
    ../tools/bin/pdm sync --quiet > log 2>&1
    echo "pdm, from its own lock: $(../empty/bin/python -c 'import demo')"
)
expected="pip 26.2, from the index: manylinux_2_17
pip 26.3, from the index: linux
uv, from the index: manylinux_2_17
uv's lock lists: linux manylinux_2_17
pip 26.2, from the lock: manylinux_2_17
pip 26.3, from the lock: linux
uv, from the lock: manylinux_2_17
pdm, from its own lock: manylinux_2_17"
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

#!/usr/bin/env bash
# uv 0.13.9, pip 26.3 and build 1.6.1: beside a `PYTHONPATH`, uv builds a wheel with another version than the pinned one.
#
# Expected: an isolated build takes its backend from the environment that was made for it: the version that
# `build-system.requires` pins, whatever lies in a folder of `PYTHONPATH`. `uv pip list` does not even look there.
# Found: uv makes that environment, installs the pinned setuptools 84.2.1 into it, and then runs the older 70.0.0 from the
# folder of `PYTHONPATH`, which comes first in `sys.path`. It ends without a message. Only the metadata show it: 70.0.0
# writes 2.1, and 84.2.1 writes 2.4. A project that needs a newer feature fails, with an error about its own
# `pyproject.toml`. pip and build shield the build from the variable.
# This affects images whose packages stand in a folder of `PYTHONPATH`, when something is built inside: `uv build`, or
# `uv pip install` of a source distribution.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
python3 -m venv tools
tools/bin/pip --quiet --disable-pip-version-check install pip==26.3 uv==0.13.9 build==1.6.1
tools/bin/pip --quiet --disable-pip-version-check install --target layer setuptools==70.0.0
mkdir job
cat > job/pyproject.toml <<'T'
[build-system]
requires = ["setuptools==84.2.1"]
build-backend = "setuptools.build_meta"

[project]
name = "job"
version = "1"
dynamic = ["description"]

[tool.setuptools]
packages = []
T
cat > job/setup.py <<'P'
import setuptools

setuptools.setup(description="built with setuptools " + setuptools.__version__)
P
cat > shown.py <<'P'
import glob
import zipfile

[wheel] = glob.glob("out/*.whl")
text = zipfile.ZipFile(wheel).read("job-1.dist-info/METADATA").decode()
lines = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
print(f"{lines['Summary']}, metadata {lines['Metadata-Version']}")
P
try() {
    rm -rf out job/build job/*.egg-info
    "${@:2}" > log 2>&1
    echo "$1: $(env -u PYTHONPATH tools/bin/python shown.py)"
}
uv=(tools/bin/uv build --no-config --wheel --python tools/bin/python --out-dir out job)
export PYTHONPATH=$dir/layer
seen=$(
    try pip tools/bin/pip --disable-pip-version-check wheel --no-deps --wheel-dir out ./job
    try build tools/bin/python -m build --wheel --outdir out job
    try uv "${uv[@]}"
    try 'uv without PYTHONPATH' env -u PYTHONPATH "${uv[@]}"
    echo "uv pip list: $(tools/bin/uv pip list --quiet --no-config --python tools/bin/python | grep -c '^setuptools *70' || true) of 70.0.0"
)
expected='pip: built with setuptools 84.2.1, metadata 2.4
build: built with setuptools 84.2.1, metadata 2.4
uv: built with setuptools 70.0.0, metadata 2.1
uv without PYTHONPATH: built with setuptools 84.2.1, metadata 2.4
uv pip list: 0 of 70.0.0'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

#!/usr/bin/env bash
# uv 0.13.9, pip 26.3 and pdm 2.29.4: uv's lock holds a release for other versions of Python, and nothing in it says so.
#
# Expected: uv locks the release that pip locks, and what `uv export` writes is a lock that pip accepts.
# Found: a project for Python 3.11 or later needs `dataclasses`. pip and pdm lock 0.6. uv locks 0.8, which is for Python 3.6
# alone: its documentation says that it ignores upper bounds in `Requires-Python`. `pylock.toml` has a key for that range at
# each package; pdm writes it, and uv does not. uv installs 0.8 without a message, and both checks are content. pip refuses
# the same file, by the metadata inside the wheel. In a virtual environment nobody notices, since the standard library's
# module comes first there. A folder of `PYTHONPATH` comes before it, and the old module replaces the new one.
# This affects projects that move packages from a virtual environment into a folder of `PYTHONPATH`, as this one does, and
# readers of locks that have no wheel at hand: they cannot tell that a package is for another Python.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
python3 -m venv tools
tools/bin/pip --quiet --disable-pip-version-check install pip==26.3 uv==0.13.9 pdm==2.29.4 hishel==1.4.0
python3 -m venv --without-pip environment
mkdir job
cd job
cat > pyproject.toml <<'T'
[project]
name = "job"
version = "1"
requires-python = ">=3.11"
dependencies = ["dataclasses", "six==1.16.0"]
T
cat > app.py <<'P'
import dataclasses


@dataclasses.dataclass(slots=True)
class Point:
    x: int


print(Point(1))
P
uv() { ../tools/bin/uv "$@" --no-config --python ../environment/bin/python 2> log; }
pip() { ../tools/bin/pip --disable-pip-version-check "$@" 2>> log; }
cat > locked.py <<'P'
import sys
import tomllib

lock = tomllib.load(open(sys.argv[1], "rb"))
packages = {package["name"]: package for package in lock.get("package", lock.get("packages"))}
ranged = [name for name in ("dataclasses", "six") if "requires-python" in packages.get(name, {})]
print(f"{packages['dataclasses']['version']}, with the range of {' '.join(ranged) or 'none'}")
P
locked() { ../environment/bin/python locked.py "$@"; }
pdm() { HOME=$dir PDM_CHECK_UPDATE=0 ../tools/bin/pdm "$@" > /dev/null 2>> log; }
seen=$(
    pip lock --quiet --output pylock.pip.toml dataclasses
    echo "pip lock: $(locked pylock.pip.toml)"
    pdm use --quiet -f ../environment/bin/python
    pdm lock --quiet
    pdm export --format pylock --output pylock.pdm.toml
    echo "pdm export: $(locked pylock.pdm.toml)"
    uv lock --quiet
    uv export --quiet --format pylock.toml --output-file pylock.toml
    echo "uv export: $(locked pylock.toml)"
    pip install --quiet --target unused -r pylock.toml || echo "pip, uv's lock: $(sed -n 's/^ERROR: //p' log)"
    uv pip install --quiet -r pylock.toml
    uv pip check
    echo "uv pip check: $(tail -n 1 log)"
    echo "pip check: $(pip --python ../environment/bin/python check)"
    echo "in the environment: $(../environment/bin/python app.py)"
    uv pip install --quiet --target layer -r pylock.toml
    echo "in PYTHONPATH: $(PYTHONPATH=layer ../environment/bin/python app.py 2>&1 | tail -n 1)"
)
python=$(../environment/bin/python -c 'import platform; print(platform.python_version())')
expected="pip lock: 0.6, with the range of none
pdm export: 0.6, with the range of six
uv export: 0.8, with the range of none
pip, uv's lock: Package 'dataclasses' requires a different Python: $python not in '<3.7,>=3.6'
uv pip check: All installed packages are compatible
pip check: No broken requirements found.
in the environment: Point(x=1)
in PYTHONPATH: TypeError: dataclass() got an unexpected keyword argument 'slots'"
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

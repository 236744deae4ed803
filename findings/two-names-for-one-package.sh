#!/usr/bin/env bash
# uv 0.13.9, cyclonedx-bom 7.5.0, packageurl-python 0.17.6: a package with a dot in its name is two packages in two bills of materials.
#
# Expected: a package URL (purl) identifies a package, whoever writes it, since the names of PyPI have one normal form. The bill that
# `uv export` writes for a lock and the bill of the environment that was installed from this lock have the same purls.
# Found: for `ruamel.yaml` uv writes `pkg:pypi/ruamel-yaml` and cyclonedx-py writes `pkg:pypi/ruamel.yaml`. PyPI's normal form
# replaces dots, and purl's definition of the type `pypi` speaks of letter case and underscores alone. So each tool follows one of
# two standards, and purl's own library keeps the two apart. An underscore or a capital letter makes no difference.
# This affects who merges bills, or compares one with a list of packages by purl: the package is there twice, or it is missing.
# This project's bills have PyPI's normal form, as uv's.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
python3 -m venv tools
tools/bin/pip --quiet --disable-pip-version-check install uv==0.13.9 cyclonedx-bom==7.5.0 packageurl-python==0.17.6
python3 -m venv --without-pip environment
mkdir job
cd job
cat > pyproject.toml <<'T'
[project]
name = "job"
version = "1"
requires-python = ">=3.11"
dependencies = ["ruamel.yaml==0.19.1", "backports.tarfile==1.2.0", "typing_extensions==4.16.0", "Jinja2==3.1.6"]
T
uv() { ../tools/bin/uv "$@" --quiet --no-config --python ../environment/bin/python; }
cat > compare.py <<'P'
import json

from packageurl import PackageURL

purls = {}
for name in "uv", "cyclonedx-py":
    components = json.load(open(name + ".json"))["components"]
    purls[name] = {PackageURL.from_string(component["purl"]) for component in components}
print("both:", *sorted(map(str, purls["uv"] & purls["cyclonedx-py"])))
print("only uv:", *sorted(map(str, purls["uv"] - purls["cyclonedx-py"])))
print("only cyclonedx-py:", *sorted(map(str, purls["cyclonedx-py"] - purls["uv"])))
P
seen=$(
    uv lock
    uv export --format cyclonedx1.5 --preview-features sbom-export --output-file uv.json > log
    uv pip install -r <(uv export --no-hashes)
    ../tools/bin/cyclonedx-py environment --output-file cyclonedx-py.json ../environment/bin/python 2> log
    ../tools/bin/python compare.py | sed -E 's/(markupsafe)@[0-9.]+/\1/'
)
expected='both: pkg:pypi/jinja2@3.1.6 pkg:pypi/markupsafe pkg:pypi/typing-extensions@4.16.0
only uv: pkg:pypi/backports-tarfile@1.2.0 pkg:pypi/ruamel-yaml@0.19.1
only cyclonedx-py: pkg:pypi/backports.tarfile@1.2.0 pkg:pypi/ruamel.yaml@0.19.1'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

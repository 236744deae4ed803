#!/usr/bin/env bash
# pip 26.3, uv 0.13.9 and pdm 2.29.4: pip refuses a lock because of an archive that it would not have used.
#
# Expected: a package has a wheel and a source distribution. Whoever installs from the lock takes the wheel, so the archive
# beside it does not matter, as it does not when pip installs from the same index.
# Found: if the archive ends with `.tar.bz2`, as several releases before the rule for `.tar.gz` do, uv and pdm write it into
# `pylock.toml`, and pip refuses the file as a whole: "Invalid sdist filename". No package of the lock is installed then, for
# the sake of one that has its wheel. In the index pip passes over such an archive and installs the wheel. uv installs from
# both locks. An archive `.zip` beside the wheel is fine for all.
# This affects locks with an old package in them. This project's component takes the wheel and does not read the archive's
# name.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
export HOME=$dir PDM_CHECK_UPDATE=0 PIP_DISABLE_PIP_VERSION_CHECK=1
python3 -m venv tools
tools/bin/pip --quiet install pip==26.3 uv==0.13.9 pdm==2.29.4 hishel==1.4.0 setuptools==84.2.1 wheel==0.48.0
python3 -m venv --without-pip empty
mkdir -p packed/demo-1.0 zip tar.bz2 job
cat > packed/demo-1.0/pyproject.toml <<'T'
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "demo"
version = "1.0"

[tool.setuptools]
packages = []
T
printf 'Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n' > packed/demo-1.0/PKG-INFO
(
    cd packed
    tar -cjf ../tar.bz2/demo-1.0.tar.bz2 demo-1.0
    ../tools/bin/python -m zipfile -c ../zip/demo-1.0.zip demo-1.0
)
for kind in zip tar.bz2; do
    tools/bin/pip wheel --quiet --no-build-isolation --no-index --wheel-dir "$kind" packed/demo-1.0 2> log
done
cd job
install() {
    local name=$1
    shift
    rm -rf target
    if "$@" > log 2>&1; then
        echo "$name: $(ls -d target/*.dist-info | sed 's|target/||; s|-.*||' | paste -sd ' ')"
    else
        echo "$name: $(grep -oE 'Invalid sdist filename.*' log)"
    fi
}
uv=(../tools/bin/uv pip install --quiet --no-config --no-cache --python ../tools/bin/python --target target)
pip=(../tools/bin/pip install --quiet --target target)
seen=$(
    for kind in zip tar.bz2; do
        rm -rf ./*
        cat > pyproject.toml <<T
[project]
name = "job"
version = "1"
requires-python = ">=3.11"
dependencies = ["demo==1.0"]

[tool.uv]
no-index = true
find-links = ["../$kind"]

[[tool.pdm.source]]
name = "pypi"
type = "find_links"
url = "file://$dir/$kind"
T
        ../tools/bin/uv lock --quiet --no-cache --python ../empty/bin/python
        ../tools/bin/uv export --quiet --no-cache --python ../empty/bin/python \
            --format pylock.toml --output-file pylock.uv.toml > log
        ../tools/bin/pdm use --quiet -f ../empty/bin/python > log 2>&1
        ../tools/bin/pdm lock --quiet > log 2>&1
        ../tools/bin/pdm export --format pylock --output pylock.pdm.toml > log 2>&1
        install "$kind, pip, from the index" "${pip[@]}" --no-index --find-links "../$kind" demo
        for lock in uv pdm; do
            install "$kind, pip, from the lock by $lock" "${pip[@]}" -r "pylock.$lock.toml"
            install "$kind, uv, from the lock by $lock" "${uv[@]}" -r "pylock.$lock.toml"
        done
    done
)
expected="zip, pip, from the index: demo
zip, pip, from the lock by uv: demo
zip, uv, from the lock by uv: demo
zip, pip, from the lock by pdm: demo
zip, uv, from the lock by pdm: demo
tar.bz2, pip, from the index: demo
tar.bz2, pip, from the lock by uv: Invalid sdist filename 'demo-1.0.tar.bz2' in 'packages[0].sdist'
tar.bz2, uv, from the lock by uv: demo
tar.bz2, pip, from the lock by pdm: Invalid sdist filename 'demo-1.0.tar.bz2' in 'packages[0].sdist'
tar.bz2, uv, from the lock by pdm: demo"
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

#!/usr/bin/env bash
# pip 26.3 and uv 0.13.9: a comment that ends with a backslash takes the next requirement away from pip, and not from uv.
#
# Expected: a comment ends with its line, so `six==1.16.0  # from C:\wheels\` and a line `toml==0.10.2` are two requirements.
# Found: uv installs both. pip joins the lines first and leaves out comments then, so `toml` is a part of the comment: it is
# not installed, pip ends with status 0, and nothing says so. A comment that has a line to itself is one to both.
# This affects who notes a folder of Windows behind a requirement, or leaves the backslash there when a digest is removed.
# This project's component refuses such a line, since its readers do not agree.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
python3 -m venv tools
tools/bin/pip --quiet --disable-pip-version-check install pip==26.3 uv==0.13.9
printf '%s\n' 'six==1.16.0  # from C:\wheels\' 'toml==0.10.2' > behind.txt
printf '%s\n' 'six==1.16.0' '# from C:\wheels\' 'toml==0.10.2' > alone.txt
names() { { ls -d target/*.dist-info 2> /dev/null || echo nothing; } | sed 's|target/||; s|-.*||' | paste -sd ' '; }
seen=$(
    for file in behind alone; do
        rm -rf target
        status=0
        tools/bin/pip --disable-pip-version-check install --quiet --target target -r "$file.txt" 2> log || status=$?
        echo "$file, pip: $(names), status $status"
        rm -rf target
        status=0
        tools/bin/uv pip install --quiet --no-config --python tools/bin/python --target target -r "$file.txt" 2> log || status=$?
        echo "$file, uv: $(names), status $status"
    done
)
expected='behind, pip: six, status 0
behind, uv: six toml, status 0
alone, pip: six toml, status 0
alone, uv: six toml, status 0'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

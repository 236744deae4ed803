#!/usr/bin/env bash
# uv 0.13.9, pip 26.3 and pdm 2.29.4: the same date as a limit on uploads is another day, depending on the tool.
#
# Expected: `uv --exclude-newer 2026-06-17`, `pip --uploaded-prior-to 2026-06-17` and `pdm lock --exclude-newer 2026-06-17`
# take the same releases, since all three leave out what was uploaded from that date on.
# Found: for uv the date is the end of that day, and for pip and pdm its beginning. certifi was released at noon of that day:
# uv takes this release, and the two others take the one before. uv writes what it made of the date into `uv.lock`: the next
# day. And the day is the one of the machine's time zone for uv and pip, and of UTC for pdm: with one and the same date a
# machine in another time zone takes another release, with uv and with pip. A time in full, with a zone, is the same for all
# three.
# This affects who keeps young releases out of an image by a date, and compares the result of one tool or one machine with
# another's.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
python3 -m venv tools
tools/bin/pip --quiet --disable-pip-version-check install pip==26.3 uv==0.13.9 pdm==2.29.4 hishel==1.4.0
python3 -m venv --without-pip empty
export HOME=$dir PDM_CHECK_UPDATE=0 PIP_DISABLE_PIP_VERSION_CHECK=1
mkdir job
cd job
cat > pyproject.toml <<'T'
[project]
name = "job"
version = "1"
requires-python = ">=3.11"
dependencies = ["certifi"]
T
../tools/bin/pdm use --quiet -f ../empty/bin/python > log 2>&1
locked() { grep -A 1 '^name = "certifi"' "$1" | sed -n 's/^version = "\(.*\)"/\1/p'; }
try() {
    local limit=$1
    rm -f uv.lock pdm.lock
    export TZ=$2
    ../tools/bin/uv lock --quiet --no-config --python ../empty/bin/python --exclude-newer "$limit"
    echo "uv, $limit, $TZ: $(locked uv.lock), limit $(sed -n 's/^exclude-newer = "\(.*\)"/\1/p' uv.lock)"
    ../tools/bin/pip lock --quiet --output pylock.toml --uploaded-prior-to "$limit" certifi 2> log
    echo "pip, $limit, $TZ: $(locked pylock.toml)"
    ../tools/bin/pdm lock --quiet --exclude-newer "$limit" > log 2>&1
    echo "pdm, $limit, $TZ: $(locked pdm.lock)"
}
seen=$(
    # The releases: 2026.5.20; 2026.6.17 on that day at 10:31 UTC; 2026.7.22 on that day at 03:35 UTC.
    try 2026-06-17 UTC
    try 2026-06-17T00:00:00Z UTC
    try 2026-07-21 America/Los_Angeles
    try 2026-07-22 America/Los_Angeles
    try 2026-07-22 UTC
)
expected='uv, 2026-06-17, UTC: 2026.6.17, limit 2026-06-18T00:00:00Z
pip, 2026-06-17, UTC: 2026.5.20
pdm, 2026-06-17, UTC: 2026.5.20
uv, 2026-06-17T00:00:00Z, UTC: 2026.5.20, limit 2026-06-17T00:00:00Z
pip, 2026-06-17T00:00:00Z, UTC: 2026.5.20
pdm, 2026-06-17T00:00:00Z, UTC: 2026.5.20
uv, 2026-07-21, America/Los_Angeles: 2026.7.22, limit 2026-07-22T07:00:00Z
pip, 2026-07-21, America/Los_Angeles: 2026.6.17
pdm, 2026-07-21, America/Los_Angeles: 2026.6.17
uv, 2026-07-22, America/Los_Angeles: 2026.7.22, limit 2026-07-23T07:00:00Z
pip, 2026-07-22, America/Los_Angeles: 2026.7.22
pdm, 2026-07-22, America/Los_Angeles: 2026.6.17
uv, 2026-07-22, UTC: 2026.7.22, limit 2026-07-23T00:00:00Z
pip, 2026-07-22, UTC: 2026.6.17
pdm, 2026-07-22, UTC: 2026.6.17'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

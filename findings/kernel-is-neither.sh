#!/usr/bin/env bash
# pip 26.3 and uv 0.13.9: for a kernel of Ubuntu a marker on its release and the opposite marker are both false to pip.
#
# Expected: `platform_release >= "5.10"` or `platform_release < "5.10"` holds, since each release is one or the other, and pip
# and uv agree on which.
# Found: for the release `6.8.0-45-generic` pip installs neither of the two packages, nor one for `==`, nor one for `!=`,
# without a message. The release is not a version as Python has them, and packaging says of any comparison with such a text
# that it is false. uv compares it as text: it installs the packages for `>=` and `!=`. For `6.8.0`, a kernel from its source,
# both install the same. pip 25.0 ends with an error for the release of Ubuntu.
# This affects projects with a package for newer kernels, and readers of their locks: what is installed depends on the name
# that a distribution gives its kernel. This project's component knows no kernel: such a marker with `>=` is false to it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
export PIP_DISABLE_PIP_VERSION_CHECK=1
python3 -m venv old
old/bin/pip --quiet install pip==25.0
python3 -m venv tools
tools/bin/pip --quiet install pip==26.3 uv==0.13.9
# The release that Python reports is the variable KERNEL, in both environments.
for environment in old tools; do
    echo "import os, platform; platform.release = lambda: os.environ['KERNEL']" \
        > "$(echo "$environment"/lib/python3*/site-packages)/kernel.pth"
done
cat > requirements.txt <<'T'
six==1.16.0 ; platform_release >= "5.10"
toml==0.10.2 ; platform_release < "5.10"
certifi==2026.6.17 ; platform_release == "5.10"
idna==3.10 ; platform_release != "5.10"
T
names() { { ls -d target/*.dist-info 2> /dev/null || echo nothing; } | sed 's|target/||; s|-.*||' | paste -sd ' '; }
seen=$(
    for KERNEL in 6.8.0 6.8.0-45-generic; do
        export KERNEL
        rm -rf target
        old/bin/pip install --quiet --target target -r requirements.txt 2> log || true
        echo "$KERNEL, pip 25.0: $(names)$(sed -nE "s/.*(Invalid version: '[^']*').*/, \1/p" log | tail -n 1)"
        rm -rf target
        tools/bin/pip install --quiet --target target -r requirements.txt 2> log
        echo "$KERNEL, pip 26.3: $(names)"
        rm -rf target
        tools/bin/uv pip install --quiet --no-config --no-cache --python tools/bin/python --target target -r requirements.txt
        echo "$KERNEL, uv: $(names)"
    done
)
expected="6.8.0, pip 25.0: idna six
6.8.0, pip 26.3: idna six
6.8.0, uv: idna six
6.8.0-45-generic, pip 25.0: nothing, Invalid version: '6.8.0-45-generic'
6.8.0-45-generic, pip 26.3: nothing
6.8.0-45-generic, uv: idna six"
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

#!/usr/bin/env bash
# uv 0.13.9 and pip 26.3: uv refuses a source distribution that tar packed with a hole in a file, and pip installs it.
#
# Expected: uv builds what pip builds. Both read a tar file in the format of POSIX, whose extended headers a reader ignores if it
# does not know them.
# Found: uv refuses the whole archive for the name of one key of an extended header: "pax vendor extension GNU.sparse.major is not
# allowed". GNU tar writes it with `--sparse`, and bsdtar, which is the tar of macOS, writes it without an option for each file
# that has a hole on the disk. The same happens for a key that only describes a file: for `RHT.security.selinux`, which
# `tar --selinux` adds, and for a key that nobody knows. uv 0.12.0 installs the last two.
# This affects who packs an archive by tar and not by a build tool: the same files pass or fail by the disk that they lay on.
# Python's own build tools write no such keys.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
python3 -m venv tools
tools/bin/pip --quiet --disable-pip-version-check install pip==26.3 uv==0.13.9
mkdir -p packed/demo-1.0
cat > packed/demo-1.0/pyproject.toml <<'T'
[build-system]
requires = ["setuptools==84.2.1"]
build-backend = "setuptools.build_meta"

[project]
name = "demo"
version = "1.0"

[tool.setuptools]
packages = ["demo"]
package-data = { demo = ["table"] }
T
printf 'Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n' > packed/demo-1.0/PKG-INFO
mkdir packed/demo-1.0/demo
echo > packed/demo-1.0/demo/__init__.py
# A table of 2 MiB that has two numbers. A hole reads as zeros.
printf 1 > packed/demo-1.0/demo/table
printf 2 | dd of=packed/demo-1.0/demo/table bs=1 seek=1048576 conv=notrunc status=none
truncate --size 2097152 packed/demo-1.0/demo/table
digest=$(sha256sum < packed/demo-1.0/demo/table)
cat > note.py <<'P'
import sys
import tarfile

with tarfile.open(sys.argv[1], "w:gz", format=tarfile.PAX_FORMAT) as archive:
    def noted(member):
        member.pax_headers = {sys.argv[2]: "note"}
        return member
    archive.add("packed/demo-1.0", "demo-1.0", filter=noted)
P
try() {
    echo "$1:"
    rm -rf target
    tools/bin/pip --disable-pip-version-check install --quiet --target target "$2"
    if [ "$(sha256sum < target/demo/table)" = "$digest" ]; then echo "  pip: installed, the same bytes"; fi
    rm -rf target
    if tools/bin/uv pip install --quiet --no-config --no-cache --python tools/bin/python --target target "$2" 2> log; then
        if [ "$(sha256sum < target/demo/table)" = "$digest" ]; then echo "  uv: installed, the same bytes"; fi
    else
        echo "  uv: $(grep -oE 'pax vendor extension .*' log)"
    fi
}
seen=$(
    mkdir plain gnu noted
    tar -C packed --format=posix -czf plain/demo-1.0.tar.gz demo-1.0
    try "tar --format=posix" plain/demo-1.0.tar.gz
    tar -C packed --format=posix --sparse -czf gnu/demo-1.0.tar.gz demo-1.0
    try "tar --format=posix --sparse" gnu/demo-1.0.tar.gz
    tools/bin/python note.py noted/demo-1.0.tar.gz RHT.security.selinux
    try "a key RHT.security.selinux" noted/demo-1.0.tar.gz
    tools/bin/python note.py noted/demo-1.0.tar.gz EXAMPLE.note
    try "a key EXAMPLE.note" noted/demo-1.0.tar.gz
)
expected='tar --format=posix:
  pip: installed, the same bytes
  uv: installed, the same bytes
tar --format=posix --sparse:
  pip: installed, the same bytes
  uv: pax vendor extension GNU.sparse.major is not allowed
a key RHT.security.selinux:
  pip: installed, the same bytes
  uv: pax vendor extension RHT.security.selinux is not allowed
a key EXAMPLE.note:
  pip: installed, the same bytes
  uv: pax vendor extension EXAMPLE.note is not allowed'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

#!/usr/bin/env bash
# uv 0.13.9, pip 26.3 and Go's archive/zip: the same wheel is installed by uv from one server and refused from another.
#
# Expected: if uv installs a wheel, it does so wherever the wheel comes from. Whether a server knows ranges decides how many
# bytes are sent, and not whether the file is valid.
# Found: a wheel whose files are not compressed, and were written one after the other, has the sizes behind the files. uv
# installs it from a folder, and from an index whose server knows ranges. From an index whose server does not, uv refuses it:
# "Failed to read from zip file". pip installs it from all three. Compressed, the same files are installed from everywhere by
# both. Go's archive/zip puts the sizes behind every file, also on a disk.
# This affects who packs wheels by a program of their own, and tries them with one index and serves them by another: a plain
# file server or a cache between. This project's host reads both kinds of wheels.
set -euo pipefail
dir=$(mktemp -d)
trap '[ -z "${server_PID:-}" ] || kill "$server_PID"; chmod -R u+w "$dir"; rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
python3 -m venv tools
tools/bin/pip --quiet --disable-pip-version-check install pip==26.3 uv==0.13.9
mkdir pack
cat > pack/go.mod <<'M'
module finding

go 1.24
M
cat > pack/main.go <<'G'
package main

import (
	"archive/zip"
	"log"
	"os"
)

// Packs a wheel in which each file has a line and is written by the method that is given.
func main() {
	out, err := os.Create(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	method := map[string]uint16{"stored": zip.Store, "compressed": zip.Deflate}[os.Args[2]]
	writer := zip.NewWriter(out)
	for _, file := range [][2]string{
		{"demo.py", "print('demo')\n"},
		{"demo-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"},
		{"demo-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: finding\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
		{"demo-1.0.dist-info/RECORD", "demo.py,,\ndemo-1.0.dist-info/METADATA,,\n" +
			"demo-1.0.dist-info/WHEEL,,\ndemo-1.0.dist-info/RECORD,,\n"},
	} {
		entry, err := writer.CreateHeader(&zip.FileHeader{Name: file[0], Method: method})
		if err != nil {
			log.Fatal(err)
		}
		if _, err := entry.Write([]byte(file[1])); err != nil {
			log.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		log.Fatal(err)
	}
}
G
(
    export HOME=$dir GOPATH=$dir/go GOCACHE=$dir/cache
    cd pack
    go build -o ../packs .
)
for kind in stored compressed; do
    mkdir -p "$kind/demo"
    ./packs "$kind/demo/demo-1.0-py3-none-any.whl" "$kind"
done
cat > serve.py <<'P'
import http.server
import pathlib
import re


class Index(http.server.BaseHTTPRequestHandler):
    """Serves /KIND/SERVER/demo/ and the wheel in it. If SERVER is `ranges`, it knows ranges."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        kind, server, _, name = self.path[1:].split("/")
        wheel = pathlib.Path(kind, "demo", "demo-1.0-py3-none-any.whl")
        content = wheel.read_bytes() if name else f'<a href="{wheel.name}">{wheel.name}</a>'.encode()
        size = len(content)
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        ranges = server == "ranges" and name
        if ranges and asked:
            start = int(asked[1]) if asked[1] else max(0, size - int(asked[2]))
            end = min(int(asked[2]), size - 1) if asked[1] and asked[2] else size - 1
            content = content[start : end + 1]
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{end}/{size}")
        else:
            self.send_response(200)
        if ranges:
            self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Type", "application/octet-stream" if name else "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    do_HEAD = do_GET


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
print(server.server_port, flush=True)
server.serve_forever()
P
coproc server { exec tools/bin/python serve.py; }
read -r port <&"${server[0]}"
try() {
    local kind=$1 from=$2
    shift 2
    rm -rf target
    if tools/bin/pip --disable-pip-version-check install --quiet --no-cache-dir --target target "$@" demo 2> log; then
        echo "$kind, $from, pip: installed"
    fi
    rm -rf target
    if tools/bin/uv pip install --quiet --no-config --no-cache --python tools/bin/python --target target "$@" demo 2> log; then
        echo "$kind, $from, uv: installed"
    else
        echo "$kind, $from, uv: $(grep -o 'Failed to read from zip file' log)"
    fi
}
seen=$(
    for kind in stored compressed; do
        try "$kind" folder --no-index --find-links "$kind/demo"
        try "$kind" ranges --index-url "http://127.0.0.1:$port/$kind/ranges/"
        try "$kind" "no ranges" --index-url "http://127.0.0.1:$port/$kind/plain/"
    done
)
expected='stored, folder, pip: installed
stored, folder, uv: installed
stored, ranges, pip: installed
stored, ranges, uv: installed
stored, no ranges, pip: installed
stored, no ranges, uv: Failed to read from zip file
compressed, folder, pip: installed
compressed, folder, uv: installed
compressed, ranges, pip: installed
compressed, ranges, uv: installed
compressed, no ranges, pip: installed
compressed, no ranges, uv: installed'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }

"""Prepares wheels for `bench packages`.

    wheels.py metadata OUT WHEEL...        writes METADATA of each wheel to OUT/<file>.metadata, as an index serves it
    wheels.py make OUT NAME VERSION BYTES  writes a wheel with one member of this size, which packs to a half
"""

import base64
import hashlib
import os
import random
import sys
import zipfile

PIECE = 1 << 20


def metadata(out, wheels):
    for path in wheels:
        with zipfile.ZipFile(path) as archive:
            names = [n for n in archive.namelist() if n.count("/") == 1 and n.endswith(".dist-info/METADATA")]
            content = archive.read(names[0])
        with open(os.path.join(out, os.path.basename(path) + ".metadata"), "wb") as file:
            file.write(content)


def digest(content):
    return "sha256=" + base64.urlsafe_b64encode(content.digest()).rstrip(b"=").decode()


def pieces(size):
    # Sixteen different bytes in random order: half of each byte is information, and nothing repeats.
    source = random.Random(7)
    table = bytes(97 + (value & 15) for value in range(256))
    while size > 0:
        length = min(size, PIECE)
        yield source.randbytes(length).translate(table)
        size -= length


def make(out, name, version, size):
    info = f"{name}-{version}.dist-info"
    small = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    path = os.path.join(out, f"{name}-{version}-py3-none-any.whl")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, allowZip64=False, compresslevel=1) as archive:
        summed = hashlib.sha256()
        member = zipfile.ZipInfo(f"{name}/data.bin")
        member.compress_type = zipfile.ZIP_DEFLATED
        member.external_attr = 0o100644 << 16
        member.file_size = size
        with archive.open(member, "w") as file:
            for piece in pieces(size):
                summed.update(piece)
                file.write(piece)
        rows = [f"{name}/data.bin,{digest(summed)},{size}"]
        for member, text in small.items():
            content = text.encode()
            archive.writestr(member, content)
            rows.append(f"{member},{digest(hashlib.sha256(content))},{len(content)}")
        rows.append(f"{info}/RECORD,,")
        archive.writestr(f"{info}/RECORD", "\n".join(rows) + "\n")


if sys.argv[1] == "metadata":
    metadata(sys.argv[2], sys.argv[3:])
else:
    make(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))

"""Packs the rows of a PNG file, which `predict` writes as they are: repack.py FILE COPY."""
import struct
import sys
import zlib


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


content = open(sys.argv[1], "rb").read()
packed, result, at = b"", content[:8], 8
while at < len(content):
    size, kind = struct.unpack(">I4s", content[at:at + 8])
    data = content[at + 8:at + 8 + size]
    at += 12 + size
    if kind == b"IDAT":
        packed += data
        continue
    if kind == b"IEND":
        result += chunk(b"IDAT", zlib.compress(zlib.decompress(packed), 9))
    result += chunk(kind, data)
open(sys.argv[2], "wb").write(result)

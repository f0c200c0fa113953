"""Folders of images of all formats: images.py write FOLDER; images.py check FOLDER VALUES compares the pixels that were read with those drawn.

The class `left` has a bright left half, `right` a bright right half; 8 rows of 16 pixels.
"""
import base64
import json
import pathlib
import random
import struct
import sys
import zlib

rows, columns = 8, 16
jpeg = ("/9j/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYH"
        "CgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgr/wAARCAAIABADAREAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAA"
        "BQj/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFQEBAQAAAAAAAAAAAAAAAAAACQT/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oADAMBAAIRAxEAPwCd05MAZNAV"
        "v//Z")


def draw(name, index):
    """The pixels of an image, (red, green, blue) by rows."""
    generator = random.Random(f"{name}{index}")
    if index == 9:  # the JPEG file, which libjpeg has written of these colours
        return [[(200, 40, 90) if x < 8 else (30, 90, 220) for x in range(columns)] for _ in range(rows)]
    bright = range(8) if name == "left" else range(8, 16)
    return [[tuple(generator.randrange(128, 256) if x in bright else generator.randrange(64) for _ in range(3))
             for x in range(columns)] for _ in range(rows)]


def png(pixels, kind):
    """8-bit colours, with a channel of alpha (6), or 4 bits of a palette (3)."""
    def chunk(tag, data):
        return struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))
    lines = b"".join(b"\0" + b"".join(bytes(pixel) + (b"\xff" if kind == 6 else b"") for pixel in row) for row in pixels)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, kind, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


def bmp(pixels, bits, down):
    lines = b"".join(b"".join(bytes(pixel[::-1]) + (b"\0" if bits == 32 else b"") for pixel in row)
                     for row in (pixels if down else pixels[::-1]))
    header = struct.pack("<IiiHHIIiiII", 40, columns, -rows if down else rows, 1, bits, 0, len(lines), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 14 + len(header) + len(lines), 0, 0, 14 + len(header)) + header + lines


def encode(pixels, index):
    flat = bytes(part for row in pixels for pixel in row for part in pixel)
    return {0: (".png", png(pixels, 2)), 1: (".png", png(pixels, 6)), 2: (".ppm", b"P6\n# drawn\n16 8\n255\n" + flat),
            3: (".bmp", bmp(pixels, 24, False)), 4: (".bmp", bmp(pixels, 32, True)), 9: (".jpg", base64.b64decode(jpeg))}.get(
                index, (".png", png(pixels, 2)))


def write(folder):
    for part, count in ("train", 10), ("test", 5):
        for name in ("left", "right"):
            (folder / part / name).mkdir(parents=True)
            for index in range(count):
                pixels = draw(name + ("" if part == "train" else "!"), index) if part == "train" else draw(name, index + 20)
                suffix, content = encode(pixels, index if part == "train" else 0)
                (folder / part / name / f"{index}{suffix}").write_bytes(content)
    (folder / "train/left/notes.txt").write_text("no image")
    (folder / "large.ppm").write_bytes(b"P6 32 16 255\n" + bytes(
        part for y in range(16) for x in range(32) for part in draw("left", 0)[y // 2][x // 2]))
    (folder / "broken.png").write_bytes(png(draw("left", 0), 2)[:100])
    (folder / "broken.jpg").write_bytes(base64.b64decode(jpeg)[:200])


folder = pathlib.Path(sys.argv[2])
if sys.argv[1] == "write":
    write(folder)
    sys.exit()
got = json.loads(pathlib.Path(sys.argv[3]).read_text())
wanted = [(name, index) for name in ("left", "right") for index in range(10)]
assert len(got) == len(wanted)
for (name, index), one in zip(wanted, got):
    for row, found in zip(draw(name, index), one["pixels"], strict=True):
        for pixel, values in zip(row, found, strict=True):
            for part, value in zip(pixel, values, strict=True):
                assert abs(part - 255 * value) < (3.5 if index == 9 else 1e-3), (name, index, part, 255 * value)
    assert one["side"] == name
print("all pixels")

"""Draws a page in headless Chromium and prints, as JSON, what is in the picture: its size, the share of its most frequent colour, and
how many pixels have about each of the given colours.

Usage: screenshot.py PAGE WIDTH HEIGHT COLOUR...; colours as 3b78c9.
"""
import collections
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

page, width, height = pathlib.Path(sys.argv[1]).resolve(), *sys.argv[2:4]
with tempfile.TemporaryDirectory() as folder:
    picture = pathlib.Path(folder, "picture.png")
    subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
         f"--user-data-dir={folder}/profile", f"--window-size={width},{height}", f"--screenshot={picture}", page.as_uri()],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=100, check=True)
    png = picture.read_bytes()

at, data = 8, b""
while at < len(png):
    length, kind = struct.unpack(">I4s", png[at:at + 8])
    content = png[at + 8:at + 8 + length]
    if kind == b"IHDR":
        columns, rows, depth, form = struct.unpack(">IIBB", content[:10])
        assert depth == 8 and form in (2, 6), (depth, form)
    data += content if kind == b"IDAT" else b""
    at += 12 + length
data, size = zlib.decompress(data), {2: 3, 6: 4}[form]
stride = columns * size
counts, before = collections.Counter(), bytearray(stride)
for row in range(rows):
    kind, line = data[row * (stride + 1)], bytearray(data[row * (stride + 1) + 1:(row + 1) * (stride + 1)])
    if kind == 1:
        for i in range(size, stride):
            line[i] = (line[i] + line[i - size]) & 255
    elif kind == 2:
        line = bytearray((one + two) & 255 for one, two in zip(line, before))
    elif kind == 3:
        for i in range(stride):
            line[i] = (line[i] + ((line[i - size] if i >= size else 0) + before[i]) // 2) & 255
    elif kind == 4:
        for i in range(stride):
            left, above, corner = (line[i - size], before[i], before[i - size]) if i >= size else (0, before[i], 0)
            guess = left + above - corner
            line[i] = (line[i] + min((left, above, corner), key=lambda value: abs(guess - value))) & 255
    counts.update(zip(line[0::size], line[1::size], line[2::size]))
    before = line
wanted = {text: tuple(bytes.fromhex(text)) for text in sys.argv[4:]}
(paper, most), = counts.most_common(1)
print(json.dumps({
    "size": [columns, rows], "paper": bytes(paper).hex(), "share": most / (columns * rows),
    "pixels": {text: sum(count for colour, count in counts.items() if max(abs(a - b) for a, b in zip(colour, one)) <= 8)
               for text, one in wanted.items()}}))

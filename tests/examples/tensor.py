"""Prints each tensor of a weight file (safetensors) with its elements to six significant digits: tensor.py FILE."""
import json
import struct
import sys

with open(sys.argv[1], "rb") as file:
    length = struct.unpack("<Q", file.read(8))[0]
    header = json.loads(file.read(length))
    data = file.read()
for name, tensor in header.items():
    if name == "__metadata__" or name.startswith("resume/"):
        continue
    begin, end = tensor["data_offsets"]
    code, size = {"F32": ("f", 4), "F64": ("d", 8)}[tensor["dtype"]]
    elements = struct.unpack(f"<{(end - begin) // size}{code}", data[begin:end])
    print(name, *(f"{element:.6g}" for element in elements))

"""Builds every program of a document, compares its derivatives with finite differences and trains it for some steps.

Usage: train_programs.py DOCUMENT FOLDER. The programs are the fences `nn file=NAME.nn`. Each data set has 24 examples of random
numbers in the shapes of its fields, as NPY files, or as a CSV file where the program reads one.
"""
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
from run_fences import fences_of

examples = 24
field = re.compile(r"^  (\w+): (float|int|class\[\d+\])(?:\[([\d, ]+)\])?$", re.MULTILINE)
row = re.compile(r'^  train = (npy|csv)\((.*)\)$', re.MULTILINE)


def write_npy(path, shape, integers, values):
    text = f"{{'descr': '<{'i4' if integers else 'f4'}', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))},), }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() +
                     struct.pack(f"<{len(values)}{'i' if integers else 'f'}", *values))


def write_data(program, folder):
    block = re.search(r"^data \w+ \{\n(.*?)^\}", program, re.MULTILINE | re.DOTALL)[1]
    reader, arguments = row.search(block).groups()
    columns = []
    for name, element, sizes in field.findall(block):
        shape = [int(size) for size in sizes.split(",")] if sizes else []
        count = examples
        for size in shape:
            count *= size
        classes = int(element[6:-1]) if element.startswith("class") else 40
        values = [random.gauss(0, 1) if element == "float" else random.randrange(classes) for _ in range(count)]
        if reader == "npy":
            write_npy(folder / f"{name}.npy", [examples] + shape, element != "float", values)
        width = count // examples
        columns += [(f"{name}{i}", values[i::width]) for i in range(width)]
    if reader == "csv":
        path = folder / re.search(r'"([^"]+)"', arguments)[1]
        lines = [",".join(name for name, _ in columns)]
        lines += [",".join(str(values[i]) for _, values in columns) for i in range(examples)]
        path.write_text("\n".join(lines) + "\n")


document, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
chosen = sys.argv[3:]
shutil.rmtree(folder, ignore_errors=True)
failures = []
random.seed(1)
programs = [fence for fence in fences_of(document, lambda line, text: failures.append(f"{line}: {text}"))
            if fence.language == "nn" and "file" in fence.options]
for fence in programs:
    name = fence.options["file"].removesuffix(".nn")
    if chosen and name not in chosen:
        continue
    place = folder / name
    place.mkdir(parents=True)
    (place / f"{name}.nn").write_text(fence.text)
    write_data(fence.text, place)
    for command in (["nnc", "build", f"{name}.nn", "-o", name], ["nnc", "grad-check", "--elements", "4", f"{name}.nn"],
                    [f"./{name}", "train", "--quiet", "--steps", "3", "--save", "weights"]):
        done = subprocess.run(command, cwd=place, capture_output=True, text=True)
        if done.returncode:
            failures.append(f"{document.name}:{fence.line}: {' '.join(command)}: {done.stdout[-1500:]}{done.stderr[-1500:]}")
            break
print("\n".join(failures) or f"{len(programs)} programs train")
sys.exit(bool(failures))

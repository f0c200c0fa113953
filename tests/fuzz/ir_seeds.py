"""Writes the modules of the tests, whole and each function alone, to a folder: seeds for fuzz-ir.

    ir_seeds.py FOLDER TESTS
"""
import hashlib
import pathlib
import re
import sys

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for path in sorted(pathlib.Path(sys.argv[2]).rglob("*.mlir")):
    for module in re.split(r"^// -----.*\n", path.read_text(), flags=re.MULTILINE):
        if "expected-error" in module or not re.search(r"\bnn\.", module):
            continue
        module = re.sub(r"^\s*//.*\n", "", module, flags=re.MULTILINE)
        functions = re.split(r"^(?=func\.func )", module, flags=re.MULTILINE)
        for text in {module, *functions}:
            text = text.strip() + "\n"
            if 100 < len(text) <= 4096:
                (folder / hashlib.sha256(text.encode()).hexdigest()[:16]).write_text(text)

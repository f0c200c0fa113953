"""Checks that the folders of the source form layers.

No folder of lang, compiler and runtime includes, directly or through others, one that includes it; lang includes
nothing of the other two, runtime nothing at all, and the compiler shares Abi.h and the tokenizers of runtime/text with
the runtime; these include nothing of the rest. Folder names are in lower case, and every source opens with a comment
on its role. Prints each finding on a line; the exit code says whether there were any.
"""
import collections
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
allowed = {
    "lang": {"lang"},
    "runtime": {"runtime"},
    "compiler": {"compiler", "lang", "runtime"},
}
findings = []
includes = collections.defaultdict(lambda: collections.defaultdict(list))  # folder -> folder -> files
files = 0

for part in allowed:
    for path in sorted((root / part).rglob("*")):
        name = path.relative_to(root)
        if path.is_dir():
            if path.name != path.name.lower():
                findings.append(f"{name}: a folder's name is in lower case")
            continue
        if path.suffix not in (".cpp", ".h", ".def"):
            continue
        files += 1
        text = path.read_text()
        if path.suffix != ".def" and not text.startswith("//"):
            findings.append(f"{name}: does not open with a comment on its role")
        if part == "lang" and re.search(r'^#include [<"](mlir|llvm)/', text, re.MULTILINE):
            findings.append(f"{name}: includes a header of LLVM or MLIR; lang knows neither")
        for included in re.findall(r'^#include "([^"]+)"', text, re.MULTILINE):
            target = pathlib.Path(included)
            if target.parts[0] not in allowed:
                continue  # a header of a library, or one that is generated
            if target.parts[0] not in allowed[part]:
                findings.append(f"{name}: includes {included}; {part} knows nothing of {target.parts[0]}")
            if part == "compiler" and target.parts[0] == "runtime" and included != "runtime/Abi.h" \
                    and target.parts[1] != "text":
                findings.append(f"{name}: includes {included}; the compiler shares runtime/Abi.h and runtime/text only")
            if name.parts[:2] == ("runtime", "text") and target.parts[:2] != ("runtime", "text"):
                findings.append(f"{name}: includes {included}; runtime/text includes nothing of the rest")
            if target.parent != name.parent:
                includes[str(name.parent)][str(target.parent)].append(f"{name} includes {included}")


def reach(start):
    """The folders that `start` includes, directly or through others."""
    seen, open_folders = set(), [start]
    while open_folders:
        for folder in includes.get(open_folders.pop(), {}):
            if folder not in seen:
                seen.add(folder)
                open_folders.append(folder)
    return seen


reached = {folder: reach(folder) for folder in includes}
for folder in sorted(reached):
    for other in sorted(includes[folder]):
        if folder in reached.get(other, ()):
            findings.append(f"{folder} -> {other} is part of a cycle: {includes[folder][other][0]}")

if files < 100:
    findings.append(f"{files} files found, too few to be the project")
print("\n".join(findings) or f"{files} files in {len(includes)} folders that include others, no cycle")
sys.exit(bool(findings))

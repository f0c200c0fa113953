"""Checks that what the documents refer to exists.

Usage: check_references.py SOURCE. Links lead to files of the repository (and to headings, where they say so). Paths in code,
such as `compiler/passes/Passes.td`, exist, also with `{A,B}` and `*`; so do source files that are named without a folder,
and the files in the table of architecture.md have what it says to look for. Each document has a test that runs it. The
status in language.md names all that the compiler knows as planned. Prints each finding on a line; the exit code says whether
there were any.
"""
import pathlib
import re
import sys

source = pathlib.Path(sys.argv[1])
documents = sorted([*source.glob("*.md"), *source.glob("docs/*.md")])
findings, links, names = [], 0, 0

link = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
folders = [path.name for path in source.iterdir() if path.is_dir() and path.name != "build"]
path_name = re.compile(rf"`((?:{'|'.join(map(re.escape, folders))})/[\w./*{{}},-]*)`")
file_name = re.compile(r"(?<![\w/*}])([A-Z]\w*\.(?:cpp|h|td))\b")
code = re.compile(r"`([^`]+)`")
map_row = re.compile(r"^\| (.*?) \| (`.*?`) \|(.*)\|$", re.MULTILINE)
files = {path.name for folder in folders for path in (source / folder).rglob("*")}


def alternatives(text):
    """The names that `a{b,c}` stands for."""
    found = re.search(r"\{([^{}]*)\}", text)
    if not found:
        return [text]
    return [each for choice in found[1].split(",")
            for each in alternatives(text[:found.start()] + choice + text[found.end():])]


def anchors(path):
    """The anchors of a document's headings, as viewers make them."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


for document in documents:
    text = document.read_text()
    label = document.relative_to(source)
    prose = re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    for target in link.findall(prose):
        if re.match(r"[a-z]+:", target):
            continue
        links += 1
        path, _, anchor = target.partition("#")
        path = document.parent / path if path else document
        if not path.exists():
            findings.append(f"{label}: a link to {target}, which does not exist")
        elif anchor and anchor not in anchors(path):
            findings.append(f"{label}: a link to {target}, which has no such heading")
    for pattern in path_name.findall(text):
        names += 1
        findings += [f"{label}: `{each}` does not exist" for each in alternatives(pattern)
                     if not list(source.glob(each.rstrip("/")))]
    for each in file_name.findall(text):
        names += 1
        if each not in files:
            findings.append(f"{label}: no file is called {each}")
    if document.stem == "architecture":
        for where, paths, symbols in map_row.findall(text):
            contents = "".join((source / path).read_text() for path in code.findall(paths) if (source / path).is_file())
            findings += [f"{label}: {where}: `{symbol}` is in none of the files" for symbol in code.findall(symbols)
                         if symbol not in contents]
    tests = [path for path in (source / "tests/docs").glob("*.test") if f"%{{source}}/{label} " in path.read_text()]
    if not tests:
        findings.append(f"{label}: no test in tests/docs runs it")

# The compiler keeps the names that later versions will have in lists, all of which language.md names in its last section.
status = (source / "docs/language.md").read_text().partition("## Status")[2]
dialect = (source / "docs/dialect.md").read_text()
attributes = {each for path in sorted((source / "compiler").rglob("*"))
              if path.suffix in (".h", ".cpp") and path.parent.name != "tools"
              for each in re.findall(r'AttrName = "(nn\.\w+)"', path.read_text())}
findings += [f"docs/dialect.md: the table of attributes lacks `{each}`" for each in sorted(attributes)
             if f"`{each}`" not in dialect]
if len(attributes) < 10:
    findings.append("compiler: the attributes of the passes were not found")

planned = [each for path in (source / "lang/elaborate").rglob("*.cpp")
           for names in re.findall(r"planned\w+\[\] = \{(.*?)\}", path.read_text(), re.DOTALL)
           for each in re.findall(r'"(\w+)"', names)]
findings += [f"docs/language.md: the status does not name `{each}`" for each in planned if f"`{each}`" not in status]
if not planned:
    findings.append("lang/elaborate: no lists of planned names found")

# Links of pictures lead to files of the repository.
for picture in sorted((source / "docs/gallery").glob("*.svg")):
    for target in re.findall(r'href="([^"#]+)', picture.read_text()):
        if target.startswith("/") or ("://" not in target and not target.startswith("data:") and not (picture.parent / target).is_file()):
            findings.append(f"{picture.name}: a link to {target}, which does not exist")
            break

print("\n".join(findings) or f"{len(documents)} documents, {links} links, {names} names of files")
sys.exit(bool(findings) or not links or not names)

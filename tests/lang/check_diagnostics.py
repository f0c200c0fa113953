"""Checks the registry of diagnostics and the rules of the language against the tests.

Every diagnostic has an example and a test that expects its id in the output, ids are unique, messages keep the style; every numbered
rule of docs/language.md and docs/typing.md has a negative test that names it ("// G12: ..." before a CHECK line), and no test names a
diagnostic or a rule that does not exist. Prints each finding on a line; the exit code says whether there were any.
"""
import pathlib
import re
import sys

source = pathlib.Path(sys.argv[1])
findings = []

text = r'"(?:[^"\\]|\\.)*"'
entry = re.compile(
    rf"NNC_DIAGNOSTIC\(\s*(\w+),\s*(N\d+),\s*(\w+),\s*(\([^()]*\)),\s*((?:{text}\s*)+),\s*((?:{text}\s*)+)\)")
registry = {}
for path in [source / "lang/support/Diagnostics.def", source / "lang/support/ElaborationDiagnostics.def"]:
    contents = path.read_text()
    entries = entry.findall(contents)
    declared = len(re.findall(r"^NNC_DIAGNOSTIC\(", contents, re.MULTILINE))
    if declared != len(entries):
        findings.append(f"{path.name}: {declared} entries, of which {len(entries)} can be read")
    for name, identifier, severity, arguments, message, explanation in entries:
        if identifier in registry:
            findings.append(f"{identifier}: the id of both {registry[identifier]} and {name}")
        registry[identifier] = name
        message = "".join(part[1:-1] for part in re.findall(text, message))
        if message.endswith(".") and not message.endswith("..."):
            findings.append(f"{identifier}: the message ends with a full stop: {message}")
        if re.match(r"[A-Z]", message):
            findings.append(f"{identifier}: the message begins with a capital: {message}")
        if "illegal" in message:
            findings.append(f"{identifier}: nothing is illegal here: {message}")
        if not "".join(part[1:-1] for part in re.findall(text, explanation)).strip():
            findings.append(f"{identifier}: no explanation")

examples = set(re.findall(r"^NNC_EXAMPLE\((N\d+),", (source / "lang/support/DiagnosticExamples.def").read_text(),
                          re.MULTILINE))
findings += [f"{i} ({registry[i]}): no example in DiagnosticExamples.def" for i in sorted(set(registry) - examples)]
findings += [f"{i}: an example, but not in the registry" for i in sorted(examples - set(registry))]

document = "".join((source / "docs" / name).read_text() for name in ("language.md", "typing.md"))
rules = set(re.findall(r"^\*\*([LGT]\d+)\.", document, re.MULTILINE))

expected = re.compile(r"^(?:// )?[A-Z]+(?:-NEXT)?:.*?(?:error|warning)\[(N\d+)\]", re.MULTILINE)
tested, named = set(), set()
for path in sorted((source / "tests").rglob("*")):
    if path.suffix not in (".nn", ".test", ".mlir"):
        continue
    contents = path.read_text(encoding="utf-8", errors="replace")
    tested |= set(expected.findall(contents))
    if source / "tests/lang" in path.parents:
        named |= set(re.findall(r"^(?:// )?([LGT]\d+): ", contents, re.MULTILINE))

findings += [f"{i} ({registry[i]}): no test expects it" for i in sorted(set(registry) - tested)]
findings += [f"{i}: expected by a test, but not in the registry" for i in sorted(tested - set(registry))]
findings += [f"rule {r}: no test names it" for r in sorted(rules - named)]
findings += [f"rule {r}: named by a test, but not in the documents" for r in sorted(named - rules)]
if not registry or not rules:
    findings.append("nothing found to check")
print("\n".join(findings) or f"{len(registry)} diagnostics and {len(rules)} rules, each with a test")
sys.exit(bool(findings))

"""Checks the examples that `nnc explain` prints: the wrong one causes the diagnostic and no other, the right one is accepted.

Usage: check_examples.py SOURCE FOLDER [EVERY]; with EVERY above 1, only every such is checked. The programs are written to FOLDER.
"""
import concurrent.futures
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import programs

source, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
examples = re.findall(r'NNC_EXAMPLE\((N\d+), "(\w+)", R"\((.*?)\)",\s*R"\((.*?)\)"\)\n',
                      (source / "lang/support/DiagnosticExamples.def").read_text(), re.DOTALL)


def diagnostics(identifier, form, kind, lines):
    path = folder / f"{identifier}-{form}.nn"
    path.write_text(programs.around(kind, lines))
    # Those of the driver come behind the language's: a build finds them.
    command = ["build", "--emit=nn", "-o", "/dev/null"] if identifier.startswith("N00") else ["check"]
    result = subprocess.run(["nnc", *command, path.name], cwd=folder, capture_output=True, text=True)
    found = re.findall(r"^(?:error|warning)\[(N\d+)\]", result.stdout + result.stderr, re.MULTILINE)
    # The model around a fragment does not use what it computes.
    return [one for one in found if one != "N0441" or kind == "whole"]


def check(example):
    identifier, kind, wrong, right = example
    if kind == "command":
        return []
    found = []
    given = diagnostics(identifier, "wrong", kind, wrong)
    if set(given) != {identifier}:
        found.append(f"{identifier}: the wrong example causes {', '.join(given) or 'nothing'}")
    given = diagnostics(identifier, "right", kind, right)
    if given:
        found.append(f"{identifier}: the right example causes {', '.join(given)}")
    return found


with concurrent.futures.ThreadPoolExecutor(4) as pool:
    findings = [finding for one in pool.map(check, examples[::int(sys.argv[3]) if sys.argv[3:] else 1]) for finding in one]
if len(examples) < 100:
    findings.append(f"only {len(examples)} examples can be read")
print("\n".join(findings) or f"{len(examples)} examples")
sys.exit(bool(findings))

"""Checks what is said about programs as people from other libraries write them first.

Usage: check_drafts.py FILE.drafts FOLDER [--update] [--every N]; with N, only every Nth is checked. A draft is

    == KIND: what it is about
    its lines
    -- says
    all that `nnc check` prints, or nothing if it is accepted
    -- write
    the lines as the message says them; `nnc check` accepts them

KIND is a template of programs.py. The last part may be left out. With `-- write later` the language does not have it yet: the
test fails when it does, so that the word is taken away.
"""
import concurrent.futures
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import programs

path, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
update = "--update" in sys.argv
every = int(sys.argv[sys.argv.index("--every") + 1]) if "--every" in sys.argv else 1
folder.mkdir(parents=True, exist_ok=True)


def check(number, kind, lines, name="draft.nn"):
    place = folder / str(number)
    place.mkdir(exist_ok=True)
    (place / name).write_text(programs.around(kind, lines))
    result = subprocess.run(["nnc", "check", name], cwd=place, capture_output=True, text=True)
    return result.returncode, (result.stdout + result.stderr).rstrip("\n")


def run(numbered):
    number, text = numbered
    head, _, rest = text.partition("\n")
    kind, _, title = head.partition(": ")
    parts = re.split(r"^-- (says|write later|write)$\n?", rest, flags=re.MULTILINE)
    lines, named = parts[0].rstrip("\n"), dict(zip(parts[1::2], (one.rstrip("\n") for one in parts[2::2])))
    _, said = check(number, kind, lines)
    findings = []
    if said != named.get("says", "") and not update:
        findings.append(f"{path.name}: {title}\n    says\n{said}\n    in place of\n{named.get('says', '')}")
    for what in ("write", "write later"):
        if what in named:
            status, complaint = check(number, kind, named[what], "mended.nn")
            if (status == 0) != (what == "write"):
                findings.append(f"{path.name}: {title}: what the message says is " +
                                (f"refused:\n{complaint}" if status else "accepted by now: take `later` away"))
    renewed = f"== {head}\n{lines}\n-- says\n{said}\n"
    for what in ("write", "write later"):
        if what in named:
            renewed += f"-- {what}\n{named[what]}\n"
    return findings, renewed


contents = path.read_text()
preface, *drafts = re.split(r"^== ", contents, flags=re.MULTILINE)
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    results = list(pool.map(run, list(enumerate(drafts))[::every]))
findings = [finding for one, _ in results for finding in one]
if update:
    path.write_text(preface + "\n".join(renewed for _, renewed in results))
print("\n".join(findings) or f"{len(drafts)} drafts")
sys.exit(bool(findings) or not drafts)

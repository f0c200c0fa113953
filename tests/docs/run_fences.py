"""Runs the fenced blocks of a document, so that it says what is true.

Usage: run_fences.py DOCUMENT FOLDER. FOLDER is made anew; blocks of the document run in it one after the other. It has
the folders `examples` (a copy), `tests`, `build` (what the binaries come from) and, where $NNC_SHARED has them, `data` and
`golden`.

The first word of a fence is its language, by which viewers highlight it. The words behind it say what is expected:

    nn                        a program that `nnc check` accepts
    nn within=model           a part of one: it takes the place of the dots in a program of `templates` below
    nn error=N0302            a program that is refused with these errors, commas between, and no others
    nn file=digits.nn         keeps the program under this name, for commands that follow
    sh                        commands; the first that fails ends the block. `exit=1`: the status that is expected
    sh needs=data/mnist       run only where FOLDER has this; several names have commas between
    sh file=x.csv             likewise any language: keeps the text as a file and does nothing else
    mlir passes="--cse"       goes through nn-opt
    text                      behind one of these: what it prints. A line `...` is any lines, `...` within a line any
                              text; numbers with a point are any such numbers, since rounding depends on the processor
    text near=5%              likewise, but these numbers differ by at most so much of the larger one
    ANY not-run="reason"      is not run, and counted

Anything else is an error: a fence without a language, a language that is not run and does not say why, an indented block.
"""
import collections
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

source = pathlib.Path(__file__).resolve().parents[2]

sys.dont_write_bytecode = True
sys.path.insert(0, str(source / "tests/lang"))
import programs

templates = {
    **programs.templates,
    # Declarations that a file may have besides a whole program.
    "file": "...\n",
    "trained file": programs.data + programs.model + programs.train + "...\n",
}

indented = re.compile(r"^ {4,}\S")
list_item = re.compile(r"^\s*([-*]|\d+\.) ")
number = re.compile(r"-?\d[\d,]*\.\d+(?:e[-+]?\d+)?")


class Fence:
    def __init__(self, line, info, text):
        self.line, self.text, self.options = line, text, {}
        words = shlex.split(info)
        self.language = words[0] if words else ""
        for word in words[1:]:
            key, _, value = word.partition("=")
            self.options[key] = value


def fences_of(path, fail):
    """The fences of a document in their order. Indented blocks, which say no language, are errors."""
    fences, start, info, lines, in_list = [], None, "", [], False
    text = path.read_text().splitlines()
    for at, line in enumerate(text, 1):
        mark = line.strip()
        if start is None:
            if mark.startswith("```"):
                start, info, lines = at, mark[3:], []
                margin = len(line) - len(line.lstrip())
            elif list_item.match(line):
                in_list = True
            elif line and not line.startswith(" "):
                in_list = False
            elif indented.match(line) and not in_list and at > 1 and not text[at - 2].strip():
                fail(at, "an indented block; a fence says what it is")
        elif mark == "```":
            fences.append(Fence(start, info, "".join(f"{each[margin:]}\n" for each in lines)))
            start = None
        else:
            lines.append(line)
    if start is not None:
        fail(start, "the fence is not closed")
    return fences


def fits(expected, line, tolerance):
    """Whether a line of expected output stands for a line."""
    def pattern(text):
        words = r"\s+".join(re.escape(word) for word in re.sub(r"\s+", " ", text).split(" "))
        return words if text else ""

    dots = r"(?:.*)"
    pieces = [number.split(piece) for piece in expected.strip().split("...")]
    found = re.fullmatch(dots.join(f"({number.pattern})".join(map(pattern, piece)) for piece in pieces), line)
    if not found or tolerance is None:
        return found is not None
    pairs = zip(number.findall(expected), found.groups())
    values = [(float(a.replace(",", "")), float(b.replace(",", ""))) for a, b in pairs]
    return all(abs(a - b) <= tolerance * max(abs(a), abs(b)) for a, b in values)


def difference(expected, printed, tolerance=None):
    """The first expected line that does not stand where it should, or nothing."""
    wanted = [line for line in expected.splitlines() if line.strip()]
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    # Lines of dots may take any number of lines: each part between them is looked for behind the one before.
    at, anchored = 0, True
    parts, part = [], []
    for line in wanted:
        if line.strip() == "...":
            parts.append(part)
            part = []
        else:
            part.append(line)
    parts.append(part)
    for position, part in enumerate(parts):
        last = position == len(parts) - 1
        places = range(at, len(lines) - len(part) + 1) if not anchored else range(at, at + 1)
        if last and not anchored and part:
            places = [len(lines) - len(part)]
        best = 0
        for place in places:
            count = 0
            for each, line in zip(part, lines[place:] if place >= 0 else []):
                if not fits(each, line, tolerance):
                    break
                count += 1
            best = max(best, count)
            if count == len(part):
                at = place + len(part)
                break
        else:
            return f"does not print: {part[best].strip()}"
        anchored = False
    if last and not any(line.strip() == "..." for line in wanted[-1:]) and at != len(lines):
        return f"prints more: {lines[at]}"
    return None


class Document:
    def __init__(self, path, folder):
        self.path, self.folder = path, folder
        self.failures, self.programs = 0, 0
        # The output of the block before, which may be empty, and whether it was not run.
        self.output, self.skipped = None, False
        self.counts = collections.Counter()
        self.not_run = collections.Counter()

    def fail(self, line, text, printed=""):
        self.failures += 1
        print(f"{self.path.name}:{line}: {text}")
        for each in printed.splitlines()[-40:]:
            print(f"    {each}")

    def execute(self, command):
        done = subprocess.run(command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, text=True, timeout=120)
        self.output = done.stdout
        return done.returncode

    def run_program(self, fence):
        text = fence.text
        if "within" in fence.options:
            template = templates.get(fence.options["within"])
            if template is None:
                return self.fail(fence.line, f"there is no template {fence.options['within']}")
            text = template.replace("...\n", text, 1)
        self.programs += 1
        name = fence.options.get("file", f"program-{self.programs}.nn")
        (self.folder / name).write_text(text)
        status = self.execute(["nnc", "check", name])
        expected = set(filter(None, fence.options.get("error", "").split(",")))
        found = set(re.findall(r"error\[(N\d+)\]", self.output))
        if found != expected or (status == 0) != (not expected):
            self.fail(fence.line, f"the program has the errors {sorted(found) or 'none'}, not {sorted(expected) or 'none'}",
                      self.output)
        self.counts["refused programs" if expected else "programs"] += 1

    def run_commands(self, fence):
        status = self.execute(["bash", "-e", "-o", "pipefail", "-c", fence.text])
        if status != int(fence.options.get("exit", "0")):
            self.fail(fence.line, f"the commands end with {status}", self.output)
        self.counts["commands"] += len([line for line in fence.text.splitlines()
                                        if line.strip() and not line.startswith((" ", "#"))])

    def run_ir(self, fence):
        (self.folder / "input.mlir").write_text(fence.text)
        if self.execute(["nn-opt", *shlex.split(fence.options.get("passes", "")), "input.mlir"]) != 0:
            self.fail(fence.line, "nn-opt fails", self.output)
        self.counts["modules"] += 1

    def compare_output(self, fence):
        if self.output is None:
            return self.fail(fence.line, "the output of nothing; `not-run=` says why a block is not run")
        near = fence.options.get("near")
        found = difference(fence.text, self.output, float(near.rstrip("%")) / 100 if near else None)
        if found:
            self.fail(fence.line, f"the block before {found}", self.output)
        self.counts["outputs"] += 1
        self.output = None

    def run(self):
        runners = {"nn": self.run_program, "sh": self.run_commands, "mlir": self.run_ir}
        options = {"nn": {"within", "error", "file"}, "sh": {"exit", "needs", "file"}, "mlir": {"passes", "file"},
                   "text": {"near", "file"}}
        for fence in fences_of(self.path, self.fail):
            unknown = fence.options.keys() - options.get(fence.language, {"file"}) - {"not-run"}
            if unknown:
                self.fail(fence.line, f"a fence of `{fence.language}` has no option {', '.join(sorted(unknown))}")
            reason = fence.options.get("not-run")
            missing = [name for name in fence.options.get("needs", "").split(",") if not (self.folder / name).exists()]
            if reason is None and missing:
                reason = f"there is no {missing[0]}"
            if reason is not None:
                self.not_run[reason] += 1
                self.output, self.skipped = None, True
                if not reason:
                    self.fail(fence.line, "`not-run` needs a reason")
                continue
            if self.skipped and fence.language == "text" and "file" not in fence.options:
                continue
            self.skipped = False
            if "file" in fence.options and fence.language != "nn":
                (self.folder / fence.options["file"]).write_text(fence.text)
                self.output = None
                self.counts["files"] += 1
            elif fence.language in runners:
                runners[fence.language](fence)
            elif fence.language == "text":
                self.compare_output(fence)
            else:
                self.fail(fence.line, f"nothing runs `{fence.language}`; `not-run=` says why")


def main():
    path, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copytree(source / "examples", folder / "examples")
    binary = shutil.which("nnc")
    if binary is None:
        sys.exit("there is no nnc in PATH")
    (folder / "tests").symlink_to(source / "tests")
    (folder / "build").symlink_to(pathlib.Path(binary).parents[1])
    shared = os.environ.get("NNC_SHARED")
    if shared:
        (folder / "data").symlink_to(pathlib.Path(shared) / "data")
        (folder / "golden").symlink_to(pathlib.Path(shared) / "parity")

    document = Document(path, folder)
    document.run()
    summary = [f"{count} {what}" for what, count in sorted(document.counts.items())]
    print(f"{path.name}: {', '.join(summary) or 'nothing'} run")
    for reason, count in sorted(document.not_run.items()):
        print(f"  {count} not run: {reason}")
    sys.exit(document.failures != 0)


if __name__ == "__main__":
    main()

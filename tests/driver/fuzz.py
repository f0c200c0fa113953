"""Feeds `nnc check` with programs that are slightly or entirely wrong; it must answer with 0 or 1 in time.

    fuzz.py RUNS SEED PROGRAM...

Each run mutates one of the programs: bytes changed, lines dropped, repeated or swapped, words and numbers replaced by
others of the language. A crash, a hang or an internal error fails; the input is kept in the working folder.
"""
import random
import re
import subprocess
import sys

NUMBERS = [b"0", b"1", b"-1", b"2", b"1099511627776", b"9223372036854775807", b"1e308", b"0.0", b"10%", b"3.5"]
TOKEN = re.compile(rb"[A-Za-z_]\w*|\d+(?:\.\d+)?|\S")


def mutate(text, others, generator):
    for _ in range(generator.randint(1, 4)):
        kind = generator.randrange(7)
        tokens = [(m.start(), m.end()) for m in TOKEN.finditer(text)]
        if not tokens:
            return text
        start, end = generator.choice(tokens)
        lines = text.split(b"\n")
        at = generator.randrange(len(lines))
        if kind == 0:
            text = text[:start] + bytes([generator.randrange(256)]) + text[start + 1:]
        elif kind == 1:
            text = text[:start] + text[end:]
        elif kind == 2:
            other = generator.choice(others)
            pieces = TOKEN.findall(other)
            text = text[:start] + generator.choice(pieces) + text[end:]
        elif kind == 3:
            text = text[:start] + generator.choice(NUMBERS) + text[end:]
        elif kind == 4:
            lines.insert(generator.randrange(len(lines)), lines[at])
            text = b"\n".join(lines)
        elif kind == 5:
            del lines[at]
            text = b"\n".join(lines)
        else:
            text = text[:generator.randrange(len(text))]
    return text


def main():
    runs, seed, paths = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    generator = random.Random(seed)
    programs = [open(path, "rb").read() for path in paths]
    fixed = [b"", b"\0" * 100, bytes(range(256)), b"(" * 10000, b"model m(x: float[0]) -> float { x }",
             b"model m(x: float[1099511627776]) -> float[1099511627776] { x |> dense(1099511627776) }"]
    for run in range(runs):
        text = fixed[run] if run < len(fixed) else mutate(generator.choice(programs), programs, generator)
        with open("input.nn", "wb") as file:
            file.write(text)
        try:
            done = subprocess.run(["nnc", "check", "input.nn"], capture_output=True, timeout=60)
        except subprocess.TimeoutExpired:
            sys.exit(f"run {run} hangs; see input.nn")
        if done.returncode not in (0, 1) or (done.returncode == 1) != (b"error[" in done.stderr):
            sys.exit(f"run {run} ends with {done.returncode}; see input.nn\n{done.stderr.decode(errors='replace')}")
    print(f"{runs} programs checked")


if __name__ == "__main__":
    main()

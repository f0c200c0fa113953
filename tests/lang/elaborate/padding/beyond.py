"""A training step with constants in the place of its arguments, for the reference evaluator.

Usage: beyond.py KIND < STEP. The step is that of `--emit=grad`; KIND says what the padding of the fields holds: zero, nan, huge or
random. All other arguments are the same for each kind.
"""
import math
import random
import re
import sys

kind = sys.argv[1]
text = sys.stdin.read()
signature, body = re.search(r"func\.func @train_step\((.*?)\) -> (?:\(.*?\)|\S+) \{\n(.*?)\n  \}", text, re.DOTALL).groups()
results = re.search(r"return (.*) : (.*)$", body, re.MULTILINE)
random.seed(5)


def dense(shape, value, place=()):
    if len(place) == len(shape):
        return value(place)
    return "[" + ", ".join(dense(shape, value, place + (i,)) for i in range(shape[len(place)])) + "]"


def length(row):
    return row * 2 % most + 1


constants = []
beyond = random.Random(6)
for name, sizes, element in re.findall(r"(%[\w.#]+): tensor<((?:\d+x)*)(\w+)>", signature):
    shape = [int(size) for size in sizes.split("x")[:-1]]

    def value(place):
        if name.endswith(".length"):
            return str(length(place[0]))
        inside = random.gauss(0, 1)
        if element.startswith("i"):
            return str(int(abs(10 * inside)) % 3)
        if name == "%x" and place[1] >= length(place[0]):
            number = {"zero": 0.0, "nan": math.nan, "huge": 1e30, "random": beyond.gauss(0, 5)}[kind]
            return "0x7FF8000000000000" if math.isnan(number) else f"{number:.17e}"
        return repr(inside)

    if name == "%x":
        most = shape[1]
    constants.append(f"    {name} = nn.constant dense<{dense(shape, value)}> : tensor<{sizes}{element}>")
print("module {\n  func.func @train_step() -> (" + results[2] + ") {\n" + "\n".join(constants) + "\n" + body + "\n  }\n}")

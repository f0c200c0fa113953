"""Compares the numbers that nn-check --evaluate printed for forms of one program: agree.py FILE FILE..."""
import re
import sys


def numbers(path):
    lines = open(path).read().splitlines()
    return [float(x) for line in lines for x in re.findall(r"-?\d[-\d.e+]*", line[line.index("> ") + 2:])]


first, *others = (numbers(path) for path in sys.argv[1:])
assert any(first)
for other in others:
    assert len(first) == len(other)
    for x, y in zip(first, other):
        assert abs(x - y) <= 1e-11 * max(1e-1, abs(x)), (x, y)  # printed with 12 digits

"""Inverse functions of lang/std against Python's math module, in units in the last place of f32.

`data` prints arguments, `check ARGUMENTS FILE` compares what a program predicts for them.
"""
import csv
import math
import random
import statistics
import struct
import sys


def nan_outside(function):
    return lambda x: function(x) if abs(x) <= 1 else math.nan


def erfinv(y):
    """Newton's method from the quantile of the standard library, with what is missing to 1 where y is near it."""
    if abs(y) == 1:
        return math.copysign(math.inf, y)
    x = statistics.NormalDist().inv_cdf((1 + abs(y)) / 2) / math.sqrt(2)
    for _ in range(4):
        error = math.erf(x) - abs(y) if abs(y) < 0.5 else 1 - abs(y) - math.erfc(x)
        x -= error / (2 / math.sqrt(math.pi) * math.exp(-x * x))
    return math.copysign(x, y)


# The largest error that is allowed; docs/math.md has those of more arguments.
functions = {
    "asin": (nan_outside(math.asin), 3.5),
    "acos": (nan_outside(math.acos), 3),
    "atan": (math.atan, 1.5),
    "erfinv": (nan_outside(erfinv), 6.5),
}


def rounded(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def error(value, exact):
    if math.isnan(value) or math.isnan(exact) or math.isinf(exact):
        same = math.isnan(value) and math.isnan(exact) or value == exact
        return 0 if same else math.inf
    return abs(value - exact) / math.ldexp(1, max(math.frexp(exact)[1] - 24, -149))


if sys.argv[1] == "data":
    random.seed(1)
    points = [0, 1, -1, 1.5, -2, 0.5, -0.5, 1e-30, 1e30, 1 - 2 ** -24, 2 ** -24 - 1, 0.85, 0.8500001, 0.70710678]
    for _ in range(2000):
        sign = random.choice((-1, 1))
        points += [random.uniform(-1, 1), sign * (1 - 2 ** random.uniform(-24, -1)), sign * 2 ** random.uniform(-40, 0)]
    print("x")
    print("\n".join(repr(rounded(x)) for x in points))
else:
    points = [float(row["x"]) for row in csv.DictReader(open(sys.argv[2]))]
    rows = list(csv.DictReader(open(sys.argv[3])))
    assert len(rows) == len(points), len(rows)
    failed = False
    for name, (function, allowed) in functions.items():
        largest, x, value = max((error(float(row[name]), function(x)), x, row[name]) for x, row in zip(points, rows))
        failed |= not largest <= allowed
        print(f"{name}: at most {largest:.2f} ulp off, at {x}: {value}{' FAILED' if largest > allowed else ''}")
    sys.exit(failed)

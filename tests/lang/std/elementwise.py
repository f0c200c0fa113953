"""Functions of lang/std against Python's math module.

`program` prints a program that applies each function, `data` its inputs, `check FILE` compares what it predicts.
"""
import csv
import math
import sys


def clipped(x, low, high):
    return min(max(x, low), high)


functions = {
    "square(x)": lambda x: x * x,
    "clamp(-1.5, 2)(x)": lambda x: clipped(x, -1.5, 2),
    "log2(x^2 + 1)": lambda x: math.log2(x * x + 1),
    "log10(x^2 + 1)": lambda x: math.log10(x * x + 1),
    "tan(x / 4)": lambda x: math.tan(x / 4),
    "sinh(x)": math.sinh,
    "cosh(x)": math.cosh,
    "relu6(2 * x)": lambda x: clipped(2 * x, 0, 6),
    "hardsigmoid(x)": lambda x: clipped(x / 6 + 0.5, 0, 1),
    "hardswish(x)": lambda x: x * clipped(x / 6 + 0.5, 0, 1),
    "celu(0.7)(x)": lambda x: x if x > 0 else 0.7 * math.expm1(x / 0.7),
    "log_sigmoid(x)": lambda x: -math.log1p(math.exp(-x)),
    "softshrink(0.4)(x)": lambda x: math.copysign(max(abs(x) - 0.4, 0), x),
    "hardshrink(0.4)(x)": lambda x: x if abs(x) > 0.4 else 0,
    "tanhshrink(x)": lambda x: x - math.tanh(x),
    "dot(stack(x, x), stack(x, w))": lambda x: x * x + 0.5 * x,
}
points = [-5 + 0.247 * i for i in range(41)]

if sys.argv[1] == "program":
    results = "\n".join(f"  f{i} = {text}" for i, text in enumerate(functions))
    names = ", ".join(f"f{i} = f{i}" for i in range(len(functions)))
    print(f"""data points {{ x: float
  train = csv("x.csv", header = true) }}
model all(x: float) -> ({", ".join(f"f{i}: float" for i in range(len(functions)))}) {{
  param w: float = 0.5
{results}
  ({names})
}}
train all on points {{
  y = all(x)
  loss = {" + ".join(f"y.f{i}" for i in range(len(functions)))}
  optimizer = sgd(0)
  batch = 41
  steps = 1
}}
predict all {{ {"; ".join(f"f{i} = all(x).f{i}" for i in range(len(functions)))} }}""")
elif sys.argv[1] == "data":
    print("x")
    print("\n".join(repr(x) for x in points))
else:
    rows = list(csv.DictReader(open(sys.argv[2])))
    assert len(rows) == len(points), len(rows)
    wrong = [f"{text} at {x}: {row[f'f{i}']}, expected {function(x)}" for x, row in zip(points, rows)
             for i, (text, function) in enumerate(functions.items())
             if abs(float(row[f"f{i}"]) - function(x)) > 2e-6 * max(1, abs(function(x)))]
    print("\n".join(wrong) or f"all of {len(functions)} functions agree at {len(points)} points")
    sys.exit(bool(wrong))

"""Expressions of the language against plain Python, values and derivatives.

Each case is an expression over x: float[7], m: float[3, 4], q: float[4, 4], id: int[4] and s: float, and a function that computes
the same from lists. `program` prints a program that predicts all of them, `data` writes the inputs, `check FILE` compares.
Random numbers, whose values are nnc's own, are in random.test.
"""
import itertools
import json
import math
import pathlib
import struct
import sys

R = range
rows = 5


def number(row, place):
    """Numbers between -2 and 2 without a pattern that a wrong index could meet by chance."""
    return math.sin(12.9898 * row + 78.233 * place + 1) * 2


def example(row):
    x = [number(row, i) for i in R(7)]
    m = [[number(row, 10 + 4 * i + j) for j in R(4)] for i in R(3)]
    q = [[number(row, 30 + 4 * i + j) for j in R(4)] for i in R(4)]
    return {"x": x, "m": m, "q": q, "id": [(row + 3 * i) % 4 for i in R(4)], "s": number(row, 50)}


def mean(v):
    return sum(v) / len(v)


def var(v):
    return mean([(a - mean(v))**2 for a in v])


def softmax(v):
    e = [math.exp(a) for a in v]
    return [a / sum(e) for a in e]


def columns(m):
    return [list(c) for c in zip(*m)]


def padded(x, i):
    return x[i] if 0 <= i < len(x) else 0


# name: (statements that end with the value, the same in Python)
cases = {
    # index arithmetic
    "convolution": ("y[t] = sum[k in 0..3] x[t + k] * m[k, 0]; y",
                    lambda x, m, q, id, s: [sum(x[t + k] * m[k][0] for k in R(3)) for t in R(5)]),
    "causal": ("y[t in 0..7] = sum[k in 0..3] (where t - k >= 0: x[t - k] * m[k, 1]); y",
               lambda x, m, q, id, s: [sum(padded(x, t - k) * m[k][1] for k in R(3)) for t in R(7)]),
    "strided": ("y[t, k in 0..3] = x[2 * t + k]; y", lambda x, m, q, id, s: [[x[2 * t + k] for k in R(3)] for t in R(3)]),
    "three": ("y[i in 0..2, j in 0..3, k in 0..2] = x[2 * i + j + 2 * k]; y",
              lambda x, m, q, id, s: [[[x[2 * i + j + 2 * k] for k in R(2)] for j in R(3)] for i in R(2)]),
    "differences": ("y[i in 0..6] = x[i + 1] - x[i]; y", lambda x, m, q, id, s: [x[i + 1] - x[i] for i in R(6)]),
    "backwards": ("y[i in 0..7] = x[6 - i]; y", lambda x, m, q, id, s: x[::-1]),
    "relative": ("y[i, j] = q[i, j] * x[i - j + 3]; y",
                 lambda x, m, q, id, s: [[q[i][j] * x[i - j + 3] for j in R(4)] for i in R(4)]),
    "diagonal": ("y[i] = q[i, i]; y", lambda x, m, q, id, s: [q[i][i] for i in R(4)]),
    "trace": ("sum[i] q[i, i]", lambda x, m, q, id, s: sum(q[i][i] for i in R(4))),
    "band": ("y[i in 0..3] = q[i, i + 1]; y", lambda x, m, q, id, s: [q[i][i + 1] for i in R(3)]),
    "neighbours": ("y[i in 0..7] = (if i > 0 { x[i - 1] } else { 0 }) + (if i < 6 { x[i + 1] } else { 0 }); y",
                   lambda x, m, q, id, s: [padded(x, i - 1) + padded(x, i + 1) for i in R(7)]),
    "cumulative": ("y[i] = sum[j] (where j <= i: x[j]); y", lambda x, m, q, id, s: list(itertools.accumulate(x))),
    "numbers": ("y[t, i] = m[t, i] * cos(t / 100^(2 * i / 4)); y",
                lambda x, m, q, id, s: [[m[t][i] * math.cos(t / 100**(2 * i / 4)) for i in R(4)] for t in R(3)]),
    "tail": ("sum[k in 2..5] x[k] * k", lambda x, m, q, id, s: sum(x[k] * k for k in R(2, 5))),
    "gathered": ("y[i, k] = m[k, id[i]]; y", lambda x, m, q, id, s: [[m[k][id[i]] for k in R(3)] for i in R(4)]),
    "picked": ("y[i] = q[i, id[i]]; y", lambda x, m, q, id, s: [q[i][id[i]] for i in R(4)]),
    "divided": ("y[i in 0..7] = x[int(i / 2)]; y", lambda x, m, q, id, s: [x[i // 2] for i in R(7)]),
    "remainder": ("y[i in 0..9] = x[i % 7]; y", lambda x, m, q, id, s: [x[i % 7] for i in R(9)]),
    "steps": ("y[i] = { h = x[i] * s; g = tanh(h); g * g + h }; y",
              lambda x, m, q, id, s: [math.tanh(a * s)**2 + a * s for a in x]),
    "rows": ("y[i, j] = softmax[j](m[i, j]); y", lambda x, m, q, id, s: [softmax(r) for r in m]),
    "circular": ("y[i in 0..7] = x[(i + 6) % 7]; y", lambda x, m, q, id, s: [x[i - 1] for i in R(7)]),
    "spread": ("y[i in 0..2, j in 0..3] = m[id[j] % 3, 2 * i]; y",
               lambda x, m, q, id, s: [[m[id[j] % 3][2 * i] for j in R(3)] for i in R(2)]),
    "later": ("float(argmax[j in 2..6](x[j]))", lambda x, m, q, id, s: float(max(R(2, 6), key=lambda j: x[j]))),
    "counted": ("y[i] = sum[j](m[i, j] > 0); float(y)", lambda x, m, q, id, s: [float(sum(a > 0 for a in r)) for r in m]),
    # reductions
    "mean_position": ("mean[0](m)", lambda x, m, q, id, s: [mean(c) for c in columns(m)]),
    "max_last": ("max[-1](m)", lambda x, m, q, id, s: [max(r) for r in m]),
    "both": ("sum[0, 1](m)", lambda x, m, q, id, s: sum(map(sum, m))),
    "centred": ("m - mean[1, keep](m)", lambda x, m, q, id, s: [[a - mean(r) for a in r] for r in m]),
    "scaled": ("q / norm[0, keep](q)",
               lambda x, m, q, id, s: [[a / math.hypot(*c) for a, c in zip(r, columns(q))] for r in q]),
    "count": ("sum(x > 0)", lambda x, m, q, id, s: sum(a > 0 for a in x)),
    "share": ("mean[1](m > 0.5)", lambda x, m, q, id, s: [mean([a > 0.5 for a in r]) for r in m]),
    "any": ("float(any[1](m > 1))", lambda x, m, q, id, s: [float(any(a > 1 for a in r)) for r in m]),
    "all": ("float(all[0](m > -1.5))", lambda x, m, q, id, s: [float(all(a > -1.5 for a in c)) for c in columns(m)]),
    "any_where": ("float(any[j] (where j > 0: x[j] > 1.5))", lambda x, m, q, id, s: float(any(a > 1.5 for a in x[1:]))),
    "var": ("var[1](m)", lambda x, m, q, id, s: [var(r) for r in m]),
    "std": ("std(x)", lambda x, m, q, id, s: math.sqrt(var(x))),
    "norm": ("norm[i] x[i] * s", lambda x, m, q, id, s: math.hypot(*(a * s for a in x))),
    "argmin": ("argmin(x)", lambda x, m, q, id, s: x.index(min(x))),
    "argmin_rows": ("argmin[0](m)", lambda x, m, q, id, s: [c.index(min(c)) for c in columns(m)]),
    "logsumexp": ("logsumexp[0](m)", lambda x, m, q, id, s: [math.log(sum(map(math.exp, c))) for c in columns(m)]),
    "softmax_columns": ("softmax[0](m)", lambda x, m, q, id, s: columns([softmax(c) for c in columns(m)])),
    "log_softmax_columns": ("log_softmax[0](m)",
                            lambda x, m, q, id, s: columns([[math.log(p) for p in softmax(c)] for c in columns(m)])),
    "cumsum_rows": ("cumsum[1](m)", lambda x, m, q, id, s: [list(itertools.accumulate(r)) for r in m]),
    "reversed": ("reverse[1](m)", lambda x, m, q, id, s: [r[::-1] for r in m]),
    "flipped": ("reverse[0, 1](m)", lambda x, m, q, id, s: [r[::-1] for r in m[::-1]]),
    # dimensions
    "outer": ("x[..., new] * x[new]", lambda x, m, q, id, s: [[a * b for b in x] for a in x]),
    "weighted": ("m * (1.0, 2.5, -3.0)[..., new]",
                 lambda x, m, q, id, s: [[a * w for a in r] for r, w in zip(m, (1, 2.5, -3))]),
    "last": ("x[-1] + m[-2, -1]", lambda x, m, q, id, s: x[-1] + m[-2][-1]),
    "slices": ("concat(x[-3..], x[..-5])", lambda x, m, q, id, s: x[-3:] + x[:-5]),
    "roll": ("roll(2)(x)", lambda x, m, q, id, s: x[-2:] + x[:-2]),
    "roll_back": ("roll(-1, dim = 1)(m)", lambda x, m, q, id, s: [r[1:] + r[:1] for r in m]),
    "repeat": ("repeat(2)(m)", lambda x, m, q, id, s: m + m),
    "repeat_columns": ("m |> repeat(3, dim = -1)", lambda x, m, q, id, s: [r * 3 for r in m]),
    "squeeze": ("squeeze(m[new, 1])", lambda x, m, q, id, s: m[1]),
    "stack_last": ("stack(x, 2 * x, dim = -1)", lambda x, m, q, id, s: [[a, 2 * a] for a in x]),
    "stack_list": ("stack((sin(x), cos(x)))", lambda x, m, q, id, s: [[math.sin(a) for a in x], [math.cos(a) for a in x]]),
    "concat_first": ("concat(m, q, dim = -2)", lambda x, m, q, id, s: m + q),
    "reflect": ('pad(2, 3, mode = "reflect")(x)', lambda x, m, q, id, s: [x[abs(i)] if i < 7 else x[12 - i] for i in R(-2, 10)]),
    "edge": ('pad((1, 0), (0, 2), mode = "edge")(m)',
             lambda x, m, q, id, s: [r + [r[-1]] * 2 for r in [m[0]] + m]),
    "wrap": ('pad(3, 2, mode = "wrap")(x)', lambda x, m, q, id, s: [x[i % 7] for i in R(-3, 9)]),
    # tensors from sizes, lists
    "sizes": ("m + zeros(3, 4) + 2 * ones(3, 4) + full((3, 4), 0.5)", lambda x, m, q, id, s: [[a + 2.5 for a in r] for r in m]),
    "identity": ("eye(4) @ q + eye(4, 4)", lambda x, m, q, id, s: [[q[i][j] + (i == j) for j in R(4)] for i in R(4)]),
    "range": ("x[2..5] * iota(2..5)", lambda x, m, q, id, s: [x[i] * i for i in R(2, 5)]),
    "list": ("x * (1, 2, 3, 4, 5, 6, 7)", lambda x, m, q, id, s: [a * (i + 1) for i, a in enumerate(x)]),
    "table": ("((1.0, 2.0, 0.5), (0.0, 1.0, -1.0)) @ m",
              lambda x, m, q, id, s: [[sum(w * m[k][j] for k, w in enumerate(r)) for j in R(4)]
                                      for r in ((1, 2, 0.5), (0, 1, -1))]),
    "chosen": ("x[(6, 0, 0)]", lambda x, m, q, id, s: [x[6], x[0], x[0]]),
    "functions": ("total = s; for i, f in enumerate((relu, tanh, leaky_relu(0.2))) { total = total + i * sum(f(x)) }; total",
                  lambda x, m, q, id, s: s + sum(map(math.tanh, x)) + 2 * sum(a if a > 0 else 0.2 * a for a in x)),
    "grown": ("l = (); for a, b in ((1, 2), (3, 4)) { l = l + (x * a + b,) }; stack(l)",
              lambda x, m, q, id, s: [[c * a + b for c in x] for a, b in ((1, 2), (3, 4))]),
    "comprehension": ("concat((x[i..i + 2] * i for i in 0..3)) * length((1, 2, 3))",
                      lambda x, m, q, id, s: [3 * i * a for i in R(3) for a in x[i:i + 2]]),
    "numbers_joined": ("concat((1, 2), x[0], s)", lambda x, m, q, id, s: [1, 2, x[0], s]),
    "parts": ("l = (x[0], s, x[1]); l[-1] + sum(stack(l[..2]))", lambda x, m, q, id, s: x[1] + x[0] + s),
    # calls and blocks
    "defaults": ("leaky_relu(x)", lambda x, m, q, id, s: [a if a > 0 else 0.01 * a for a in x]),
    "piped": ("x |> relu() |> leaky_relu()", lambda x, m, q, id, s: [max(a, 0) for a in x]),
    "loss": ("huber(s, x[0])", lambda x, m, q, id, s: (s - x[0])**2 / 2 if abs(s - x[0]) <= 1 else abs(s - x[0]) - 0.5),
    "negative": ("y = 2 * s\n    -y + 1", lambda x, m, q, id, s: 1 - 2 * s),
}


def shape_of(value):
    return [len(value)] + shape_of(value[0]) if isinstance(value, list) else []


def flat(value):
    return [n for part in value for n in flat(part)] if isinstance(value, list) else [float(value)]


def write_npy(path, shape, kind, values):
    header = f"{{'descr': '<{kind}', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))},), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    code = {"f8": "d", "i4": "i"}[kind]
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() +
                     struct.pack(f"<{len(values)}{code}", *values))


fields = {"x": ([7], "f8"), "m": ([3, 4], "f8"), "q": ([4, 4], "f8"), "id": ([4], "i4"), "s": ([], "f8")}
command = sys.argv[1]
if command == "program":
    shapes = {name: shape_of(function(**example(0))) for name, (_, function) in cases.items()}
    inputs = "x: float[7], m: float[3, 4], q: float[4, 4], id: int[4], s: float"
    functions = "\n".join(
        f"fn {name}_({inputs}) -> float{json.dumps(shapes[name]) if shapes[name] else ''} {{\n    "
        f"{text}\n}}" for name, (text, _) in cases.items())
    files = ", ".join(f'"{name}.npy"' for name in fields)
    calls = {name: f"{name}_(x, m, q, id, s)" for name in cases}
    print(f"""data points {{
  {inputs.replace(", s:", chr(10) + "  s:").replace(", m", chr(10) + "  m").replace(", q", chr(10) + "  q").replace(", id", chr(10) + "  id")}
  train = npy({files})
}}
{functions}
model all({inputs}) -> float {{
  param w: float = 1
  w * ({" + ".join(f"sum({call})" if shapes[name] else call for name, call in calls.items())})
}}
train all on points {{
  loss = all(x, m, q, id, s)
  optimizer = sgd(0)
  batch = {rows}
  steps = 1
}}
predict all {{ {"; ".join(f"{name} = {call}" for name, call in calls.items())} }}""")
elif command == "data":
    pathlib.Path("inputs.json").write_text(json.dumps([example(row) for row in R(rows)]))
    for name, (shape, kind) in fields.items():
        write_npy(pathlib.Path(f"{name}.npy"), [rows] + shape, kind,
                  [v if kind == "f8" else int(v) for row in R(rows) for v in flat(example(row)[name])])
else:
    wrong = []
    predicted = json.loads(pathlib.Path(sys.argv[2]).read_text())
    for name, (text, function) in cases.items():
        expected = [v for row in R(rows) for v in flat(function(**example(row)))]
        found = [v for row in predicted for v in flat(row[name])]
        if len(found) != len(expected):
            wrong.append(f"{name}: {len(found)} numbers, expected {len(expected)}")
            continue
        for place, (a, b) in enumerate(zip(found, expected)):
            if not abs(a - b) <= 1e-5 * max(1, abs(b)):
                wrong.append(f"{name} `{text}` at {place}: {a}, expected {b}")
                break
    print("\n".join(wrong) or f"all {len(cases)} expressions agree")
    sys.exit(bool(wrong))

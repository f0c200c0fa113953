"""Expressions over padded dimensions against plain Python, on each example's own part.

Each case is an expression over x: float[up to 7, 3], of the same length v: float[T], id: int[T] and class numbers label, and s: float;
its function computes the same from lists of the example's own length. `program` prints a program that predicts all of them, with
derivatives, `program N` one for examples of N positions without padding; `data` writes the inputs, `check FILE` and
`compare FILE N FILE...` compare predictions.
"""
import itertools
import json
import math
import pathlib
import sys

R = range
lengths = (1, 7, 3, 2, 5, 7, 1, 4, 6)


def number(row, place):
    """Numbers between -2 and 2 without a pattern that a wrong index could meet by chance."""
    return math.sin(12.9898 * row + 78.233 * place + 1) * 2


def example(row):
    n = lengths[row]
    return {
        "x": [[number(row, 3 * t + c) for c in R(3)] for t in R(n)],
        "v": [number(row, 30 + t) for t in R(n)],
        "id": [(row + 3 * t) % n for t in R(n)],
        "label": [(row + t) % 3 for t in R(n)],
        "s": number(row, 50),
    }


def mean(v):
    return sum(v) / len(v)


def var(v):
    return mean([(a - mean(v))**2 for a in v])


def softmax(v):
    e = [math.exp(a) for a in v]
    return [a / sum(e) for a in e]


def columns(m):
    return [list(c) for c in zip(*m)]


def at(v, t, otherwise=0.0):
    return v[t] if 0 <= t < len(v) else otherwise


def smoothed(v, start=0.0):
    out = []
    for a in v:
        start = math.tanh(0.5 * start + a)
        out.append(start)
    return out


# name: (statements that end with the value, the same in Python)
cases = {
    # reductions
    "sum": ("sum[0](x)", lambda x, v, i, l, s: [sum(c) for c in columns(x)]),
    "mean": ("mean[0](x)", lambda x, v, i, l, s: [mean(c) for c in columns(x)]),
    "mean_of_all": ("mean(x)", lambda x, v, i, l, s: mean(sum(x, []))),
    "max": ("max[0](x - 5)", lambda x, v, i, l, s: [max(c) - 5 for c in columns(x)]),
    "min": ("min[0](x + 5)", lambda x, v, i, l, s: [min(c) + 5 for c in columns(x)]),
    "prod": ("prod(v)", lambda x, v, i, l, s: math.prod(v)),
    "var": ("var[0](x)", lambda x, v, i, l, s: [var(c) for c in columns(x)]),
    "std": ("std(v)", lambda x, v, i, l, s: math.sqrt(var(v))),
    "norm": ("norm[0](x)", lambda x, v, i, l, s: [math.hypot(*c) for c in columns(x)]),
    "argmax": ("argmax(v - 5)", lambda x, v, i, l, s: v.index(max(v))),
    "argmin": ("argmin[0](x + 5)", lambda x, v, i, l, s: [c.index(min(c)) for c in columns(x)]),
    "any": ("float(any(v > 1))", lambda x, v, i, l, s: float(any(a > 1 for a in v))),
    "all": ("float(all(v > -1.5))", lambda x, v, i, l, s: float(all(a > -1.5 for a in v))),
    "share": ("mean(v > 0)", lambda x, v, i, l, s: mean([a > 0 for a in v])),
    "logsumexp": ("logsumexp[0](x)", lambda x, v, i, l, s: [math.log(sum(map(math.exp, c))) for c in columns(x)]),
    "rows": ("mean[1](x)", lambda x, v, i, l, s: [mean(r) for r in x]),
    "integers": ("max(id) + sum(id)", lambda x, v, i, l, s: max(i) + sum(i)),
    "kept": ("x - mean[0, keep](x)", lambda x, v, i, l, s: columns([[a - mean(c) for a in c] for c in columns(x)])),
    # along the dimension
    "softmax": ("softmax[0](x)", lambda x, v, i, l, s: columns([softmax(c) for c in columns(x)])),
    "log_softmax": ("log_softmax(v)", lambda x, v, i, l, s: [math.log(p) for p in softmax(v)]),
    "cumsum": ("cumsum(v)", lambda x, v, i, l, s: list(itertools.accumulate(v))),
    "reverse": ("reverse(x)", lambda x, v, i, l, s: x[::-1]),
    "reverse_rows": ("reverse[1](x)", lambda x, v, i, l, s: [row[::-1] for row in x]),
    "reverse_columns": ("reverse[1](transpose(1, 0)(x))", lambda x, v, i, l, s: [c[::-1] for c in columns(x)]),
    "sorted": ("sort()(v).values", lambda x, v, i, l, s: sorted(v)),
    "transposed": ("transpose(1, 0)(x)", lambda x, v, i, l, s: columns(x)),
    "joined": ("concat(x, 2 * x)", lambda x, v, i, l, s: [r + [2 * a for a in r] for r in x]),
    "stacked": ("stack(v, v * s, dim = -1)", lambda x, v, i, l, s: [[a, a * s] for a in v]),
    "reshaped": ("reshape(T, 3, 1)(x)", lambda x, v, i, l, s: [[[a] for a in r] for r in x]),
    # positions
    "first": ("first(x) + x[0]", lambda x, v, i, l, s: [2 * a for a in x[0]]),
    "last": ("last(x) + x[-1]", lambda x, v, i, l, s: [2 * a for a in x[-1]]),
    "length": ("length(x)", lambda x, v, i, l, s: len(x)),
    "behind": ("x[1..]", lambda x, v, i, l, s: x[1:]),
    "before": ("x[..-1]", lambda x, v, i, l, s: x[:-1]),
    "inner": ("sum[0](x[1..-1])", lambda x, v, i, l, s: [sum(r[c] for r in x[1:-1]) for c in R(3)]),
    "prefix": ("x[..3]", lambda x, v, i, l, s: x[:3]),
    "differences": ("x[1..] - x[..-1]", lambda x, v, i, l, s: [[b - a for a, b in zip(p, q)] for p, q in zip(x, x[1:])]),
    "looked_up": ("x[id]", lambda x, v, i, l, s: [x[k] for k in i]),
    "beyond": ("v[int(s + 10)]", lambda x, v, i, l, s: v[-1]),
    "of_a_table": ("(2 * iota(7) - 3)[id]", lambda x, v, i, l, s: [2 * k - 3 for k in i]),
    "per_position": ("x[..., label]", lambda x, v, i, l, s: [r[k] for r, k in zip(x, l)]),
    "counted": ("positions(x)", lambda x, v, i, l, s: [float(t) for t in R(len(v))]),
    "faded": ("w = faded(x); y[c] = sum[t] w[t] * x[t, c]; y",
              lambda x, v, i, l, s: [sum(math.exp(-t) * r[c] for t, r in enumerate(x)) / sum(math.exp(-t) for t in R(len(x))) for c in R(3)]),
    # index notation
    "contracted": ("y[c] = sum[t] x[t, c] * v[t]; y", lambda x, v, i, l, s: [sum(r[c] * a for r, a in zip(x, v)) for c in R(3)]),
    "scores": ("y[t, u] = sum[c] x[t, c] * x[u, c]; y", lambda x, v, i, l, s: [[sum(a * b for a, b in zip(p, q)) for q in x] for p in x]),
    "attention": ("attention(x)", lambda x, v, i, l, s: [
        [sum(w * r[c] for w, r in zip(softmax([sum(a * b for a, b in zip(p, q)) for q in x]), x)) for c in R(3)] for p in x]),
    "causal": ("y[t] = sum[u] (where u <= t: v[u]); y", lambda x, v, i, l, s: list(itertools.accumulate(v))),
    "kept_mean": ("mean(where v > -3: v)", lambda x, v, i, l, s: mean(v)),
    "neighbours": ("neighbours(v)", lambda x, v, i, l, s: [at(v, t - 1) + at(v, t + 1) for t in R(len(v))]),
    # windows
    "convolved": ("y[t] = sum[k in 0..3] v[t + k] * (k + 1); y",
                  lambda x, v, i, l, s: [sum(v[t + k] * (k + 1) for k in R(3)) for t in R(len(v) - 2)]),
    "same": ("x |> conv1d(2, 3, bias = false, init = 1.0)",
             lambda x, v, i, l, s: [[sum(sum(at(x, t + k, [0.0])) for k in (-1, 0, 1))] * 2 for t in R(len(x))]),
    "residual": ("x + (x |> conv1d(3, 3, bias = false, init = 1.0))",
                 lambda x, v, i, l, s: [[a + sum(sum(at(x, t + k, [0.0])) for k in (-1, 0, 1)) for a in x[t]] for t in R(len(x))]),
    "strided": ("x |> conv1d(1, 3, stride = 2, bias = false, init = 1.0)",
                lambda x, v, i, l, s: [[sum(sum(at(x, t + k, [0.0])) for k in (-1, 0, 1))] for t in R(0, len(x), 2)]),
    "shifted": ("x |> conv1d(1, 2, padding = \"causal\", bias = false, init = 1.0)",
                lambda x, v, i, l, s: [[sum(x[t]) + sum(at(x, t - 1, [0.0]))] for t in R(len(x))]),
    "pooled": ("max[0](max_pool1d(3, 1, \"same\")(x - 5))", lambda x, v, i, l, s: [max(c) - 5 for c in columns(x)]),
    "averaged": ("average_pool1d(2)(x)", lambda x, v, i, l, s: [[mean(c) for c in zip(x[t], x[t + 1])] for t in R(0, len(x) - 1, 2)]),
    # scans
    "rolled": ("scan a in v with h = 0.0 { h = tanh(0.5 * h + a)\n yield h }", lambda x, v, i, l, s: smoothed(v)),
    "carry": ("scan a in v with h = s { h = tanh(0.5 * h + a) }", lambda x, v, i, l, s: smoothed(v, s)[-1]),
    "backward": ("reverse(scan a in reverse(v) with h = 0.0 { h = tanh(0.5 * h + a)\n yield h })",
                 lambda x, v, i, l, s: smoothed(v[::-1])[::-1]),
    "counter": ("scan a in x with n = 0 { n = n + 1 }", lambda x, v, i, l, s: len(x)),
    "two": ("r = scan a in x, b in v with h = zeros(3) { h = h + a * b\n yield (h = h, b = b) }; last(r.h) + sum(r.b)",
            lambda x, v, i, l, s: [sum(r[c] * a for r, a in zip(x, v)) + sum(v) for c in R(3)]),
    "over_range": ("over_range(x)", lambda x, v, i, l, s: [float(t * t) for t in R(len(x))]),
    "undefined": ("sum(scan a in v with h = 1.0 { yield log(a^2) / abs(a) })",
                  lambda x, v, i, l, s: sum(math.log(a * a) / abs(a) for a in v)),
    # operations that are undefined for some numbers
    "logarithm": ("sum(log(v^2)) + sum(1 / v)", lambda x, v, i, l, s: sum(math.log(a * a) + 1 / a for a in v)),
    "unit": ("x / norm[1, keep](x)", lambda x, v, i, l, s: [[a / math.hypot(*r) for a in r] for r in x]),
    "roots": ("mean(sqrt(abs(v)))", lambda x, v, i, l, s: mean([math.sqrt(abs(a)) for a in v])),
    "steep": ("mean(exp(10 * (v - s) - 30) * (v + 80))", lambda x, v, i, l, s: mean([math.exp(10 * (a - s) - 30) * (a + 80) for a in v])),
    # losses of positions
    "tagging": ("mean(cross_entropy(x, label))",
                lambda x, v, i, l, s: mean([math.log(sum(map(math.exp, r))) - r[k] for r, k in zip(x, l)])),
    "accuracy": ("mean(argmax[1](x) == label)", lambda x, v, i, l, s: mean([r.index(max(r)) == k for r, k in zip(x, l)])),
    "squared": ("mse(x[..., 0], v)", lambda x, v, i, l, s: mean([(r[0] - a)**2 for r, a in zip(x, v)])),
}

# These need more positions than one.
longer = {"behind", "before", "inner", "prefix", "differences", "convolved", "averaged"}

prelude = """fn positions(x: float[T, n]) -> float[T] { float(iota(T)) }
fn faded(x: float[T, n]) -> float[T] {
  w = exp(-iota(T))
  w / sum(w)
}
fn attention(x: float[T, n]) -> float[T, n] {
  scores[t, u] = sum[c] x[t, c] * x[u, c]
  weights = softmax[1](scores)
  y[t, c] = sum[u] weights[t, u] * x[u, c]
  y
}
fn neighbours(v: float[T]) -> float[T] {
  y[t in 0..T] = (if t > 0 { v[t - 1] } else { 0 }) + (if t + 1 < length(v) { v[t + 1] } else { 0 })
  y
}
fn over_range(x: float[T, n]) -> float[T] { scan t in 0..T { yield float(t * t) } }
"""


def rank_of(value):
    return 1 + rank_of(value[0]) if isinstance(value, list) else 0


def flat(value):
    return [n for part in value for n in flat(part)] if isinstance(value, list) else [float(value)]


def program(length):
    """All cases as results of a model; with a length, those that it suffices for, of examples that are all so long. The loss and the
    derivatives by the inputs and a parameter, also of second order, are results too."""
    row = lengths.index(7)
    ranks = {name: rank_of(function(*example(row).values())) for name, (_, function) in cases.items()
             if not (length and name in longer)}
    inputs = "x: float[T, 3], v: float[T], id: int[T], label: class[3][T], s: float"
    print("data words {")
    up_to, same = (length, length) if length else ("up to 7", "length(x)")
    print(f"  x: float[{up_to}, 3]\n  v: float[{same}]\n  id: int[{same}]\n  label: class[3][{same}]\n  s: float")
    print(f'  train = csv("words{length or ""}.csv", header = false)\n}}\n' + prelude)

    def result(name):
        return "float" + (f"[{', '.join(['_'] * ranks[name])}]" if ranks[name] else "")

    for name in ranks:
        text = cases[name][0].replace("; ", "\n  ")
        print(f"layer {name}_({inputs}) -> {result(name)} {{\n  {text}\n}}")
    print(f"model net({inputs}) -> ({', '.join(f'{name}: {result(name)}' for name in ranks)}) {{")
    print("  param w: float = 1.0\n  param m: float[3] = 1.0")
    print("\n".join(f"  r_{name} = {name}_(x * m, v * w, id, label, s)" for name in ranks))
    print(f"  ({', '.join(f'{name} = r_{name}' for name in ranks)})\n}}")
    print("train net on words {\n  r = net(x, v, id, label, s)")
    # Results of a longer sequence count less than those of a shorter one; the squares have second derivatives.
    terms = [f"mean(sin(r.{name}) + 0.01 * r.{name}^2)" for name in ranks if not (length and name in longer) and name not in longer]
    print("  total = " + " + ".join(terms))
    print("  loss = total\n  optimizer = sgd(0)\n  batch = 9\n  steps = 1\n}")
    print("predict net {\n  value = total\n  by_x, by_v, by_s = grad(total, (x, v, s))\n  penalty = sum(by_x^2) + sum(by_v^2)")
    print("  again_x, again_v = grad(penalty, (x, v))")
    print("\n".join(f"  {name} = r.{name}" for name in ranks) + "\n}")


def write():
    pathlib.Path("inputs.json").write_text(json.dumps([example(row) for row in R(len(lengths))]))
    for length in set(lengths):
        pathlib.Path(f"inputs{length}.json").write_text(
            json.dumps([example(row) for row in R(len(lengths)) if lengths[row] == length]))
    for length in [0] + list(set(lengths)):
        lines = []
        for row in R(len(lengths)):
            if length and lengths[row] != length:
                continue
            most, one = length or 7, example(row)
            cells = []
            for name, each in (("x", 3), ("v", 1), ("id", 1), ("label", 1)):
                numbers = [repr(n) if name in "xv" else str(int(n)) for n in flat(one[name])]
                cells += numbers + [""] * (most * each - len(numbers))
            lines.append(",".join(cells + [repr(one["s"])]))
        pathlib.Path(f"words{length or ''}.csv").write_text("\n".join(lines) + "\n")


def differences(found, expected, places):
    if len(found) != len(expected):
        return f"{len(found)} numbers, expected {len(expected)}"
    for place, (a, b) in enumerate(zip(found, expected)):
        if not abs(a - b) <= places * max(1, abs(b)):
            return f"{a} at {place}, expected {b}"
    return ""


def check(path):
    wrong = []
    predicted = json.loads(pathlib.Path(path).read_text())
    for name, (text, function) in cases.items():
        for row in R(len(lengths)):
            problem = differences(flat(predicted[row][name]), flat(function(*example(row).values())), 1e-12)
            if problem:
                wrong.append(f"{name} `{text}` of length {lengths[row]}: {problem}")
                break
    return wrong, f"all {len(cases)} expressions agree"


def compare(path, *others):
    """Predictions of the padded program against those of programs for a length; `others` are lengths, each with its predictions."""
    wrong, count = [], 0
    predicted = json.loads(pathlib.Path(path).read_text())
    for length, other in zip(map(int, others[::2]), others[1::2]):
        rows = [row for row in R(len(lengths)) if lengths[row] == length]
        for row, single in zip(rows, json.loads(pathlib.Path(other).read_text())):
            for name, value in single.items():
                problem = differences(flat(predicted[row][name]), flat(value), 1e-12)
                count += 1
                if problem:
                    wrong.append(f"{name} of length {length}: {problem}")
    return wrong, f"{count} results and derivatives agree"


command = sys.argv[1]
if command == "program":
    program(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
elif command == "data":
    write()
else:
    problems, summary = check(sys.argv[2]) if command == "check" else compare(*sys.argv[2:])
    print("\n".join(problems) or summary)
    sys.exit(bool(problems))

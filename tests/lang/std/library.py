"""Layers and functions of lang/std against definitions in plain Python.

`program` prints a program that applies each of them, `data` its inputs, `check WEIGHTS INPUTS PREDICTIONS` compares what it
predicts with what the definitions give for the same parameters and inputs.
"""
import csv
import itertools
import json
import math
import random
import re
import struct
import sys


class Array:
    """Numbers in row-major order, by a list or a function of the indices."""

    def __init__(self, shape, numbers):
        self.shape = tuple(shape)
        self.numbers = [numbers(*at) for at in self.places()] if callable(numbers) else list(numbers)

    def places(self):
        return itertools.product(*map(range, self.shape))

    def __getitem__(self, at):
        place = 0
        for index, size in zip(at if isinstance(at, tuple) else (at,), self.shape):
            assert 0 <= index < size
            place = place * size + index
        return self.numbers[place]

    def padded(self, at, value=0.0):
        """The element, or `value` outside."""
        return self[at] if all(0 <= index < size for index, size in zip(at, self.shape)) else value


def convolution(x, weight, stride, before, groups=1, bias=None):
    """Of x [positions..., C] by weight [window..., C / groups, channels], padded to keep the size but for the stride."""
    *window, inputs, channels = weight.shape
    size = [(extent - 1) // step + 1 for extent, step in zip(x.shape, stride)]

    def element(*at):
        *position, channel = at
        first = channel // (channels // groups) * inputs
        return (bias[channel] if bias else 0) + sum(
            weight[(*tap, c, channel)] * x.padded((*(p * s + t - b for p, s, t, b in zip(position, stride, tap, before)),
                                                    first + c))
            for tap in itertools.product(*map(range, window)) for c in range(inputs))

    return Array([*size, channels], element)


def pooled(x, window, stride, padding, reduce):
    """`reduce` of the elements of each window that lie within x."""
    size = [(extent + 2 * padding - w) // stride + 1 for extent, w in zip(x.shape, window)]

    def element(*at):
        *position, channel = at
        places = itertools.product(*(range(p * stride - padding, p * stride - padding + w)
                                     for p, w in zip(position, window)))
        return reduce([x[(*place, channel)] for place in places
                       if all(0 <= index < extent for index, extent in zip(place, x.shape))])

    return Array([*size, x.shape[-1]], element)


def mean(numbers):
    return sum(numbers) / len(numbers)


def adaptive(x, parts):
    def element(i, j, c):
        (h, w), (n, m) = x.shape[:2], parts
        return max(x[a, b, c] for a in range(i * h // n, -((i + 1) * -h // n))
                   for b in range(j * w // m, -((j + 1) * -w // m)))

    return Array([*parts, x.shape[2]], element)


def repeated(x, factor):
    h, w, c = x.shape
    return Array([h * factor[0], w * factor[1], c], lambda i, j, k: x[i // factor[0], j // factor[1], k])


def interpolated(x, factor):
    h, w, c = x.shape

    def source(i, factor, size):
        place = max((i + 0.5) / factor - 0.5, 0)
        low = min(int(place), size - 1)
        return low, min(low + 1, size - 1), place - low

    def element(i, j, k):
        top, bottom, down = source(i, factor[0], h)
        left, right, across = source(j, factor[1], w)
        return (1 - down) * ((1 - across) * x[top, left, k] + across * x[top, right, k]) + \
            down * ((1 - across) * x[bottom, left, k] + across * x[bottom, right, k])

    return Array([h * factor[0], w * factor[1], c], element)


def shuffled(x, r):
    h, w, c = x.shape
    return Array([h * r, w * r, c // r ** 2], lambda i, j, k: x[i // r, j // r, k * r * r + i % r * r + j % r])


def unshuffled(x, r):
    h, w, c = x.shape
    return Array([h // r, w // r, c * r * r],
                 lambda i, j, k: x[i * r + k % (r * r) // r, j * r + k % r, k // (r * r)])


def gated(x):
    half = x.shape[-1] // 2
    return Array([*x.shape[:-1], half],
                 lambda *at: x[at] / (1 + math.exp(-x[(*at[:-1], at[-1] + half)])))


def order(row, descending):
    """nan last, equal numbers in their order."""
    sign = -1 if descending else 1
    return sorted(range(len(row)), key=lambda i: (math.isnan(row[i]), 0 if math.isnan(row[i]) else sign * row[i], i))


def ordered(x, descending, count, indices):
    rows, n = x.shape
    found = [order([x[r, i] for i in range(n)], descending)[:count] for r in range(rows)]
    return Array([rows, count], lambda r, i: found[r][i] if indices else x[r, found[r][i]])


def products(x, y, p, path):
    weight, bias = p[path + ".weight"], p[path + ".bias"]
    n, m, units = weight.shape
    return Array([x.shape[0], units], lambda r, u: bias[u] + sum(
        x[r, i] * weight[i, j, u] * y[r, j] for i in range(n) for j in range(m)))


# Input type, code, definition of x and the parameters. Rows with few different numbers have equal ones.
image, sequence, volume, rows = (6, 4, 8), (9, 3), (4, 5, 3, 4), (3, 7)
cases = [
    (rows, "(x |> sort).values", lambda x, p: ordered(x, False, 7, False)),
    (rows, "float((x |> sort(descending = true)).indices)", lambda x, p: ordered(x, True, 7, True)),
    (rows, "(round(x) |> sort(descending = true)).values",
     lambda x, p: ordered(Array(rows, [float(round(e)) for e in x.numbers]), True, 7, False)),
    (rows, "float((round(x) |> sort).indices)",
     lambda x, p: ordered(Array(rows, [float(round(e)) for e in x.numbers]), False, 7, True)),
    (rows, "float((log(x) |> sort).indices)",
     lambda x, p: ordered(Array(rows, [math.log(e) if e > 0 else math.nan for e in x.numbers]), False, 7, True)),
    (rows, "(x |> top_k(3)).values", lambda x, p: ordered(x, True, 3, False)),
    (rows, "float((round(x) |> top_k(3)).indices)",
     lambda x, p: ordered(Array(rows, [float(round(e)) for e in x.numbers]), True, 3, True)),
    (image, "x |> glu", lambda x, p: gated(x)),
    (image, "x |> upsample(2)", lambda x, p: repeated(x, (2, 2))),
    (image, "x |> upsample((1, 3))", lambda x, p: repeated(x, (1, 3))),
    (image, 'x |> upsample(2, mode = "bilinear")', lambda x, p: interpolated(x, (2, 2))),
    (image, 'x |> upsample((3, 1), mode = "bilinear")', lambda x, p: interpolated(x, (3, 1))),
    (image, "x |> pixel_shuffle(2)", lambda x, p: shuffled(x, 2)),
    (image, "x |> pixel_unshuffle(2)", lambda x, p: unshuffled(x, 2)),
    (image, "x |> adaptive_max_pool((4, 3))", lambda x, p: adaptive(x, (4, 3))),
    (image, "x |> adaptive_max_pool(2)", lambda x, p: adaptive(x, (2, 2))),
    (sequence, "x |> max_pool1d(2)", lambda x, p: pooled(x, [2], 2, 0, max)),
    (sequence, "x |> max_pool1d(3, stride = 2, padding = 1)", lambda x, p: pooled(x, [3], 2, 1, max)),
    (sequence, "x |> average_pool1d(4, stride = 1)", lambda x, p: pooled(x, [4], 1, 0, mean)),
    (sequence, "x |> average_pool1d(3, stride = 2, padding = 1)",
     lambda x, p: pooled(x, [3], 2, 1, lambda numbers: sum(numbers) / 3)),
    (sequence, "x |> average_pool1d(3, padding = 1, count_padding = false)", lambda x, p: pooled(x, [3], 3, 1, mean)),
    (volume, "x |> max_pool3d((2, 3, 1), stride = 1)", lambda x, p: pooled(x, [2, 3, 1], 1, 0, max)),
    (volume, "x |> average_pool3d(2)", lambda x, p: pooled(x, [2, 2, 2], 2, 0, mean)),
    (volume, "x |> average_pool3d(3, stride = 2, padding = 1, count_padding = false)",
     lambda x, p: pooled(x, [3, 3, 3], 2, 1, mean)),
    (volume, "x |> plain", lambda x, p: convolution(x, p["plain.weight"], (1, 2, 1), (1, 0, 0), bias=p["plain.bias"])),
    (volume, "x |> grouped", lambda x, p: convolution(x, p["grouped.weight"], (2, 2, 1), (1, 1, 1), groups=2)),
    (image, "x |> depthwise",
     lambda x, p: convolution(x, p["depthwise.conv.weight"], (2, 2), (1, 1), 8, p["depthwise.conv.bias"])),
    (image, "x |> separable",
     lambda x, p: convolution(convolution(x, p["separable.spatial.weight"], (1, 1), (1, 0), 8),
                              p["separable.pointwise.weight"], (1, 1), (0, 0), bias=p["separable.pointwise.bias"])),
    (rows, "pairs(x, x[..., 2..5])",
     lambda x, p: products(x, Array([3, 3], lambda r, i: x[r, i + 2]), p, "pairs")),
]
layers = {
    "plain": "conv3d(2, (3, 2, 1), stride = (1, 2, 1))",
    "grouped": "conv3d(4, 3, stride = (2, 2, 1), groups = 2, bias = false)",
    "depthwise": "depthwise_conv(3, stride = 2, multiplier = 2)",
    "separable": "separable_conv(3, (3, 2))",
    "pairs": "bilinear(4)",
}
largest = max(math.prod(shape) for shape, _, _ in cases)


def program():
    lines = [f"  {name} = {text}" for name, text in layers.items()]
    for number, (shape, text, _) in enumerate(cases):
        call = re.sub(r"\bx\b", f"x{number}", text)
        lines += [f"  x{number} = x[..{math.prod(shape)}] |> reshape{shape}", f"  y{number} = {call} |> flatten"]
    results = ", ".join(f"y{number}" for number in range(len(cases)))
    return f"""data numbers {{ x: float[{largest}]
  train = csv("x.csv", header = false) }}
model all(x: float[{largest}]) -> float[_] {{
  param scale: float = 1
  x = x * scale
{chr(10).join(lines)}
  concat({results})
}}
train all on numbers {{
  loss = sum(all(x)^2) / 100
  optimizer = sgd(0)
  steps = 1
}}
predict all {{ y = all(x) }}"""


def parameters(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    return {name: Array(entry["shape"], struct.unpack(f"<{(entry['data_offsets'][1] - entry['data_offsets'][0]) // 4}f",
                                                      data[slice(*entry["data_offsets"])]))
            for name, entry in header.items() if name != "__metadata__" and entry["dtype"] == "F32"}


if sys.argv[1] == "program":
    print(program())
elif sys.argv[1] == "data":
    random.seed(2)
    for _ in range(2):
        numbers = (struct.unpack("f", struct.pack("f", random.gauss(0.5, 1)))[0] for _ in range(largest))
        print(",".join(map(repr, numbers)))
else:
    known = parameters(sys.argv[2])
    inputs = [list(map(float, row)) for row in csv.reader(open(sys.argv[3]))]
    predicted = [list(map(float, row)) for row in list(csv.reader(open(sys.argv[4])))[1:]]
    wrong = []
    for given, found in zip(inputs, predicted, strict=True):
        begin = 0
        for shape, text, definition in cases:
            expected = definition(Array(shape, given[:math.prod(shape)]), known)
            for place, value in zip(expected.places(), expected.numbers):
                # Differences count where they are numbers: nan is not close to anything.
                same = math.isnan(value) and math.isnan(found[begin]) or abs(found[begin] - value) <= 2e-6 * max(1, abs(value))
                if not same:
                    wrong.append(f"{text} at {place}: {found[begin]}, expected {value}")
                begin += 1
        assert begin == len(found), (begin, len(found))
    print("\n".join(wrong[:20]) or f"all {len(cases)} agree for {len(inputs)} examples")
    sys.exit(bool(wrong))

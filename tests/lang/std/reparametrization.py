"""Training of `weight_norm` and `spectral_norm` against the formulas, written out for a linear loss of one example.

reparametrization.py BEFORE AFTER STEPS RATE PREDICTIONS: the weights before and after steps of gradient descent, and what
is predicted with the latter.
"""
import csv
import json
import math
import struct
import sys

x, target = [0.5, -1.25, 2.0], [1.0, -0.5]


def parameters(path):
    """By name, matrices as lists of rows."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    result = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        begin, end = entry["data_offsets"]
        numbers = list(struct.unpack(f"<{(end - begin) // 4}f", data[begin:end]))
        width = entry["shape"][-1] if entry["shape"] else 1
        result[name] = numbers if len(entry["shape"]) < 2 else \
            [numbers[at:at + width] for at in range(0, len(numbers), width)]
    return result


def length(vector):
    return math.sqrt(sum(e * e for e in vector))


def unit(vector):
    return [e / max(length(vector), 1e-12) for e in vector]


def times(matrix, vector):
    return [sum(e * f for e, f in zip(row, vector)) for row in matrix]


def transposed(matrix):
    return list(map(list, zip(*matrix)))


def close(name, found, expected):
    flat = lambda value: [e for row in value for e in row] if isinstance(value[0], list) else value
    worst = max(abs(e - f) for e, f in zip(flat(found), flat(expected), strict=True))
    print(f"{name}: {worst:.0e} off{'' if worst < 2e-6 else ' FAILED'}")


before, after = parameters(sys.argv[1]), parameters(sys.argv[2])
steps, rate = int(sys.argv[3]), float(sys.argv[4])
# The derivative of the loss by the weight that the layer works with.
by_weight = [[e * t for t in target] for e in x]

weight, gain = before["normed.weight"], before["normed.normed_weight.gain"]
close("the first lengths", gain, [length(column) for column in transposed(weight)])
for _ in range(steps):
    columns = []
    for number, (column, derivative) in enumerate(zip(transposed(weight), transposed(by_weight))):
        direction = unit(column)
        along = sum(d * e for d, e in zip(derivative, direction))
        columns.append([w - rate * gain[number] / length(column) * (d - along * e)
                        for w, d, e in zip(column, derivative, direction)])
        gain[number] -= rate * along
    weight = transposed(columns)
close("weight_norm, weight", after["normed.weight"], weight)
close("weight_norm, gain", after["normed.normed_weight.gain"], gain)

weight = before["spectral.weight"]
u, v = before["spectral.spectral_weight.u"], before["spectral.spectral_weight.v"]
exact = u
for _ in range(1000):
    exact = unit(times(transposed(weight), times(weight, exact)))
largest, found = length(times(weight, exact)), sum(e * f for e, f in zip(times(weight, u), v))
print(f"the first singular value: {'close' if abs(found - largest) < 1e-4 * largest else 'FAILED'}")
for _ in range(steps):
    u = unit(times(transposed(weight), v))
    v = unit(times(weight, u))
    value = sum(e * f for e, f in zip(times(weight, u), v))
    product = sum(d * w for ds, ws in zip(by_weight, weight) for d, w in zip(ds, ws))
    weight = [[w - rate * (d / value - product / value ** 2 * v[i] * u[j]) for j, (w, d) in enumerate(zip(ws, ds))]
              for i, (ws, ds) in enumerate(zip(weight, by_weight))]
close("spectral_norm, weight", after["spectral.weight"], weight)
close("spectral_norm, u", after["spectral.spectral_weight.u"], u)
close("spectral_norm, v", after["spectral.spectral_weight.v"], v)

# Evaluation takes the last u and v.
predicted = [float(e) for e in list(csv.reader(open(sys.argv[5])))[1]]
weight = after["normed.weight"]
lengths = [length(column) for column in transposed(weight)]
gain = after["normed.normed_weight.gain"]
expected = [e * g / n for e, g, n in zip(times(transposed(weight), x), gain, lengths)]
weight, u, v = (after[name] for name in ("spectral.weight", "spectral.spectral_weight.u", "spectral.spectral_weight.v"))
value = sum(e * f for e, f in zip(times(weight, u), v))
close("predictions", predicted, expected + [e / value for e in times(transposed(weight), x)])

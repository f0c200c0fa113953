"""Functions of lang/std/augmentation.nn against definitions in plain Python.

`data` prints the pictures; `moved PICTURES PREDICTIONS` compares what the functions without drawing give of them; `drawn PREDICTIONS`
checks the distributions of what the others draw.
"""
import csv
import json
import math
import random
import sys

sys.dont_write_bytecode = True
from laws import flat, law, print_count

examples = 3000
floats = {"picture": (4, 5, 3), "grey": (5, 4)}


class Image:
    """Numbers at row, column and channel; 0 outside."""

    def __init__(self, height, width, channels, at):
        self.height, self.width, self.channels = height, width, channels
        self.numbers = [[[at(i, j, c) for c in range(channels)] for j in range(width)] for i in range(height)]

    def __call__(self, i, j, c):
        return self.numbers[i][j][c] if 0 <= i < self.height and 0 <= j < self.width else 0.0

    def map(self, at):
        return Image(self.height, self.width, self.channels, at)

    def between(self, y, x, c):
        i, j = math.floor(y), math.floor(x)
        return sum((1 - abs(y - a)) * (1 - abs(x - b)) * self(a, b, c) for a in (i, i + 1) for b in (j, j + 1))

    def edge(self, i, j, c):
        return self(min(max(i, 0), self.height - 1), min(max(j, 0), self.width - 1), c)

    def flat(self):
        return [e for row in self.numbers for pixel in row for e in pixel]


def affine(image, source):
    """Each pixel from the place that `source` gives, both as x to the right and y upwards from the centre."""
    cy, cx = (image.height - 1) / 2, (image.width - 1) / 2

    def at(i, j, c):
        x, y = source(j - cx, cy - i)
        return image.between(cy - y, cx + x, c)

    return image.map(at)


def rotated(image, angle):
    # The place that was turned to (x, y) is (x, y) turned back.
    return affine(image, lambda x, y: (math.cos(angle) * x + math.sin(angle) * y, -math.sin(angle) * x + math.cos(angle) * y))


def scaled(image, factor):
    return affine(image, lambda x, y: (x / factor, y / factor))


def sheared(image, slope):
    # Rows below the centre, where y is negative, move to the left.
    return affine(image, lambda x, y: (x + slope * -y, y))


def shifted(image, down, right):
    return image.map(lambda i, j, c: image(i - down, j - right, c))


def contrasted(image, factor):
    mean = sum(image.flat()) / len(image.flat())
    return image.map(lambda i, j, c: mean + factor * (image(i, j, c) - mean))


def grey(image, i, j):
    return 0.299 * image(i, j, 0) + 0.587 * image(i, j, 1) + 0.114 * image(i, j, 2)


def saturated(image, factor):
    return image.map(lambda i, j, c: (1 - factor) * grey(image, i, j) + factor * image(i, j, c))


def recoloured(image, part):
    to = [[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]]

    def colour(i, j):
        y, u, v = (sum(w * image(i, j, c) for c, w in enumerate(row)) for row in to)
        turned = complex(u, v) * complex(math.cos(2 * math.pi * part), math.sin(2 * math.pi * part))
        return solve(to, [y, turned.real, turned.imag])

    return image.map(lambda i, j, c: colour(i, j)[c])


def solve(matrix, right):
    """Cramer's rule."""
    def determinant(m):
        return sum(m[0][i] * (m[1][(i + 1) % 3] * m[2][(i + 2) % 3] - m[1][(i + 2) % 3] * m[2][(i + 1) % 3]) for i in range(3))

    return [determinant([[right[i] if k == at else matrix[i][k] for k in range(3)] for i in range(3)]) / determinant(matrix)
            for at in range(3)]


def blurred(image, deviation, reach):
    offsets = range(-reach, reach + 1)
    weight = {k: math.exp(-k * k / (2 * deviation ** 2)) for k in offsets}
    total = sum(weight.values()) ** 2
    return image.map(lambda i, j, c: sum(weight[k] * weight[m] / total * image.edge(i + k, j + m, c)
                                         for k in offsets for m in offsets))


def cut(image, row, column, side):
    inside = lambda at, centre: centre - side // 2 <= at < centre - side // 2 + side
    return image.map(lambda i, j, c: 0.0 if inside(i, row) and inside(j, column) else image(i, j, c))


def expected(picture, square):
    return {
        "shift": shifted(picture, 1, -2), "shift2": shifted(square, -3, 1), "gone": shifted(square, 0, 9),
        "rotate": rotated(picture, 0.4), "rotate2": rotated(square, -1.9),
        "scale": scaled(picture, 1.3), "scale2": scaled(square, 0.6), "shear": sheared(square, 0.7),
        "flip": picture.map(lambda i, j, c: picture(i, 4 - j, c)), "flip2": square.map(lambda i, j, c: square(4 - i, j, c)),
        "contrast": contrasted(picture, 0.6), "saturate": saturated(picture, 1.7), "turned": recoloured(picture, 0.2),
        "same": picture, "blur": blurred(picture, 0.8, 2), "blur2": blurred(square, 2.5, 3),
        "cut": cut(picture, 1, 4, 3), "cut2": cut(square, 2, 2, 2)}


def compare(pictures, predictions):
    failures = 0
    with open(pictures) as file:
        rows = [list(map(float, row)) for row in csv.reader(file)]
    found = json.load(open(predictions))
    # The places of every hundredth example are enough: all have the same code.
    for row, outputs in list(zip(rows, found, strict=True))[::100]:
        picture = Image(4, 5, 3, lambda i, j, c: row[(i * 5 + j) * 3 + c])
        square = Image(5, 4, 1, lambda i, j, c: row[60 + i * 4 + j])
        for name, image in expected(picture, square).items():
            # The colours' two matrices are inverse to three digits.
            limit = 5e-3 if name in ("turned", "same") else 2e-5
            worst = max(abs(a - b) for a, b in zip(flat(outputs[name]), image.flat(), strict=True))
            if not worst < limit:
                print(f"{name}: {worst:.1e} off FAILED")
                failures += 1
    if not failures:
        print(f"{len(found[0])} outputs of {len(found)} examples agree")


def uniform(name, values, low, high):
    """The largest distance of the distribution functions (Kolmogorov, Smirnov)."""
    distance = max(abs((x - low) / (high - low) - (i + 0.5) / len(values)) for i, x in enumerate(sorted(values)))
    law(name, distance * math.sqrt(len(values)) < 1.95, f"{distance * math.sqrt(len(values)):.2f} / sqrt(n) off")


def share(name, hits, probability):
    count, number = sum(hits), len(hits)
    error = (count - number * probability) / math.sqrt(number * probability * (1 - probability))
    law(name, abs(error) < 4.5, f"{count} of {number}, {error:.1f} deviations off")


def equally(name, values, kinds):
    values = [round(x) for x in values]
    chi = sum((values.count(kind) - len(values) / len(kinds)) ** 2 / (len(values) / len(kinds)) for kind in kinds)
    free = len(kinds) - 1
    law(name, set(values) == set(kinds) and abs(chi - free) < 5 * math.sqrt(2 * free), f"chi square {chi:.0f} of {free}")


def check_laws(predictions):
    found = json.load(open(predictions))
    all_of = lambda name: [outputs[name] for outputs in found]
    offsets = [(i, j) for i in range(-2, 3) for j in range(-2, 3)]
    equally("shift", all_of("shift"), [1 + 9 * (4 - i) + 4 - j for i, j in offsets])
    equally("cropped", all_of("cropped"), [1 + 9 * (4 + i) + 4 + j for i in (-1, 0, 1) for j in (-1, 0, 1)])
    mirror = lambda at: abs(at) if at < 5 else 8 - at
    parts = {tuple(1 + 5 * mirror(i + a) + mirror(j + b) for i in range(5) for j in range(5)): (a, b) for a, b in offsets}
    drawn = [parts.get(tuple(map(round, flat(value)))) for value in all_of("mirrored")]
    law("mirrored", None not in drawn and len(set(drawn)) == 25, "not a mirrored part")
    uniform("rotate", [math.degrees(math.asin(3 - x)) for x in all_of("rotate")], -20, 20)
    uniform("scale", [1 / (x - 3) for x in all_of("scale")], 0.5, 2)
    uniform("shear", [math.degrees(math.atan(x - 3)) for x in all_of("shear")], -45, 45)
    share("left", [x == 6 for x in all_of("left")], 0.3)
    law("left", set(all_of("left")) == {0, 6}, "another pixel")
    share("top", [x == 3 for x in all_of("top")], 0.5)
    uniform("bright", all_of("bright"), 0.6, 1.4)
    uniform("contrast", [(2.5 - x) / 1.5 for x in all_of("contrast")], 0.6, 1.4)
    uniform("saturation", [1 - x / 0.299 for x in all_of("saturation")], 0.5, 1.5)
    reds = [0.299 + 0.956 * (0.5959 * math.cos(a) - 0.2115 * math.sin(a)) + 0.619 * (0.5959 * math.sin(a) + 0.2115 * math.cos(a))
            for a in (2 * math.pi * (k / 1000 - 0.1) for k in range(201))]
    law("hue", min(reds) - 2e-3 < min(all_of("hue")) and max(all_of("hue")) < max(reds) + 2e-3, "out of range")
    noise = [x - e for value in all_of("noise") for x, e in zip(flat(value), (1, 2, 3, 4))]
    deviation = math.sqrt(sum(x * x for x in noise) / len(noise))
    law("noise", abs(sum(noise) / len(noise)) < 4.5 * 0.5 / math.sqrt(len(noise)), "mean")
    law("noise", abs(deviation / 0.5 - 1) < 4.5 / math.sqrt(2 * len(noise)), f"deviation {deviation}")
    sharpest = 1 / (1 + 2 * math.exp(-2)) ** 2
    law("blur", sharpest - 1e-4 < min(all_of("blur")) < sharpest + 0.05 and max(all_of("blur")) > 0.9999, "out of range")
    share("cutout", [value[3][3] == 0 for value in all_of("cutout")], 9 / 49)
    share("cutout at the corner", [value[0][0] == 0 for value in all_of("cutout")], 4 / 49)
    features = [x for value in all_of("features") for x in flat(value)]
    share("features", [x == -1 for x in features], 0.25)
    tokens = [x for value in all_of("tokens") for x in value]
    share("tokens", [x == 9 for x in tokens], 0.2)
    law("tokens", all(x in (9, k % 5 + 1) for k, x in enumerate(tokens)), "another piece")
    beta = all_of("beta")
    variance, fourth = (sum((x - 0.5) ** p for x in beta) / len(beta) for p in (2, 4))
    error = (variance - 1 / (4 * 1.8)) / math.sqrt((3 / (16 * 1.8 * 3.8) - 1 / (4 * 1.8) ** 2) / len(beta))
    law("beta", abs(error) < 4.5 and abs(fourth * 16 * 1.8 * 3.8 / 3 - 1) < 0.1, f"variance {error:.1f} deviations off")
    print_count()


if sys.argv[1] == "data":
    source = random.Random(1)
    for example in range(examples):
        print(",".join(f"{source.random():.6f}" for element in range(80)))
elif sys.argv[1] == "moved":
    compare(*sys.argv[2:])
else:
    check_laws(sys.argv[2])

"""What the initialisers of initialisers.nn gave, in the weights of a run, against their definitions."""
import itertools
import json
import math
import statistics
import struct
import sys

with open(sys.argv[1], "rb") as file:
    header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    data = file.read()


def values(name):
    begin, end = header[name]["data_offsets"]
    return header[name]["shape"], struct.unpack(f"<{(end - begin) // 4}f", data[begin:end])


def check(name, holds, text):
    print(f"{name}: {text}{'' if holds else ' FAILED'}")


def check_truncated(name, mean, deviation, low, high):
    """Bounds, mean and deviation, and the largest distance of the distribution functions (Kolmogorov, Smirnov)."""
    _, numbers = values(name)
    normal = statistics.NormalDist(mean, deviation)
    first, part = normal.cdf(low), normal.cdf(high) - normal.cdf(low)
    a, b = (low - mean) / deviation, (high - mean) / deviation
    pa, pb = (math.exp(-x * x / 2) / math.sqrt(2 * math.pi) for x in (a, b))
    expected = mean + deviation * (pa - pb) / part
    spread = deviation * math.sqrt(1 + (a * pa - b * pb) / part - ((pa - pb) / part) ** 2)
    count = len(numbers)
    check(name, low <= min(numbers) and max(numbers) <= high, "within bounds")
    error = abs(statistics.fmean(numbers) - expected) / spread * math.sqrt(count)
    check(name, error < 4, f"mean {error:.1f} standard errors off")
    error = abs(statistics.pstdev(numbers) - spread) / spread * math.sqrt(count)
    check(name, error < 4, f"deviation {error:.1f} standard errors off, at most")
    distance = max(abs((normal.cdf(x) - first) / part - (i + 0.5) / count) for i, x in enumerate(sorted(numbers)))
    check(name, distance * math.sqrt(count) < 2, f"distribution {distance * math.sqrt(count):.1f} / sqrt(n) off")


def check_orthogonal(name, gain):
    shape, numbers = values(name)
    columns = shape[-1]
    rows = [numbers[i:i + columns] for i in range(0, len(numbers), columns)]
    vectors = rows if len(rows) < columns else list(zip(*rows))
    largest = max(abs(sum(map(lambda x, y: x * y, a, b)) / gain ** 2 - (i == j))
                  for i, a in enumerate(vectors) for j, b in enumerate(vectors[:i + 1]))
    check(name, largest < 1e-5, f"{len(vectors)} vectors of {len(numbers) // len(vectors)}, orthonormal to {largest:.0e}")
    # The entries of a random vector of length 1 have the mean 0.
    error = abs(statistics.fmean(numbers)) / gain * math.sqrt(len(numbers) * max(len(rows), columns))
    check(name, error < 4, f"mean {error:.1f} standard errors off")


def check_exact(name, expected):
    shape, numbers = values(name)
    places = itertools.product(*map(range, shape))
    check(name, all(number == expected(*at) for number, at in zip(numbers, places)), f"{shape}")


check_truncated("standard", 0, 1, -2, 2)
check_truncated("uneven", 1, 2, 0.5, 6)
for matrix, factor in ("tall", 1), ("wide", 1), ("square", 1), ("kernel", 2), ("single", 1):
    check_orthogonal(matrix, factor)
check_exact("eye", lambda i, j: i == j)
check_exact("broad", lambda i, j: i == j)
check_exact("kernel1", lambda k, i, j: k == 2 and i == j)
check_exact("kernel2", lambda h, w, i, j: h == 1 and w == 2 and i == j)
check_exact("kernel3", lambda d, h, w, i, j: d == 0 and h == 1 and w == 1 and i == j)

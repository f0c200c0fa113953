"""Laws of the layers and mixtures of lang/std/regularisation.nn.

`data` prints examples; `check PLAIN SAMPLED` compares means and deviations over samples with those of the distributions;
`mixtures WEIGHTS` the sums that inputs/mixtures.nn keeps.
"""
import json
import math
import random
import struct
import sys

sys.dont_write_bytecode = True
from laws import flat, law, print_count

samples = 400


def check(plain_path, sampled_path):
    plain, sampled = json.load(open(plain_path)), json.load(open(sampled_path))
    means = lambda name: [e for outputs in sampled for e in flat(outputs[name])]
    spreads = lambda name: means(name + "_deviation")
    x = [e for outputs in plain for e in flat(outputs["usual"])]
    for name in plain[0]:
        if name in ("alpha", "connected", "noisy"):
            continue
        law(name, [e for outputs in plain for e in flat(outputs[name])] == x, "changes something without samples")
    law("none", means("none") == [float(e) for e in x] and not any(spreads("none")), "changes something at a rate of 0")
    # Relative to x: of a number that is kept with probability p, the deviation is sqrt((1 - p) / p).
    for name, rate in ("spatial", 0.25), ("rows", 0.5), ("path", 0.2), ("usual", 0.5), ("factor", 0.2):
        deviation = math.sqrt(rate / (1 - rate))
        off = [(m - e) / (abs(e) * deviation) * math.sqrt(samples) for m, e in zip(means(name), x)]
        law(name, max(map(abs, off)) < 5, f"a mean is {max(map(abs, off)):.1f} standard errors off")
        ratio = sum(d / abs(e) for d, e in zip(spreads(name), x)) / len(x) / deviation
        law(name, abs(ratio - 1) < 0.05, f"the deviation is {ratio:.3f} of what it should be")
    # Whole channels, rows and examples: the samples of their elements are multiples of each other.
    for name, together in ("spatial", lambda i, j: j), ("rows", lambda i, j: i), ("path", lambda i, j: 0):
        groups = {}
        for outputs, given in zip(sampled, plain):
            for i, row in enumerate(outputs[name]):
                for j, e in enumerate(row):
                    groups.setdefault((id(outputs), together(i, j)), []).append(e / given["usual"][i][j])
        worst = max(max(group) - min(group) for group in groups.values())
        law(name, worst < 1e-12, f"elements of one group differ by {worst}")
        law(name, len({round(group[0], 12) for group in groups.values()}) > 1, "all groups are alike")
    off = [(m - e) / 0.3 * math.sqrt(samples) for m, e in zip(means("sum"), x)]
    law("sum", max(map(abs, off)) < 5, f"a mean is {max(map(abs, off)):.1f} standard errors off")
    law("sum", abs(sum(spreads("sum")) / len(x) / 0.3 - 1) < 0.02, "deviation")
    # Of zeros: kept with probability 0.9, with a variance of rate low^2 (1 - rate) scale^2.
    low = -1.7580993408473766
    deviation = abs(low) * math.sqrt(0.1 * 0.9) / math.sqrt(0.9 * (1 + 0.1 * low * low))
    law("alpha", abs(sum(means("alpha")) / len(x)) < 5 * deviation / math.sqrt(samples * len(x)), "mean")
    law("alpha", abs(sum(spreads("alpha")) / len(x) / deviation - 1) < 0.05, "deviation")
    for name, spread in ("connected", 1.0), ("noisy", 0.1):
        rows = [flat(row) for outputs in plain for row in outputs["usual"]]
        given = [row for outputs in sampled for row in outputs[name]]
        deviations = [row for outputs in sampled for row in outputs[name + "_deviation"]]
        off = [(m - sum(row)) / (spread * math.sqrt(sum(e * e for e in row))) * math.sqrt(samples)
               for row, both in zip(rows, given) for m in both]
        law(name, max(map(abs, off)) < 5, f"a mean is {max(map(abs, off)):.1f} standard errors off")
        ratios = [d / (spread * math.sqrt(sum(e * e for e in row))) for row, both in zip(rows, deviations) for d in both]
        law(name, abs(sum(ratios) / len(ratios) - 1) < 0.08, f"the deviation is {sum(ratios) / len(ratios):.3f} of what it should be")


def check_mixtures(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    states = {name: struct.unpack_from("<d", data, entry["data_offsets"][0])[0] / 500
              for name, entry in header.items() if name != "__metadata__" and entry["dtype"] == "F64"}
    law("mixup", states["gap"] < 1e-12, f"a mixture is {states['gap']} off its target")
    # Of the beta distribution with both parameters 1/2, mean and variance, by 4000 numbers.
    law("mixup", abs(states["share"] - 0.5) < 5 * math.sqrt(0.125 / 4000), f"the mean share is {states['share']}")
    law("mixup", abs(states["squares"] - 0.125) < 5 * math.sqrt((3 / 128 - 1 / 64) / 4000), f"their variance is {states['squares']}")
    law("cutmix", states["cut_gap"] < 1e-12, f"a mixture is {states['cut_gap']} off its target")
    law("cutmix", states["cut_total"] < 1e-12, "a target has another total")
    # The rectangle has half of the area on average, less what lies outside.
    law("cutmix", 0.55 < states["cut_kept"] < 0.85, f"the mean of what is kept is {states['cut_kept']}")


if sys.argv[1] == "data":
    source = random.Random(1)
    for example in range(9):
        print(",".join(f"{source.choice((-1, 1)) * (0.5 + source.random()):.6f}" for element in range(12)))
    sys.exit()
check(*sys.argv[2:]) if sys.argv[1] == "check" else check_mixtures(*sys.argv[2:])
print_count()

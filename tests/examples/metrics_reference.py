"""Metrics of a whole split against plain formulas.

    metrics_reference.py data EXAMPLES     writes rows of random examples: three logits, their class, a score, its class, two
                                           predictions, two targets
    metrics_reference.py check FILE SHARE  reads the metrics that `eval --json` printed; SHARE of 1 is the tolerance
"""
import json
import math
import random
import sys


def examples(count):
    random.seed(4)
    rows = []
    for _ in range(count):
        logits = [round(random.gauss(0, 2), 3) for _ in range(3)]
        label = random.choices(range(3), [math.exp(x / 2) for x in logits])[0]
        # Few values, so that there are ties; away from 0, where the sign decides.
        score = random.choice([-2, -1.5, -1, -0.5, 0.5, 1, 1.5])
        positive = int(random.random() < 1 / (1 + math.exp(-score)))
        targets = [round(random.gauss(3, 1), 3), round(random.gauss(-2, 4), 3)]
        predictions = [round(t + random.gauss(0, 0.5), 3) for t in targets]
        rows.append((logits, label, score, positive, predictions, targets))
    return rows


def softmax(logits):
    exponentials = [math.exp(x - max(logits)) for x in logits]
    return [e / sum(exponentials) for e in exponentials]


def ratio(a, b):
    return a / b if b else 0


def reference(rows):
    count, classes = len(rows), range(3)
    confusion = [[0] * 3 for _ in classes]
    losses, top2 = 0, 0
    bins = [[0, 0] for _ in range(10)]
    for logits, label, *_ in rows:
        predicted = logits.index(max(logits))
        confusion[label][predicted] += 1
        probability = softmax(logits)
        losses -= math.log(probability[label])
        top2 += label in sorted(classes, key=lambda c: -logits[c])[:2]
        place = bins[min(int(max(probability) * 10), 9)]
        place[0] += max(probability)
        place[1] += predicted == label
    hits = [confusion[c][c] for c in classes]
    actual = [sum(confusion[c]) for c in classes]
    taken = [sum(confusion[r][c] for r in classes) for c in classes]
    f1 = [ratio(2 * hits[c], actual[c] + taken[c]) for c in classes]
    right = sum(1 for _, _, s, p, *_ in rows if s > 0 and p)
    above = sum(1 for _, _, s, *_ in rows if s > 0)
    positives = [s for _, _, s, p, *_ in rows if p]
    negatives = [s for _, _, s, p, *_ in rows if not p]
    pairs = sum((a > b) + (a == b) / 2 for a in positives for b in negatives)
    squares = [[(p[k] - t[k]) ** 2 for *_, p, t in rows] for k in range(2)]
    means = [sum(t[k] for *_, t in rows) / count for k in range(2)]
    spreads = [sum((t[k] - means[k]) ** 2 for *_, t in rows) for k in range(2)]
    return {
        "accuracy": sum(hits) / count,
        "confusion": confusion,
        "precision": [ratio(hits[c], taken[c]) for c in classes],
        "recall": [ratio(hits[c], actual[c]) for c in classes],
        "f1": f1,
        "macro_f1": sum(f1) / 3,
        "top2": top2 / count,
        "perplexity": math.exp(losses / count),
        "bits": losses / count / math.log(2),
        "calibration": sum(abs(a - b) for a, b in bins) / count,
        "binary_precision": ratio(right, above),
        "binary_recall": ratio(right, len(positives)),
        "binary_f1": ratio(2 * right, above + len(positives)),
        "auc": pairs / len(positives) / len(negatives),
        "rmse": math.sqrt(sum(map(sum, squares)) / 2 / count),
        "r2": sum(1 - sum(squares[k]) / spreads[k] for k in range(2)) / 2,
        "own": max(math.sqrt(sum(s) / count) for s in squares),
    }


def flat(value):
    return [x for part in value for x in flat(part)] if isinstance(value, list) else [value]


if sys.argv[1] == "data":
    for row in examples(int(sys.argv[2])):
        print(",".join(str(x) for part in row for x in (part if isinstance(part, list) else [part])))
else:
    with open(sys.argv[2]) as file:
        found = json.load(file)
    wrong = 0
    for name, expected in reference(examples(found["examples"])).items():
        expected, given = flat(expected), flat(found[name])
        difference = max(abs(a - b) / max(1, abs(a)) for a, b in zip(expected, given, strict=True))
        if not difference <= float(sys.argv[3]):
            print(f"{name} is {given}, not {expected}")
            wrong += 1
    sys.exit(wrong != 0)

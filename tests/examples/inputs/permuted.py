"""Writes given.csv and permuted.csv, the same sets in two orders, or compares pairs of predictions: FOLDER [NAME NAME]..."""
import csv
import pathlib
import random
import sys

folder = pathlib.Path(sys.argv[1])
names = sys.argv[2:]
if not names:
    random.seed(1)
    order = random.sample(range(9), 9)
    rows = [[round(random.random(), 4) for _ in range(9)] for _ in range(20)]
    for name, columns in ("given", range(9)), ("permuted", order):
        with open(folder / f"{name}.csv", "w") as out:
            csv.writer(out).writerows([row[i] for i in columns] for row in rows)
for one, other in zip(names[::2], names[1::2]):
    a, b = ([float(row[0]) for row in list(csv.reader(open(folder / f"{name}.out.csv")))[1:]] for name in (one, other))
    assert len(a) == len(b) == 20
    worst = max(abs(x - y) for x, y in zip(a, b))
    print(f"{one}, {other}: {'equal' if worst < 1e-5 else 'different'}")

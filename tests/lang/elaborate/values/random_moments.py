import json
import math
import sys

rows = json.load(open(sys.argv[1]))


def flat(value):
    return [n for part in value for n in flat(part)] if isinstance(value, list) else [float(value)]


def moments(name):
    values = [v for row in rows for v in flat(row[name])]
    mean = sum(values) / len(values)
    return mean, math.sqrt(sum((v - mean)**2 for v in values) / len(values)), len(values)


# mean and deviation of each distribution, to five standard errors
for name, mean, deviation in [("normal", 0, 1), ("again", 0, 1), ("uniform", 0.5, math.sqrt(1 / 12)),
                              ("coin", 0.25, math.sqrt(3 / 16)), ("one", 0.5, 0.5), ("fixed", 0, math.sqrt(2 / 4))]:
    found, spread, count = moments(name)
    assert abs(found - mean) < 5 * deviation / math.sqrt(count), (name, found)
    assert abs(spread - deviation) < 5 * deviation / math.sqrt(count), (name, spread)
assert len({tuple(flat(row["normal"])) for row in rows}) == len(rows), "examples share their numbers"
assert all(row["normal"] != row["again"] for row in rows), "places share their numbers"
assert {v for row in rows for v in flat(row["coin"])} == {0, 1}
assert {flat(row["each"])[0] for row in rows} == {0} and {flat(row["each"])[2] for row in rows} == {1}
assert 150 < sum(flat(row["each"])[1] for row in rows) < 350

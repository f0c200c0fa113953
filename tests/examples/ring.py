"""Points of a CSV file lie near the circle of radius 1, in each eighth of it."""
import collections
import csv
import math
import sys

rows = [tuple(map(float, row)) for row in list(csv.reader(open(sys.argv[1])))[1:]]
near = [(x, y) for x, y in rows if abs(math.hypot(x, y) - 1) < 0.25]
assert len(rows) == 2000 and len(near) > 0.9 * len(rows), len(near)
sectors = collections.Counter(int((math.atan2(y, x) + math.pi) / (2 * math.pi) * 8) % 8 for x, y in near)
assert len(sectors) == 8 and min(sectors.values()) > 60, sectors

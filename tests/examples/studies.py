"""Compares the results of studies with what theory says of them."""
import re
import sys

folder, log = sys.argv[1], open(sys.argv[2]).read()
numbers = [float(number) for number in re.findall(r"^early_stopping .*?loss ([0-9.]+)", log, re.MULTILINE)]
assert len(numbers) == 2 and numbers[1] < 0.9 * numbers[0], numbers  # stopping early is better
below = [float(number) for number in re.findall(r"^ +[012] +([0-9.]+)$", log, re.MULTILINE)]
assert len(below) == 3 and all(abs(a - b) < 0.05 for a, b in zip(below, (0.1, 0.5, 0.9))), below
mean = [float(number) for number in re.findall(r"mean of the members .* ([0-9.]+) %", log)]
joined = [float(number) for number in re.findall(r"mean of their probability +([0-9.]+) %", log)]
assert len(mean) == len(joined) == 2 and all(a > b for a, b in zip(joined, mean)), (mean, joined)
for picture in "initial_values", "early_stopping", "quantiles":
    assert "<svg" in open(f"{folder}/{picture}.svg").read()

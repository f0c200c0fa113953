"""Reads a training log (JSON lines); fails unless the mean loss of its last five steps is below a factor of that of its
first three: falls.py LOG FACTOR."""
import json
import math
import sys

with open(sys.argv[1]) as log:
    losses = [entry["loss"] for entry in map(json.loads, log) if "step" in entry and "lr" in entry]
first, last = sum(losses[:3]) / 3, sum(losses[-5:]) / 5
print(f"loss fell from {first:.4f} to {last:.4f} in {len(losses)} steps")
if len(losses) < 10 or not all(map(math.isfinite, losses)) or last >= first * float(sys.argv[2]):
    sys.exit("it should have fallen further")

"""Reads one JSON object from standard input; fails unless one number in it is below a part of another: margin.py KEY OTHER
PART."""
import json
import sys

values = json.load(sys.stdin)
key, other, part = sys.argv[1:]
print(f"{key} is {values[key]}, {other} {values[other]}: {values[key] / values[other]:.2f} of it")
sys.exit(values[key] >= float(part) * values[other])

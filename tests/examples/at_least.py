"""Reads one JSON object from standard input and checks numbers in it: at_least.py KEY=LOWEST... or KEY<HIGHEST."""
import json
import sys

values = json.load(sys.stdin)
for bound in sys.argv[1:]:
    if "<" in bound:
        key, limit = bound.split("<")
        good = values[key] <= float(limit)
    else:
        key, limit = bound.split("=")
        good = values[key] >= float(limit)
    print(f"{key} is {values[key]}, the bound is {limit}")
    if not good:
        sys.exit(1)

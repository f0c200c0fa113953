"""Rows of random numbers for a CSV file: rows.py ROWS NUMBERS [LOW HIGH]."""
import random
import sys

rows, numbers = map(int, sys.argv[1:3])
low, high = map(float, sys.argv[3:] or (-1.5, 1.5))
random.seed(1)
for _ in range(rows):
    print(",".join(f"{random.uniform(low, high):.4f}" for _ in range(numbers)))

"""Prints 600 rows of 64 numbers and a class."""
import random

random.seed(1)
for row in range(600):
    print(",".join(f"{random.gauss(0, 1):.3f}" for _ in range(64)) + f",{row % 10}")

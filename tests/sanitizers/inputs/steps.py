"""Prints 400 rows of 100 numbers: six steps of 16, and 4 that belong to them."""
import random

random.seed(2)
for row in range(400):
    print(",".join(f"{random.gauss(0, 1):.3f}" for _ in range(100)))

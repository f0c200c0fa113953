"""What the heads of reverse.nn attend to: the weights [sequence, head, position, position] of an .npy file."""
import ast
import struct
import sys

raw = open(sys.argv[1], "rb").read()
length, = struct.unpack("<H", raw[8:10])
header = ast.literal_eval(raw[10:10 + length].decode())
sequences, heads, n, _ = header["shape"]
values = struct.unpack(f"<{sequences * heads * n * n}f", raw[10 + length:])
rows = [values[i:i + n] for i in range(0, len(values), n)]
assert all(abs(sum(row) - 1) < 1e-5 for row in rows)
print(f"{sequences} sequences, {heads} heads, {n} positions: the weights add up to 1")
largest = max(sum(rows[(s * heads + h) * n + t][n - 1 - t] for s in range(sequences) for t in range(n)) / sequences / n
              for h in range(heads))
print(f"the mirrored position has {largest:.2f} of the weight of a head")

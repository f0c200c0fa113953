"""averaged.py LOG AVERAGED RAW: the last evaluation in a training log is that of the averaged weights, not of the raw ones."""
import json
import sys

log, averaged, raw = sys.argv[1:]
with open(log) as file:
    last = [json.loads(line) for line in file if line.startswith('{"epoch"')][-1]
for name in ("loss", "accuracy", "macro_f1"):
    logged = last["test_" + name]
    of = {kind: json.load(open(path))[name] for kind, path in (("averaged", averaged), ("raw", raw))}
    print(name, logged, of)
    if abs(logged - of["averaged"]) > 1e-12 or logged == of["raw"]:
        sys.exit(1)

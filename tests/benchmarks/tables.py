#!/usr/bin/python3
"""Trains nnc and scikit-learn's MLP on the same split of public tables, and prints a table of docs/performance.md as Markdown.

    tests/benchmarks/tables.py DATA [--nnc build/bin/nnc] [--seeds 5] [TABLE...]

DATA is a folder with adult.data, adult.test, california_housing.csv, winequality-red.csv and airfoil_self_noise.dat. Needs NumPy and
scikit-learn (the package python3-sklearn). The programs are those of tests/examples/inputs/tables, without their held-out rows: a
fifth of the rows, drawn here, is the test split of tables that have none. scikit-learn gets the inputs that nnc computes of the
columns, and has the same layers, batch, rate and epochs; it knows neither dropout nor schedules. Both use one thread.
"""
import argparse
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
import numpy
import sklearn
from sklearn.neural_network import MLPClassifier, MLPRegressor

root = pathlib.Path(__file__).resolve().parents[2]

# The inputs of each network, and what it predicts.
TABLES = {
    "adult": dict(file=None, inputs="concat(stack(age, weight, schooling, hours, gain, loss_of_capital), work, occupation, country, "
                  "education, marital, relation, race, sex)", target="rich", layers=(64,), rate=2e-3, metric="accuracy"),
    "california": dict(file="california_housing.csv", inputs="concat(place, stack(age, income, unknown_bedrooms), counts, proximity)",
                       target="price", layers=(64, 64), rate=3e-3, metric="rmse"),
    "wine": dict(file="winequality-red.csv", inputs="measured", target="quality", layers=(32,), rate=3e-3, metric="accuracy"),
    "airfoil": dict(file="airfoil_self_noise.dat", inputs="concat(stack(frequency), shape)", target="noise", layers=(64, 64), rate=1e-2,
                    metric="rmse", activation="tanh"),
}

parser = argparse.ArgumentParser()
parser.add_argument("data", type=pathlib.Path)
parser.add_argument("--nnc", default=root / "build/bin/nnc", type=pathlib.Path)
parser.add_argument("--seeds", default=5, type=int)
parser.add_argument("tables", nargs="*")
arguments = parser.parse_intermixed_args()


def run(*command, cwd):
    return subprocess.run([str(word) for word in command], cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout


def prepare(name, folder):
    """Writes the rows of both splits, and the program that reads them; returns its epochs."""
    table = TABLES[name]
    program = (root / f"tests/examples/inputs/tables/{name}.nn").read_text()
    program = re.sub(r"^  validate .*\n", "", program, flags=re.MULTILINE)
    if table["file"]:
        header, *rows = (arguments.data / table["file"]).read_text().splitlines()
        chosen = set(random.Random(0).sample(range(len(rows)), len(rows) // 5))
        for split, lines in [("train", [row for i, row in enumerate(rows) if i not in chosen]),
                             ("test", [row for i, row in enumerate(rows) if i in chosen])]:
            (folder / f"{split}.csv").write_text("\n".join([header, *lines]) + "\n")
        program = program.replace(f'"{table["file"]}"', '"train.csv"').replace("\n}\n", '\n  test = csv("test.csv")\n}\n', 1)
    else:
        for file in ("adult.data", "adult.test"):
            (folder / file).symlink_to((arguments.data / file).resolve())
    model = re.search(r"^train (\w+) on", program, re.MULTILINE)[1]
    program += f"predict {model} as rows {{ x = {table['inputs']}, y = {table['target']} }}\n"
    (folder / "table.nn").write_text(program)
    return int(re.search(r"epochs += (\d+)", program)[1])


def mean_of(numbers):
    deviation = statistics.stdev(numbers) if len(numbers) > 1 else 0
    return f"{statistics.fmean(numbers):.4f} ± {deviation:.4f}"


warnings.simplefilter("ignore")  # that the last epoch may not be the best one
print(f"nnc beside scikit-learn {sklearn.__version__}, {arguments.seeds} seeds, one thread each\n")
print("| table | rows | test | nnc | scikit-learn | nnc, s | scikit-learn, s |\n|---|--:|---|--:|--:|--:|--:|")
for name in arguments.tables or TABLES:
    table = TABLES[name]
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        epochs = prepare(name, folder)
        run(arguments.nnc.resolve(), "build", "table.nn", "-o", "table", cwd=folder)
        mine, theirs, times = [], [], [[], []]
        for seed in range(arguments.seeds):
            begin = time.perf_counter()
            run("./table", "train", "--quiet", "--threads", 1, "--seed", seed, "--save", "w", cwd=folder)
            times[0].append(time.perf_counter() - begin)
            mine.append(json.loads(run("./table", "eval", "--weights", "w", "--json", cwd=folder))[table["metric"]])
        arrays = {}
        for split in ("train", "test"):
            for output in ("x", "y"):
                run("./table", "predict", "--weights", "w", "--block", "rows", "--select", output, "--split", split, "-o",
                    f"{split}-{output}.npy", cwd=folder)
                arrays[split, output] = numpy.load(folder / f"{split}-{output}.npy")
        for seed in range(arguments.seeds):
            kind = MLPClassifier if table["metric"] == "accuracy" else MLPRegressor
            model = kind(table["layers"], activation=table.get("activation", "relu"), batch_size=32, learning_rate_init=table["rate"],
                         max_iter=epochs, n_iter_no_change=epochs, random_state=seed)
            begin = time.perf_counter()
            model.fit(arrays["train", "x"], arrays["train", "y"])
            times[1].append(time.perf_counter() - begin)
            found = model.predict(arrays["test", "x"])
            theirs.append(float(numpy.mean(found == arrays["test", "y"])) if table["metric"] == "accuracy"
                          else float(numpy.sqrt(numpy.mean((found - arrays["test", "y"]) ** 2))))
    print(f"| {name} | {len(arrays['train', 'y'])}, {len(arrays['test', 'y'])} | {table['metric']} | {mean_of(mine)} | {mean_of(theirs)} | "
          f"{statistics.median(times[0]):.2f} | {statistics.median(times[1]):.2f} |")
    sys.stdout.flush()

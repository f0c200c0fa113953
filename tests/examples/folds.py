"""Parts of a table: folds.py write FOLDER; folds.py latest FOLDER RESULT; folds.py check FOLDER latest|even|groups|balanced RESULT.

`latest` compares the JSON of cross-validate on `latest(when)` with Python; the others check what holds for each manner.
"""
import json
import pathlib
import random
import statistics
import sys

folder = pathlib.Path(sys.argv[2])
if sys.argv[1] == "write":
    random.seed(3)
    rows = ["x,y,when,label,patient,weight"]
    times = random.sample(range(1000), 90)
    for row in range(90):
        label = 0 if row % 9 < 6 else 1 if row % 9 < 8 else 2
        rows.append(f"{random.gauss(5, 2):.4f},{random.gauss(0, 1):.4f},{times[row]},{label},p{random.randrange(14)},{row % 3}")
    (folder / "folds.csv").write_text("\n".join(rows) + "\n")
    sys.exit()

lines = (folder / "folds.csv").read_text().split()
rows = [dict(zip(lines[0].split(","), line.split(","))) for line in lines[1:]]
result = json.loads(pathlib.Path(sys.argv[4]).read_text())


def close(one, other):
    assert abs(one - other) < 1e-5 * max(1, abs(other)), (one, other)


if sys.argv[3] == "latest":
    rows.sort(key=lambda row: float(row["when"]))
    heights, scales = [], []
    for fold in range(5):
        trained, held = rows[:90 * (fold + 1) // 6], rows[90 * (fold + 1) // 6:90 * (fold + 2) // 6]
        heights.append(statistics.fmean(float(row["y"]) for row in held))
        # x is standardized by the rows that are trained on.
        scales.append(statistics.pstdev(float(row["x"]) for row in held) / statistics.pstdev(float(row["x"]) for row in trained))
        found = result["folds"][fold]
        assert found["examples"] == len(held)
        close(found["height"], heights[-1])
        close(found["scale"], scales[-1])
        for label in range(3):
            close(found["share"][label], sum(int(row["label"]) == label for row in held) / len(held))
    for name, values in ("height", heights), ("scale", scales):
        close(result["mean"][name], statistics.fmean(values))
        close(result["deviation"][name], statistics.stdev(values))
elif sys.argv[3] == "even":
    for fold in result["folds"]:
        assert fold["examples"] == 18
        for share, of in zip(fold["share"], (6 / 9, 2 / 9, 1 / 9)):
            close(share, of)
elif sys.argv[3] == "groups":
    # The means of folds of whole patients: some choice of patients gives each of them.
    sums = {}
    for row in rows:
        count, total = sums.get(row["patient"], (0, 0))
        sums[row["patient"]] = (count + 1, total + float(row["y"]))
    assert sum(fold["examples"] for fold in result["folds"]) == 90
    for fold in result["folds"]:
        reachable = {(0, 0.0)}
        for count, total in sums.values():
            reachable |= {(c + count, round(t + total, 4)) for c, t in reachable if c + count <= fold["examples"]}
        wanted = fold["height"] * fold["examples"]
        assert any(c == fold["examples"] and abs(t - wanted) < 1e-3 for c, t in reachable), fold
elif sys.argv[3] == "balanced":
    # The training rows as drawn: each class a third. 200 epochs of 72 draws: five standard deviations are 0.02.
    share = result["train_share"]
    assert all(abs(one - 1 / 3) < 0.02 for one in share), share
print("good")

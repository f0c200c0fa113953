"""Tables with gaps and categories, and the values of their fields.

tables.py write FOLDER             writes checked.csv and new.csv
tables.py check FOLDER NAME VALUES compares VALUES, a JSON file of predictions, with what Python computes of the rows of NAME: all,
                                   test or new. What depends on the training data is computed of its first three quarters.
tables.py units FOLDER UNITS       compares predictions in the units of the file with the file
"""
import datetime
import json
import math
import pathlib
import random
import statistics
import sys

columns = ["part", "a", "b", "c", "d", "e", "p", "q", "day", "colour", "form", "size", "y"]
colours = ["grün", "blau", "rot", "weiß"]


def number(value):
    return f"{value:.3f}".replace(".", ",")


def write(folder):
    random.seed(7)
    lines = ["# drawn by tests/examples/tables.py", ";".join(columns)]
    for row in range(240):
        part = ["train", "train", "train", "test", "late"][row % 5]
        cells = [part] + [number(random.uniform(*span)) for span in [(20, 70), (0, 900), (1, 2), (-3, 3), (0, 1)]]
        cells[3] = number(random.choice([1, 2, 3, 5]))
        cells += [number(random.uniform(1000, 1001)), number(random.gauss(0, 0.01))]
        cells.append((datetime.date(2023, 1, 1) + datetime.timedelta(random.randrange(700))).strftime("%d.%m.%Y"))
        cells += [random.choice(colours), random.choice(["rund", "eckig", '"lang; schmal"']), random.choice(["S", "M", "L"]) + "!"]
        cells.append(number(random.gauss(0, 1)))
        for column in (1, 2, 3, 4, 5, 9, 10, 11, 12):
            if random.random() < 0.1:
                cells[column] = random.choice(["-", ""])
        lines.append(";".join(cells))
        if row % 50 == 0:
            lines.append("# a comment; with a separator")
    (folder / "checked.csv").write_bytes(("\r\n".join(lines) + "\r\n").encode("latin-1"))
    new = [";".join(columns),
           "x;30,5;10;2;1;0,5;1000,5;0;29.02.2024;grün;oval;S!;1",
           "x;-;;-;;-;1000;0,01;01.01.1970;lila;;M;0"]
    (folder / "new.csv").write_bytes("\n".join(new).encode("latin-1"))


def read(path):
    """The rows of a file as dictionaries; a missing value is None."""
    rows = []
    for line in path.read_text("latin-1").split("\n"):
        line = line.rstrip("\r").replace('"lang; schmal"', "lang, schmal")
        if line and not line.startswith("#"):
            rows.append([cell.rstrip("!").replace("lang, schmal", "lang; schmal") for cell in line.split(";")])
    return [{name: cell if cell not in ("", "-") else None for name, cell in zip(columns, row)} for row in rows[1:]]


def numeric(cell):
    return None if cell is None else float(cell.replace(",", "."))


def days(cell):
    return (datetime.datetime.strptime(cell, "%d.%m.%Y").date() - datetime.date(1970, 1, 1)).days


def most_frequent(values):
    return max(sorted(set(values)), key=values.count)


def fields(rows, trained):
    """The values of the fields in `rows`, by what is learnt of the rows `trained`."""
    result = [{} for _ in rows]

    def present(name, of=numeric):
        return [of(row[name]) for row in trained if row[name] is not None]

    def filled(name, value, of=numeric):
        return [value if row[name] is None else of(row[name]) for row in rows]

    def store(name, values):
        for row, value in zip(result, values):
            row[name] = value

    def standardized(values, learnt):
        middle, deviation = statistics.fmean(learnt), statistics.pstdev(learnt)
        return [(value - middle) / deviation for value in values]

    # The gaps of `a` are filled before the deviation is learnt.
    middle = statistics.fmean(present("a"))
    store("of_a", standardized(filled("a", middle), [middle if row["a"] is None else numeric(row["a"]) for row in trained]))
    median = statistics.median(present("b"))
    learnt = [math.log1p(median if row["b"] is None else numeric(row["b"])) for row in trained]
    store("of_b", [2 * (math.log1p(value) - min(learnt)) / (max(learnt) - min(learnt)) - 1 for value in filled("b", median)])
    store("of_gap", [float(row["b"] is None) for row in rows])
    store("of_c", [math.log(value) for value in filled("c", most_frequent(present("c")))])
    values = [numeric(row["d"]) for row in rows]
    for i in list(range(1, len(values))) + list(range(len(values) - 2, -1, -1)):
        if values[i] is None:
            values[i] = values[i - 1] if i and values[i - 1] is not None else values[i + 1]
    store("of_d", values)
    store("of_e", filled("e", -1))
    pairs = [standardized([numeric(row[name]) for row in rows], present(name)) for name in "pq"]
    store("of_pair", zip(*pairs))
    store("of_day", standardized([days(row["day"]) for row in rows], present("day", days)))
    store("of_weekday", [(days(row["day"]) + 3) % 7 for row in rows])
    names = sorted(set(present("colour", str)) | {"-"})
    store("of_colour", [(row["colour"] or "-") if (row["colour"] or "-") in names else "<unknown>" for row in rows])
    names = sorted(set(present("form", str)))
    usual = most_frequent(present("form", str))
    store("of_form", [[float((row["form"] or usual) == name) for name in names] for row in rows])
    store("of_size", filled("size", most_frequent(present("size", str)), str))
    return result


def same(one, other):
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other))
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return abs(one - other) <= 2e-5 * max(1, abs(one))


def main():
    folder = pathlib.Path(sys.argv[2])
    if sys.argv[1] == "write":
        return write(folder)
    whole = read(folder / "checked.csv")
    # `previous` looks at the rows that are read; rows without `y` are left out.
    train = [row for row in whole if row["part"] == "train" and row["y"] is not None]
    trained = train[:len(train) - round(len(train) / 4)]
    assert len(train) < 140 and len(trained) > 80
    if sys.argv[1] == "units":
        got, count = json.loads(pathlib.Path(sys.argv[3]).read_text()), 0
        for row, predicted in zip(train, got, strict=True):
            for name, of in [("a", numeric), ("b", numeric), ("day", days), ("c", numeric)]:
                if row[name] is not None:
                    count += 1
                    assert abs(predicted[name] - of(row[name])) < 2e-3 * max(1, abs(of(row[name]))), (row, predicted)
            assert abs(predicted["pair"][0] - numeric(row["p"])) < 1e-3
        return print(f"{count} values")
    rows = {"all": train, "new": read(folder / "new.csv"),
            "test": [row for row in whole if row["part"] in ("test", "late") and row["y"] is not None]}[sys.argv[3]]
    got = json.loads(pathlib.Path(sys.argv[4]).read_text())
    assert len(got) == len(rows), (len(got), len(rows))
    for number_of_row, (mine, theirs) in enumerate(zip(fields(rows, trained), got)):
        for name, value in mine.items():
            assert same(value, theirs[name]), (number_of_row, name, value, theirs[name])
    print(f"{len(rows)} rows")


main()

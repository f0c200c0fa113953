"""Compares the element-wise operations of the dialect with the table of the rules for padding."""
import pathlib
import re
import sys

source = pathlib.Path(sys.argv[1])
definitions = (source / "compiler/dialect/NNElementwise.td").read_text()
rules = (source / "lang/elaborate/graph/PaddingRules.cpp").read_text()
operations = set(re.findall(r'^def NN_\w+Op : NN_\w+<"(\w+)"', definitions, re.MULTILINE))
table = re.search(r"elementwise\[\] = \{(.*?)\}", rules, re.DOTALL)[1]
missing = operations - set(re.findall(r'"(\w+)"', table))
if missing:
    sys.exit(f"PaddingRules.cpp has no rule for {', '.join(sorted(missing))}")
print(len(operations), "element-wise operations")

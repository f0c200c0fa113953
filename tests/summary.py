"""Adds up the results of several lit runs and prints the closing line that CI reads."""
import json
import sys

passed = failed = skipped = 0
for path in sys.argv[1:]:
    with open(path) as file:
        for test in json.load(file)["tests"]:
            if test["code"] in ("PASS", "XFAIL", "FLAKYPASS"):
                passed += 1
            elif test["code"] in ("UNSUPPORTED", "SKIPPED"):
                skipped += 1
            elif test["code"] != "EXCLUDED":
                failed += 1
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed or not passed else 0)

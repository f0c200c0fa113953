"""Reads the picture that `predict -o FILE.svg` draws of one example: prints its labels, and compares its cells with the
numbers of the .json file."""
import json
import sys
import xml.etree.ElementTree

picture = xml.etree.ElementTree.parse(sys.argv[1]).getroot()
name = {"svg": "http://www.w3.org/2000/svg"}
labels = picture.findall("svg:text", name)
print("columns:", *(label.text for label in labels if "transform" in label.attrib))
print("rows:", *(label.text for label in labels if label.get("text-anchor") == "end"))

frames = [frame for frame in picture.findall("svg:rect", name) if frame.get("stroke")]
cells = [cell for cell in picture.findall("svg:rect", name) if cell.find("svg:title", name) is not None]
drawn = {(int(cell.get("x")), int(cell.get("y"))): float(cell.find("svg:title", name).text) for cell in cells}
assert len(drawn) == len(cells), "two cells have the same place"
weights = json.load(open(sys.argv[2]))[0]["weights"]
matrices = weights if isinstance(weights[0][0], list) else [weights]
assert len(matrices) == len(frames)
for matrix, frame in zip(matrices, frames):
    left, top, size = int(frame.get("x")), int(frame.get("y")), 16
    assert int(frame.get("height")) == size * len(matrix) and int(frame.get("width")) == size * len(matrix[0])
    largest = max(map(max, matrix))
    for row, numbers in enumerate(matrix):
        for column, number in enumerate(numbers):
            shown = drawn.pop((left + size * column, top + size * row), 0)
            assert abs(shown - number) <= max(1e-3 * number, 0 if shown else 0.005 * largest), (row, column, shown, number)
assert not drawn, "cells outside of the matrices"
print("the cells are the weights")

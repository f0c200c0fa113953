"""Checks what examples/gallery/run has drawn in a folder; with the folder `docs`, the pictures of its gallery."""
import json
import pathlib
import re
import sys
import xml.dom.minidom

folder = pathlib.Path(sys.argv[1])
page = folder / "gallery.md"
if page.exists():
    shown = re.findall(r"\]\(gallery/([\w.]+)\)", page.read_text())
    files = {path.name: path.stat().st_size for path in (folder / "gallery").iterdir() if path.is_file()}
    assert sorted(shown) == sorted(files), sorted(set(shown) ^ set(files))
    assert sum(files.values()) < 1e6, files
    script = (folder.parent / "examples/gallery/run").read_text() + (folder.parent / "examples/studies/run").read_text()
    for name in files:
        if name.endswith(".svg"):
            xml.dom.minidom.parse(str(folder / "gallery" / name))
            assert "http://www.w3.org/2000/svg" in (folder / "gallery" / name).read_text()[:1000]
        assert pathlib.Path(name).stem in script, name
    sys.exit()

svg = {name: (folder / f"{name}.svg").read_text() for name in ("perceptron", "surface", "feature_maps")}
# The perceptron's regions are cut by one line: in each row of cells at most one class begins behind the other.
epochs = json.loads((folder / "work/perceptron/epochs.json").read_text())
size = epochs["size"]
values = epochs["epochs"][-1]["values"]
for row in range(size):
    cells = values[row * size:(row + 1) * size]
    assert sum(one != two for one, two in zip(cells, cells[1:])) <= 1, cells
assert svg["perceptron"].count('class="chart regions"') == len(epochs["epochs"]) == 2
# Each path begins at the same place and has a point for each step; the surface is lowest in its middle.
paths = re.findall(r'<path class="line c\d" data-name="(\w+)" d="([^"]*)"', svg["surface"])
assert [name for name, _ in paths] == ["sgd", "momentum", "rmsprop", "adam"], paths
points = [re.findall(r"[ML]([^ML]*)", path) for _, path in paths]
assert len({path[0] for path in points}) == 1 and len({path[1] for path in points}) > 1 and {len(path) for path in points} == {2}
plane = json.loads((folder / "work/sgd/evaluation.json").read_text())["plane"]
lowest = min(range(len(plane["values"])), key=plane["values"].__getitem__)
assert abs(lowest // plane["size"] - 40) < 4 and abs(lowest % plane["size"] - 40) < 4, lowest
# The image, eight maps and sixteen, of two examples.
assert svg["feature_maps"].count('class="chart tiles"') == 6 and svg["feature_maps"].count("<image ") == 2 * (1 + 8 + 16)

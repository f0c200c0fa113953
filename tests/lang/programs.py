"""Programs around the lines that a test is about."""
data = """data examples {
  x: float[8]
  y: float[8]
  image: float[28, 28]
  label: class[10]
  target: float
  train = npy("x.npy", "y.npy", "image.npy", "label.npy", "target.npy")
}
"""
model = "model network(x: float[8], y: float[8], image: float[28, 28]) -> float[10] { (x + y) |> dense(10) }\n"
train = """train network on examples {
  logits = network(x, y, image)
  loss = cross_entropy(logits, label)
  optimizer = sgd(0.1)
  epochs = 1
}
"""
templates = {
    # A whole file.
    "whole": "...\n",
    # Declarations beside data and a model.
    "file": data + model + "...\n",
    # Statements of a model's block; what it gives does not matter.
    "model": data + model.replace("{ (", "{\n...\n(") + train,
    # Statements of the train block.
    "train": data + model + train.replace("}", "...\n}"),
    # Entries of the train block that take the place of its own.
    "keys": data + model + "train network on examples {\n  logits = network(x, y, image)\n...\n}\n",
}


def around(kind, lines):
    margin = "" if kind in ("whole", "file") else "  "
    lines = "".join(margin + line + "\n" if line else "\n" for line in lines.rstrip("\n").split("\n"))
    return templates[kind].replace("...\n", lines, 1)

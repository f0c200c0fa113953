"""Writes docs/standard-library.md from the comments and signatures of lang/std, and from the functions that the compiler
provides itself. With `--check` it compares instead, and fails if the page is stale.

Each declaration has a comment above (or behind, in the same line); a comment with an empty line behind it belongs to what
follows, up to the next such comment.
"""
import pathlib
import re
import sys

source = pathlib.Path(__file__).resolve().parents[1]
page = source / "docs/standard-library.md"

titles = {
    "layers": "Layers", "regularisation": "Regularisation", "recurrent": "Recurrent layers and embeddings", "attention": "Attention and positions", "transformer": "Transformers", "convolution": "Convolution", "reparametrization": "Reparametrization", "pooling": "Pooling", "resizing": "Resizing", "activations": "Activations",
    "generation": "Generation", "augmentation": "Augmentation", "made": "Made data", "losses": "Losses and penalties", "metrics": "Metrics", "optimizers": "Optimizers and clipping", "averages": "Averages and constraints", "schedules": "Schedules",
    "initialisers": "Initialisers", "functions": "Mathematical functions", "primitives": "Elementwise operations",
}

# What the elaborator provides (lang/elaborate/builtins), in the order of this page.
provided = {
    "sum": "`sum(x)`, `sum[n](x)`, `sum[i] x[i]`: the sum of all elements, along a dimension, over an index (T20, T23)",
    "mean": "the mean, likewise",
    "prod": "the product, likewise",
    "max": "the maximum, likewise; `max(x, y)` is elementwise",
    "min": "the minimum, likewise; `min(x, y)` is elementwise",
    "argmax": "the index of the first maximum along one dimension",
    "argmin": "the index of the first minimum, likewise",
    "any": "`any(x > 0)`, `any[n](x > 0)`: whether one of the truth values holds (T20)",
    "all": "whether all of them hold",
    "var": "the mean of the squared differences from the mean, of all elements or along dimensions",
    "std": "its root; the derivative at 0 is 0",
    "norm": "the root of the sum of squares, likewise",
    "reshape": "`reshape(a, b)(x)`: the same elements in another shape (T22)",
    "transpose": "`transpose(1, 0)(x)`: dimensions in another order; `transpose()(x)` exchanges the last two",
    "split": "`split(n)(x)`: n equal parts of the last dimension",
    "concat": "`concat(a, b)`: joined along the last dimension, or along `dim = 0`",
    "stack": "`stack(a, b)`: joined along a new first dimension, or along the new dimension `dim = -1`; takes lists too",
    "first": "`first(x)`: the first element along the first dimension",
    "last": "`last(x)`: the last element along the first dimension, of a padded one the last that the example has",
    "squeeze": "`squeeze(x)`: without its dimensions of one element",
    "roll": "`roll(2, dim = 0)(x)`: moved on by two elements, the last ones to the front",
    "repeat": "`repeat(3, dim = 0)(x)`: three copies, one behind the other",
    "reverse": "`reverse(x)`: the first dimension, a sequence's time, in reverse order; `reverse[0, 1](x)`: those dimensions",
    "cumsum": "`cumsum(x)`: running sums along the first dimension, as `float`; `cumsum[n](x)`: along that one",
    "argsort": "`argsort(x)`: the indices of the numbers along the last dimension in ascending order; `sort` says more",
    "pad": "`pad(before, after = 0, value = 0)(x)`: elements added at the ends; `mode` is `\"reflect\"`, `\"edge\"` or `\"wrap\"` (T33)",
    "windows": "`windows(size, stride = 1, dilation = 1)(x)`: the elements under a window at each position (T33)",
    "overlap_add": "`overlap_add(extent, stride = 1, dilation = 1)(y)`: the adjoint of `windows` (T33)",
    "margins": "`margins(padding, size, dilation)`: what a padding means, (before, after) (T33)",
    "total": "`total(x)`: in a metric, the sum over all examples of a split (T45)",
    "average": "`average(x)`: in a metric, the mean over all examples of a split (T45)",
    "ordered_pairs": "`ordered_pairs(score, positive)`: in a metric, the number of pairs of a positive example and another one of a lower score; equal scores count half (T45)",
    "select": "`select(condition, x, y)`: x where the condition holds, else y; the other one has derivative 0",
    "float": "`float(x)`: converted to `float`; true is 1",
    "int": "`int(x)`: converted to `int`, towards zero",
    "size": "the number of elements, known when compiling",
    "rank": "the number of dimensions, known when compiling",
    "shape": "the dimensions, known when compiling: `shape(x)[0]`",
    "fan_in": "the number of inputs of a unit, of the shape of a parameter",
    "fan_out": "the number of outputs of a unit, of the shape of a parameter",
    "full": "`full((n, m), 0.5)`: one number everywhere; `zeros(n, m)` and `ones(n, m)` are initialisers applied to sizes (T35)",
    "eye": "`eye(n)`: the identity matrix; `eye(n, m)`: ones on the diagonal",
    "iota": "`iota(n)`: 0, 1, ..., n - 1; `iota(a..b)`: a, a + 1, ..., b - 1",
    "length": "the number of parts of a list, or of the first dimension of a tensor; of a padded dimension each example's own (T38)",
    "enumerate": "`for i, x in enumerate(list)`: the pairs (position, part)",
    "stop_gradient": "its input, as a constant to differentiation",
    "freeze": "the same: no derivative passes (T29)",
    "grad": "`grad(y, x)`: the derivative of the number `y` by `x`, or by each of a list, for each example (T34)",
    "jvp": "`jvp(y, x, v)`: the derivative of `y` by `x` along `v` (T34)",
    "weights": "`weights(model)`: the trained parameters with at least two dimensions, for penalties (T29)",
    "reparametrize": "`reparametrize(of, by, name = \"weight\")(x)`: the layer `of` with by(p) in the place of its parameter p (T27)",
    "another": "`another(layer)`: a layer of the same settings with parameters of its own (T27)",
    "initial": "`initial(p)`: the initial value of a parameter or state, in that of another one (T24)",
    "random_uniform": "`random_uniform(n, m)`, `random_uniform(x)`: numbers from 0 up to, without, 1, of these sizes or in the shape of x; others in each step and for each example (T35)",
    "random_normal": "`random_normal(x)`: normally distributed numbers, likewise",
    "bernoulli": "`bernoulli(p, n)`, `bernoulli(p)`: 1 with probability p, else 0, likewise",
    "batch_mean": "the mean over the examples of the batch",
    "batch_sum": "the sum over the examples of the batch",
    "batch_next": "`batch_next(x)`: the value of x in the next example of the batch; for the last example, in the first one (T35)",
    "batch_count": "`batch_count()`: the number of examples of the batch",
    "vocabulary": "`vocabulary(data)`: the number of pieces of a data block's text, known when compiling (T39)",
    "categories": "`categories(x)`: how many values the class x has, known when compiling (T48)",
    "next_element": "marks the logits by which a `generate` block chooses; `sample` and `beam` say more (T40)",
    "require": "`require(condition, \"text\")`: what a definition needs (T28)",
    "require_batch": "`require_batch(2, \"text\")`: how many examples a batch needs (T28)",
    "discourage": "`discourage(x, f, g, \"text\")`: a warning where x is what f gives of what g gives (T28)",
}

declaration = re.compile(r"(?:layer|fn|model|init|optimizer|schedule|primitive) (\w+)\b")
findings = []


def signature_of(lines, at):
    """The declaration that begins in a line, up to its block, on one line."""
    text = ""
    for line in lines[at:]:
        text += " " + line.strip()
        if line.rstrip().endswith("{") or "{ " in line or text.startswith(" primitive"):
            break
    text, _, behind = text.partition(" //")
    return re.sub(r"\) \(", ")(", re.split(r" \{", text)[0].strip()), behind.strip()


def section_of(path):
    """The entries of one file of the library, as Markdown."""
    lines = path.read_text().splitlines()
    result, comment, entries = [], [], 0
    for at, line in enumerate(lines):
        found = declaration.match(line)
        if line.startswith("//"):
            comment.append(line[3:])
        elif found:
            signature, behind = signature_of(lines, at)
            text = " ".join(each.strip() for each in comment) or behind
            if not text:
                findings.append(f"{path.relative_to(source)}:{at + 1}: `{found[1]}` has no comment")
            result.append(f"- `{signature}`<br>{text.rstrip('.')}.")
            comment, entries = [], entries + 1
        elif comment and not line.strip():
            result += ["", *paragraph(comment), ""]
            comment = []
    return re.sub(r"\n{3,}", "\n\n", "\n".join(result)).strip(), entries


def paragraph(comment):
    """A comment as Markdown: what is indented in it is a list."""
    text = []
    for line in comment:
        if line.startswith("  ") and not line.startswith("      "):
            text += ([""] if text and not text[-1].startswith("- ") else []) + [f"- {re.sub('  +', ': ', line.strip())}"]
        elif text and line.startswith("  "):
            text[-1] += " " + line.strip()
        elif text and text[-1].startswith("- "):
            text += ["", line]
        else:
            text.append(line)
    return text


def generate():
    parts = ["""# The standard library

`docs/generate_standard_library.py` writes this page from [lang/std](../lang/std). The library is compiled like any other program, and a
program may declare any of these names anew. Settings are in the first brackets, inputs in the second; those with `=` may be left
out. [typing.md](typing.md) has the rules T1 to T50."""]
    files = {path.stem: path for path in (source / "lang/std").glob("*.nn")}
    for stem in sorted(files.keys() - titles.keys()):
        findings.append(f"lang/std/{stem}.nn: docs/generate_standard_library.py has no title for it")
    for stem, title in titles.items():
        text, entries = section_of(files[stem])
        if not entries:
            findings.append(f"lang/std/{stem}.nn: no declarations found")
        parts.append(f"## {title}\n\n{text}")
    builtins = [name for file in (source / "lang/elaborate/builtins").glob("*.cpp")
                for name in re.findall(r'\{"(\w+)", (?:true|false), -?\d', file.read_text())]
    for name in sorted(set(builtins) ^ set(provided)):
        findings.append(f"`{name}` is in only one of the tables in lang/elaborate/builtins and docs/generate_standard_library.py")
    rows = "\n".join(f"| `{name}` | {text} |" for name, text in provided.items())
    parts.append("## Functions of the compiler\n\nThese look at shapes or change them, or see more than one element.\n\n"
                 f"| name | meaning |\n|---|---|\n{rows}")
    return "\n\n".join(parts) + "\n"


text = generate()
if "--check" in sys.argv[1:]:
    if not page.exists() or page.read_text() != text:
        findings.append("docs/standard-library.md is stale: run docs/generate_standard_library.py")
else:
    page.write_text(text)
print("\n".join(findings) or f"{text.count(chr(10) + '- `')} declarations, {len(provided)} functions of the compiler")
sys.exit(bool(findings))

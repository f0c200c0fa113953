"""Everything that `nnc check` accepts can be built, and what it refuses `nnc build` refuses in the same words.

Usage: check_and_build.py FOLDER. Expressions of all operations on all element types stand in the loss, in metrics and in
predictions of one program each, updates of states and optimizers in others. Prints what differs; the exit code says
whether anything did.
"""
import pathlib
import subprocess
import sys

folder = pathlib.Path(sys.argv[1])

program = """data d {{
  x: float[4]
  k: int
  label: class[3]
  t: int[5]
  img: float[3, 3, 2]
  train = csv("d.csv")
}}
{declarations}
model m(x: float[4]) -> float[4] {{
  param w: float[4, 4] = he
  {body}
}}
train m on d {{
  y = m(x)
  loss = {loss}
  {keys}
  optimizer = {optimizer}
  steps = 1
}}
{predict}
"""


def make(body="x @ w", loss="sum(y)", keys="", optimizer="sgd(0.1)", predict="", declarations=""):
    return program.format_map(locals())


# Of the fields, the output y and the parameters: each one number.
values = """
sum(y * float(y > 0)); sum(y * floor(y)); sum(ceil(y) * y); sum(sign(y) * y); sum(round(y) * y); sum(y * float(int(y)))
sum(y * float((y > 0) == (x > 0))); sum(y * float(if x[0] > 0 { y > 0 } else { y < 0 })); sum(y) * float(argmax(y))
y[argmax(y)]; y[label]; y[k]; t[label] * sum(y); sum(float((y > 0)[label]) * y)
sum(y % x); sum(y ^ x); sum(y ^ 3); sum(y) * k ^ 2; sum(t ^ 2) * sum(y); 2 ^ k * sum(y)
sum(y) * (k / 3); sum(y) * (k % 3); sum(y) * abs(k - 3); sum(y) * sign(k - 3); sum(y) * -k; sum(y) * max(k, 3)
sum(y) * float(k > 3); sum(y) * float(label == k); sum(y) * (label + 1); floor(k) * sum(y); sqrt(k) * sum(y)
prod(y); min(y); max(y); mean(y); mean(t) * sum(y); sum(t) * sum(y); prod(t) * sum(y); max(t) * sum(y); argmax(t) * sum(y)
sum(concat(t, t)) * sum(y); sum(float(concat(y > 0, y < 0))) * sum(y); sum(stack(k, label)) * sum(y)
sum(reverse(t)) * sum(y); sum(float(reverse(y > 0)) * y); sum(pad(1, 1)(t)) * sum(y); sum(float(pad(1)(y > 0))) * sum(y)
sum(windows(2)(t)) * sum(y); sum(float(windows(2)(y > 0))) * sum(y); sum(windows(2)(y)); sum(overlap_add(4)(windows(2)(y)))
sum(float(transpose()(img[0] > 0))) * sum(y); sum(float(split(2)(y > 0)[0])) * sum(y)
sum(float(reshape(2, 2)(y > 0)) * reshape(2, 2)(y)); stop_gradient(k) * sum(y); sum(float(stop_gradient(y > 0)) * y)
sum(random_uniform(t)) * sum(y); sum(random_uniform(y) * y); sum(random_normal(y) * y); sum(random_uniform(shape(y)) * y)
sum(random_uniform(y > 0) * y); random_normal(k) * sum(y); sum((y - batch_mean(y))^2); batch_sum(y[0]) * sum(y)
sum(y) / batch_count(); batch_mean(k) * sum(y); batch_mean(float(y > 0))[0] * sum(y); batch_mean(y > 0)[0] * sum(y)
sum(iota(4) * y); sum(float(not (y > 0)) * y); sum(float(y > 0 and x > 0) * y); sum(float(y > 0 or x > 0) * y)
sum(y) * select(k > 2, k, 3); sum(y) * select(k > 2, k, 3.5); sum(float(select(x > 0, y > 0, y < 1)) * y)
sum(select(y > 0, y, -y)); sum(y) * (if k > 2 { 1 } else { 2 }); sum(one_hot(label)) * sum(y); sum(step(y) * y)
sum[i] y[i] * x[i]; sum[i] float(y[i] > 0) * y[i]; sum[i, j] y[i] * x[j]; sum(where y > 0: y); mean(where t > k: t) * sum(y)
sum(y @ reshape(4, 1)(x)); y @ x; sum(softmax(y)^2); logsumexp(y); sum(erf(y)); sum(sin(y) * cos(y) * tanh(y) * log1p(exp(y)))
sum(rsqrt(y^2 + 1)); sum(y[1..3]); sum(freeze(y) * y); sum(if y > 0 { if x > 0 { y } else { -y } } else { 0 }); l2(weights(m))
"""
values = [value.strip() for line in values.strip().splitlines() for value in line.split(";")]
names = [f"v{number}" for number in range(len(values))]
bindings = "\n  ".join(f"{name} = {value}" for name, value in zip(names, values))

accepted = {
    "losses": make(keys=bindings, loss="sum(y)").replace("  loss = sum(y)\n", "")
              .replace("  optimizer", "  loss = " + " + ".join(names) + "\n  optimizer"),
    "metrics": make(keys="\n  ".join(f"metric {name} = {value}" for name, value in zip(names, values))),
    "predictions": make(predict="predict m {\n  " + bindings + "\n}"),
    "states": make(body="""
  state a: float[4] = 0;    a <- batch_mean(x)
  state b: int = 0;         b <- b + 1
  state c: bool = false;    c <- not c
  state d: int = 0;         d <- int(batch_mean(x[0]))
  state e: class[3] = 0;    e <- argmax(batch_mean(x[0..3]))
  state f: float[4] = 0;    f <- random_uniform(f)
  state g: float = 0;       g <- g + batch_count()
  state h: bool[4] = false; h <- batch_mean(x) > 0
  state i: int[4] = 0;      i <- i + iota(4)
  state j: float[4, 4] = 0; j <- w
  state n: float[4] = 0;    n <- if n > 2 { n } else { batch_mean(x) }
  (select(h, x * i, a + f) * g + n) @ (w + j) * float(c) + b + d + e"""),
    "optimizer": make(optimizer="o()", declarations="""optimizer o(rate: schedule = cosine(0.1), scale: float = 2) {
  state seen = 0
  state count: int = 0
  seen <- seen + grad
  count <- count + 1
  param <- param - rate * floor(grad) - sign(grad) * sum(grad) + random_normal(param) * mean(param) / floor(step / 3 + 1)
  param <- if grad > 0 and step > 3 { param * float(grad > scale) } else { -param }
}"""),
    "state of an example": make(body="state s: float[4] = 0\n  s <- x\n  x @ w"),
    "random state of an example": make(body="state s: float[4] = 0\n  s <- random_uniform(x)\n  x @ w"),
    "penalty": make(loss="l2(weights(m)) + 0 * sum(y)"),
    "constant output": make(body="w[0] + 0 * x"),
}

refused = {
    "step as loss": make(loss="sum(floor(y))"),
    "argmax as loss": make(loss="float(argmax(y))"),
    "momentum of an example": make(optimizer="momentum(mu = y[0])"),
    "clipping of an example": make(keys="clip = value(y[0])"),
    "initial value of a batch": make(body="param b: float[4] = batch_count()\n  x @ w + b"),
}

different = 0
for expected, programs in ((0, accepted), (1, refused)):
    for name, text in programs.items():
        path = folder / (name.replace(" ", "_") + ".nn")
        path.write_text(text)
        check = subprocess.run(["nnc", "check", path], capture_output=True, text=True)
        build = subprocess.run(["nnc", "build", path, "-o", folder / "program"], capture_output=True, text=True)
        if (check.returncode, build.returncode) != (expected, expected) or check.stderr != build.stderr or (
                "N0002" in build.stderr):
            different += 1
            print(f"{name}: check gives {check.returncode}, build {build.returncode}, both should give {expected}")
            print(check.stderr + build.stderr)
print("the same" if not different else f"{different} of {len(accepted) + len(refused)} programs differ")
sys.exit(different != 0)

#!/usr/bin/env python3
"""Times training steps and kernels, and prints the tables of docs/performance.md as Markdown.

    tests/benchmarks/run.py [--build build] [--peer "PATH/peer.sh torch_bench.py"] [--rounds 3] [--workload NAME] [TABLE...]

Tables: steps (every workload, beside PyTorch where --peer gives the command that runs its benchmark), disturbed (the same
with another process that takes one core half of the time, in bursts of 1 to 20 ms, and without), inference (forward passes),
sweep (step time by batch, width and depth of a dense network), recurrent (by steps, units and batch of lstm.nn), depth (compile time by
number of layers), attention (kernels, and gpt-mini.nn by its number of positions), growth (compile time and memory by
length of a chain, number of layers and number of branches, of growth.nn), products and convolutions (kernels on one
core), scaling (products on one core and on all). Without names: all of them.

Each round runs the programs in turn (A B A B). A table shows the median of the rounds' medians, and the share of the
processor's multiply-add peak that was measured in the same round. Nothing here judges: it prints.
"""
import argparse
import contextlib
import json
import math
import multiprocessing
import os
import random
import re
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))

# Name of the .nn file -> arguments of the peer's benchmark.
WORKLOADS = {
    "mlp-s-b4": ["mlp-s", "--batch", "4"],
    "mlp-s-b64": ["mlp-s", "--batch", "64"],
    "mlp-s-b256": ["mlp-s", "--batch", "256"],
    "mlp-m": ["mlp-m", "--batch", "64"],
    "mlp-l": ["mlp-l", "--batch", "256"],
    "lenet5": ["lenet5", "--batch", "64"],
    "resnet18": ["resnet18", "--batch", "32", "--channels-last"],
    "rnn": ["rnn", "--batch", "32"],
    "lstm": ["lstm", "--batch", "32"],
    "gru": None,  # the peer does not run it
    "gpt-mini": ["gpt-mini", "--batch", "16"],
    "gpt-s": ["gpt-s", "--batch", "8"],
}
# Forward passes that the table inference times: name of the .nn file -> its predict block, and the batches.
INFERENCE = {"gpt-mini": ("gpt", [1, 64])}
# The points of the sweeps: the settings that a `-D` of the program changes, and their values.
SWEEP = {
    "batch_size": [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
    "width": [64, 128, 256, 512, 1024, 2048, 4096],
    "depth": [1, 2, 4, 8, 16, 32, 64],
}
RECURRENT_SWEEP = {
    "steps": [8, 16, 32, 64, 128, 256, 512, 1024],
    "units": [32, 64, 128, 256, 512, 1024],
    "batch_size": [1, 2, 4, 8, 16, 32, 64, 128, 256],
}
# Numbers of positions of gpt-mini.nn; each step has 2,048 positions in all, from 4,096 on one sequence.
CONTEXTS = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]
# The setting that a `-D` of growth.nn changes, and its values.
GROWTH = {
    "links": [10, 100, 1000, 4000, 10000],
    "layers": [10, 100, 300, 1000],
    "branches": [10, 100, 300, 1000],
}
PRODUCTS = """64x256x784:NN 64x200x784:NN 128x1024x1024:NN 512x512x512:NN 512x512x512:NT 512x512x512:TN
1024x1024x1024:NN 1024x1024x1024:NT 1024x1024x1024:TN 2048x2048x2048:NN 4x256x784:NN 64x784x256:NT 784x256x64:TN
256x64x784:NN 784x64x256:TN 256x784x64:NT 64x10x256:NN 256x10x64:TN 64x256x10:NT""".split()


class Bench:
    def __init__(self, arguments):
        self.rounds, self.threads, self.peer = arguments.rounds, arguments.threads, arguments.peer
        self.workloads = arguments.workload or list(WORKLOADS)
        self.bin = os.path.join(arguments.build, "bin")
        self.folder = os.path.join(arguments.build, "benchmarks")
        os.makedirs(self.folder, exist_ok=True)

    def program(self, name, **settings):
        """Compiles a workload; returns the executable and the seconds it took."""
        tag = "".join(f"-{key}{value}" for key, value in settings.items())
        executable = os.path.join(self.folder, name + tag)
        defines = [f"-D{key}={value}" for key, value in settings.items()]
        start = time.monotonic()
        subprocess.run([os.path.join(self.bin, "nnc"), "build", *defines, os.path.join(HERE, name + ".nn"), "-o",
                        executable], check=True)
        return executable, time.monotonic() - start

    def peak(self):
        """GFLOP/s of all threads, right now."""
        return measure([os.path.join(self.bin, "fma-peak"), "--threads", str(self.threads)])[0]["gflops"]

    def theirs(self, workload):
        """One run of PyTorch's benchmark of a workload; None without --peer, or if it has none."""
        if not self.peer or not WORKLOADS[workload]:
            return None
        return measure(self.peer.split() + WORKLOADS[workload] + ["--threads", str(self.threads), "--seconds", "2"])[0]

    def step(self, executable, steps=None, block=None):
        """One run: the result of `bench --json`, with the process's peak memory and its share of peak."""
        peak = self.peak()
        command = [executable, "bench", "--json", "--threads", str(self.threads)]
        command += ["--block", block] if block else []
        result, memory = measure(command + (["--steps", str(steps)] if steps else []))
        result["memory"] = memory
        result["share"] = result["flop_per_step"] / result["step_ms_median"] / 1e6 / peak
        return result


def measure(command):
    """Runs a command; returns the last JSON object that it prints, and the most memory it took in MB."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            return json.loads(line), usage.ru_maxrss * 1024 / 1e6
    raise ValueError(f"{command[0]} printed no JSON object")


def run(command):
    """Runs a command; returns the processor seconds and the most memory in MB that it took."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def header(title, *cells):
    print(f"\n{title}\n")
    row(*cells)
    row(*["---"] * len(cells))


def median(results, key):
    return statistics.median(result[key] for result in results)


def steps(bench):
    header(f"Training steps, {bench.threads} threads, medians of {bench.rounds} rounds",
           "workload", "nnc ms", "PyTorch ms", "ratio", "% of peak", "nnc MB", "PyTorch MB", "compile s")
    for name in bench.workloads:
        executable, seconds = bench.program(name)
        ours, theirs = [], []
        for _ in range(bench.rounds):
            ours.append(bench.step(executable))
            theirs.append(bench.theirs(name))
        theirs = [result for result in theirs if result]
        ms = median(ours, "step_ms_median")
        peer_ms = median(theirs, "step_ms_median") if theirs else None
        row(name, f"{ms:.3f}", f"{peer_ms:.3f}" if theirs else "", f"{ms / peer_ms:.2f}" if theirs else "",
            f"{100 * median(ours, 'share'):.0f}", f"{median(ours, 'memory'):.0f}",
            f"{median(theirs, 'peak_rss_mb'):.0f}" if theirs else "", f"{seconds:.2f}")


def take_a_core(core):
    """Takes one core half of the time, in bursts of 1 to 20 ms, until it is ended."""
    os.sched_setaffinity(0, {core})
    bursts = random.Random(0)
    while True:
        burst = bursts.uniform(0.001, 0.020)
        end = time.perf_counter() + burst
        while time.perf_counter() < end:
            pass
        time.sleep(burst)


@contextlib.contextmanager
def disturbance():
    """Another process that takes a core away."""
    process = multiprocessing.Process(target=take_a_core, args=(max(os.sched_getaffinity(0)),), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def disturbed(bench):
    header(f"Training steps, {bench.threads} threads, while another process takes one core half of the time, and without; "
           f"medians of {bench.rounds} rounds", "workload", "nnc ms", "disturbed ms", "times", "PyTorch ms", "disturbed ms", "times")
    for name in bench.workloads:
        executable, _ = bench.program(name)
        rounds = []
        for _ in range(bench.rounds):
            quiet = bench.step(executable), bench.theirs(name)
            with disturbance():
                rounds.append((*quiet, bench.step(executable), bench.theirs(name)))
        cells = [name]
        for alone, beside in ((0, 2), (1, 3)):
            if rounds[0][alone]:
                times = [median([results[which] for results in rounds], "step_ms_median") for which in (alone, beside)]
                cells += [f"{times[0]:.3f}", f"{times[1]:.3f}", f"{times[1] / times[0]:.2f}"]
            else:
                cells += [""] * 3
        row(*cells)


def inference(bench):
    header(f"Forward passes, {bench.threads} threads, medians of {bench.rounds} rounds",
           "workload", "batch", "ms", "% of peak", "examples/s", "MB")
    for name, (block, batches) in INFERENCE.items():
        for batch in batches:
            executable, _ = bench.program(name, batch_size=batch)
            results = [bench.step(executable, block=block) for _ in range(bench.rounds)]
            row(name, batch, f"{median(results, 'step_ms_median'):.3f}", f"{100 * median(results, 'share'):.0f}",
                f"{median(results, 'examples_per_s'):,.0f}", f"{median(results, 'memory'):.0f}")


def sweep_program(bench, name, title, settings, steps):
    """One table for each setting; `steps(value)` is the number of steps to time."""
    for setting, values in settings.items():
        header(f"{title}, with another {setting}", setting, "ms", "% of peak", "examples/s")
        for value in values:
            executable, _ = bench.program(name, **{setting: value})
            results = [bench.step(executable, steps=steps(value)) for _ in range(bench.rounds)]
            row(value, f"{median(results, 'step_ms_median'):.3f}", f"{100 * median(results, 'share'):.0f}",
                f"{median(results, 'examples_per_s'):,.0f}")


def sweep(bench):
    sweep_program(bench, "mlp-sweep", "784-256-10, batch 64", SWEEP, lambda value: 20 if value >= 2048 else 200)


def recurrent(bench):
    sweep_program(bench, "lstm", "LSTM of 2 x 256, 64 steps, batch 32", RECURRENT_SWEEP, lambda value: 10)


def growth(bench):
    nnc, source = os.path.join(bench.bin, "nnc"), os.path.join(HERE, "growth.nn")
    for setting, values in GROWTH.items():
        header(f"Processor time of compilation by number of {setting}, median of {bench.rounds}",
               setting, "check s", "build s", "build MB")
        for value in values:
            define = f"-D{setting}={value}"
            checks = [run([nnc, "check", define, source]) for _ in range(bench.rounds)]
            builds = [run([nnc, "build", define, source, "-o", os.path.join(bench.folder, "growth")])
                      for _ in range(bench.rounds)]
            row(f"{value:,}", f"{statistics.median(seconds for seconds, _ in checks):.2f}",
                f"{statistics.median(seconds for seconds, _ in builds):.2f}", f"{max(memory for _, memory in builds):.0f}")


def depth(bench):
    header("Compile time by layers of 256", "layers", "seconds")
    for layers in (1, 16, 32, 64):
        row(layers, f"{min(bench.program('mlp-sweep', depth=layers)[1] for _ in range(bench.rounds)):.2f}")


def products(bench):
    print("\nMatrix products, one core\n\n```")
    subprocess.run([os.path.join(bench.bin, "kernel-benchmark"), *PRODUCTS], check=True)
    print("```")


def functions(bench, title, name):
    print(f"\n{title}, one core\n\n```", flush=True)
    subprocess.run([os.path.join(bench.bin, "function-benchmark"), os.path.join(HERE, "kernels", name + ".mlir")], check=True)
    print("```")


def convolutions(bench):
    functions(bench, "Convolutions", "convolutions")
    functions(bench, "Convolutions of padded images", "padded-convolutions")


def attention(bench):
    functions(bench, "Attention", "attention")
    header("gpt-mini.nn by positions", "positions", "batch", "ms", "% of peak", "MB")
    for context in CONTEXTS:
        batch = max(1, 2048 // context)
        executable, _ = bench.program("gpt-mini", context=context, batch_size=batch)
        results = [bench.step(executable, steps=5) for _ in range(bench.rounds)]
        row(f"{context:,}", batch, f"{median(results, 'step_ms_median'):.1f}", f"{100 * median(results, 'share'):.0f}",
            f"{median(results, 'memory'):.0f}")


def scaling(bench):
    header("Matrix products by threads, % of the multiply-add peak of as many cores", "M x N x K", "1 thread",
           f"{bench.threads} threads", "times as fast")
    least = 2 * 64 * 256 * 784
    shapes = [shape for shape in PRODUCTS if 2 * math.prod(map(int, shape.split(":")[0].split("x"))) >= least]
    for shape in shapes:
        best = {}
        for _ in range(bench.rounds):
            for threads in (1, bench.threads):
                command = [os.path.join(bench.bin, "kernel-benchmark"), f"--thread-count={threads}", shape]
                line = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                speed, share = map(float, re.search(r"([\d.]+) GF/s +([\d.]+) % of peak", line).groups())
                best[threads] = max(best.get(threads, (0, 0)), (speed, share))
        row(shape, f"{best[1][1]:.0f}", f"{best[bench.threads][1]:.0f}",
            f"{best[bench.threads][0] / best[1][0]:.2f}")


TABLES = {table.__name__: table
          for table in (steps, disturbed, inference, sweep, recurrent, depth, growth, products, scaling, convolutions, attention)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"of {', '.join(TABLES)}; default: all")
    parser.add_argument("--build", default="build", help="the build folder")
    parser.add_argument("--peer", help="command that runs PyTorch's benchmark of the same workloads")
    parser.add_argument("--workload", action="append", choices=list(WORKLOADS), help="of the tables steps and disturbed; default: all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    for table in arguments.tables or TABLES:
        if table not in TABLES:
            sys.exit(f"no table is named {table}; there are {', '.join(TABLES)}")
    bench = Bench(arguments)
    for table in arguments.tables or TABLES:
        TABLES[table](bench)


if __name__ == "__main__":
    main()

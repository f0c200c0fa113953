#!/usr/bin/env python3
"""Times the training step of every workload, beside PyTorch where a command for it is given.

    tests/benchmarks/run.py --build build [--peer "PATH/peer.sh torch_bench.py"] [--rounds 3] [WORKLOAD...]

Each round runs the programs in turn (A B A B); the tables show the median of the rounds' medians, the best round, and
the share of the processor's multiply-add peak that was measured in the same round. Nothing here judges: it prints.
"""
import argparse
import json
import os
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
}


def last_json(text):
    for line in reversed(text.splitlines()):
        if line.startswith("{"):
            return json.loads(line)
    raise ValueError("no JSON object in the output")


def build(nnc, name, folder):
    """Compiles a workload; returns the executable and the seconds it took."""
    executable = os.path.join(folder, name)
    start = time.monotonic()
    subprocess.run([nnc, "build", os.path.join(HERE, name + ".nn"), "-o", executable], check=True)
    return executable, time.monotonic() - start


def measure(command, seconds):
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=True)
    return last_json(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", nargs="*", help="default: all")
    parser.add_argument("--build", default="build", help="the build folder")
    parser.add_argument("--peer", help="command that runs PyTorch's benchmark of the same workloads")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    nnc = os.path.join(arguments.build, "bin", "nnc")
    peak = os.path.join(arguments.build, "bin", "fma-peak")
    folder = os.path.join(arguments.build, "benchmarks")
    os.makedirs(folder, exist_ok=True)

    print(f"{'workload':<12} {'build s':>8} {'nnc ms':>9} {'best':>9} {'peer ms':>9} {'best':>9} {'ratio':>6} "
          f"{'peak %':>7} {'RSS MB':>7} {'arena MB':>9}")
    for name in arguments.workloads or WORKLOADS:
        if name not in WORKLOADS:
            sys.exit(f"no workload is named {name}; there are {', '.join(WORKLOADS)}")
        if not os.path.exists(os.path.join(HERE, name + ".nn")):
            continue
        executable, compile_seconds = build(nnc, name, folder)
        ours, theirs, shares = [], [], []
        for _ in range(arguments.rounds):
            peak_gflops = measure([peak, "--threads", str(arguments.threads)], 60)["gflops"]
            result = measure([executable, "bench", "--json", "--threads", str(arguments.threads)], 600)
            ours.append(result["step_ms_median"])
            shares.append(result["flop_per_step"] / result["step_ms_median"] / 1e6 / peak_gflops)
            if arguments.peer:
                command = arguments.peer.split() + WORKLOADS[name] + ["--threads", str(arguments.threads),
                                                                      "--seconds", "2"]
                theirs.append(measure(command, 600)["step_ms_median"])
        peer = (f"{statistics.median(theirs):9.4f} {min(theirs):9.4f} "
                f"{statistics.median(ours) / statistics.median(theirs):6.2f}") if theirs else f"{'':9} {'':9} {'':6}"
        print(f"{name:<12} {compile_seconds:8.2f} {statistics.median(ours):9.4f} {min(ours):9.4f} {peer} "
              f"{100 * statistics.median(shares):7.1f} {result.get('peak_rss_bytes', 0) / 1e6:7.1f} "
              f"{result['arena_bytes'] / 1e6:9.2f}", flush=True)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""bens beside posteriors and PyTorch: networks of a few sizes, as a Markdown table.

    bench/networks/run.sh BUILD                     sets up the packages, starts this
    bench/networks/run.sh BUILD --network mlp --turns 3

What is measured stands in workloads.py, how each program is called in use_NAME.py. Programs take
turns, so that what else the machine does hits all alike; the median of the turns counts.
"""
import argparse
import datetime
import importlib.metadata
import multiprocessing
import os
import statistics
import subprocess

import use_bens
from use_posteriors import Peer
from workloads import WORKLOADS

# What is measured of a program: method, its keyword arguments
COLUMNS = {
    "1 thread": ("steps", dict(threads=1)),
    "2 threads": ("steps", dict(threads=2)),
    "2 chains, 2 cores": ("steps", dict(chains=2)),
    "gradient alone, 1 thread": ("gradient", dict(threads=1)),
    "2 threads ": ("gradient", dict(threads=2)),
}


def serve(pipe, core, name, title):
    """A chain of the peer in a process of its own, on a core of its own."""
    os.sched_setaffinity(0, {core})
    workload = WORKLOADS[name]
    peer = Peer(workload, workload.builders[title])
    while (n := pipe.recv()) > 0:
        pipe.send(peer.steps(n))


class Pair:
    """Two such processes, each with its chain."""

    def __init__(self, name, title):
        context = multiprocessing.get_context("spawn")
        self.pipes = []
        for core in sorted(os.sched_getaffinity(0))[:2]:
            ours, theirs = context.Pipe()
            context.Process(target=serve, args=(theirs, core, name, title), daemon=True).start()
            self.pipes.append(ours)

    def steps(self, n):
        for pipe in self.pipes:
            pipe.send(n)
        return max(pipe.recv() for pipe in self.pipes)

    def close(self):
        for pipe in self.pipes:
            pipe.send(0)


class Posteriors:
    def __init__(self, name, title):
        workload = WORKLOADS[name]
        self.peer, self.pair = Peer(workload, workload.builders[title]), Pair(name, title)

    def steps(self, n, threads=1, chains=1):
        return self.pair.steps(n) if chains == 2 else self.peer.steps(n, threads)

    def gradient(self, n, threads):
        return self.peer.gradient(n, threads)


def count(call, seconds):
    """Steps that take about so long, after a warm-up; start and end of a program are not in it."""
    return max(4, round(seconds / min(call(4), call(4))))


def measure(programs, method, keywords, options):
    """{program: milliseconds a step, of each turn}."""
    calls = {name: lambda n, p=p: getattr(p, method)(n, **keywords) for name, p in programs.items()}
    n = {name: count(call, options.seconds) for name, call in calls.items()}
    seen = {name: [] for name in calls}
    for _ in range(options.turns):
        for name, call in calls.items():
            seen[name].append(1e3 * call(n[name]))
    return seen


def cell(values, bens):
    median = statistics.median(values)
    low, _, high = statistics.quantiles(values, n=4) if len(values) > 1 else values * 3
    ratio = "" if bens is None else f" **{median / bens:.1f}**"
    return f"{median:.3g} ± {50 * (high - low) / median:.0f} %{ratio}"


def row(cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def compare(name, options):
    workload = WORKLOADS[name]
    bens = use_bens.Bens(options.build, workload)
    programs = {"bens": bens} | {f"posteriors, {title}" if title else "posteriors": Posteriors(name, title)
                                 for title in workload.builders}
    lines = {program: [program] for program in programs}
    for method, keywords in COLUMNS.values():
        seen = measure(programs, method, keywords, options)
        ours = statistics.median(seen["bens"])
        for program, values in seen.items():
            lines[program].append(cell(values, None if program == "bens" else ours))
    print(f"\n{workload.title}\n")
    row(["ms", *COLUMNS])
    row(["---"] * (1 + len(COLUMNS)))
    for line in lines.values():
        row(line)
    for program in list(programs.values())[1:]:
        program.pair.close()


def about(build):
    version = subprocess.run([build + "/src/bens", "--version"], check=True, text=True,
                             capture_output=True).stdout.strip()
    with open("/proc/cpuinfo") as file:
        processor = next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    print(f"{datetime.date.today()}, {processor}, {len(os.sched_getaffinity(0))} cores, load "
          f"{os.getloadavg()[0]:.1f} at the start. {version}; "
          + ", ".join(f"{p} {importlib.metadata.version(p)}" for p in ("posteriors", "torch")) + ".")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("build", help="where bens was built")
    arguments.add_argument("--turns", type=int, default=5, help="repetitions of all programs")
    arguments.add_argument("--seconds", type=float, default=2, help="of one repetition")
    arguments.add_argument("--network", choices=WORKLOADS, action="append", help="not all of them")
    options = arguments.parse_args()
    about(options.build)
    print(f"Milliseconds of a step, SGHMC at the paper's settings; of the gradient of a batch. Median of "
          f"{options.turns} turns ± half the distance of their quartiles. In bold: how many times as "
          "long as bens takes.")
    for name in options.network or WORKLOADS:
        compare(name, options)


if __name__ == "__main__":
    main()

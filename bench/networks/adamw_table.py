#!/usr/bin/env python3
"""Runs of bens beside PyTorch's at the same settings (adamw.py), as a Markdown table.

    python3 adamw_table.py RESULTS imdb|fashion WEIGHT_DECAY RUN

RESULTS is what adamw.py wrote, RUN the folder of a run with imdb.ini or fashion.ini. Mean ± standard
deviation over seeds or chains; z: the difference of the means in units of its standard error.
"""
import json
import math
import pathlib
import statistics
import sys


def of_torch(path, problem, decay):
    """{epoch: {seed: (loss, accuracy)}}"""
    seen = {}
    for line in map(json.loads, open(path)):
        if line["problem"] == problem and line["weight_decay"] == decay:
            score = line["test_loss"], line["test_accuracy"]
            seen.setdefault(line["epoch"], {})[line["seed"]] = score
    return seen


def of_bens(run):
    """The same from the looks of [monitor], one an epoch."""
    seen = {}
    for path in pathlib.Path(run).glob("metrics*.jsonl"):
        for line in map(json.loads, open(path)):
            if line.get("monitor_step", 0) > 0:
                score = line["test_loss"], line["test_accuracy"]
                seen.setdefault(line["monitor_step"], {})[line["chain"]] = score
    return {k: seen[step] for k, step in enumerate(sorted(seen), 1)}


def cell(values, digits):
    return f"{statistics.mean(values):.{digits}f} ± {statistics.stdev(values):.{digits}f}"


def z(a, b):
    error = math.sqrt(statistics.variance(a) / len(a) + statistics.variance(b) / len(b))
    return (statistics.mean(a) - statistics.mean(b)) / error


def main():
    results, problem, decay, run = sys.argv[1:]
    ours, theirs = of_bens(run), of_torch(results, problem, float(decay))
    print(f"{problem}, weight_decay {decay}: {len(ours[1])} chains of bens, {len(theirs[1])} seeds of PyTorch\n")
    print("| epoch | loss, bens | PyTorch | z | accuracy, bens | PyTorch | z |\n" + 7 * "|---" + "|")
    for epoch in sorted(ours.keys() & theirs.keys()):
        a, b = (list(zip(*some[epoch].values())) for some in (ours, theirs))
        print(f"| {epoch} | {cell(a[0], 4)} | {cell(b[0], 4)} | {z(a[0], b[0]):+.1f} | "
              f"{cell(a[1], 4)} | {cell(b[1], 4)} | {z(a[1], b[1]):+.1f} |")


if __name__ == "__main__":
    main()

"""The table and the picture of docs/experiments.md, from runs of imdb.ini and imdb_map.ini.

    bens predict RUN --log-likelihood           # of each run
    python3 imdb_table.py LABEL=RUN... [--svg FILE]

LABEL is a temperature ("0.03": parallel chains) or any other name ("serial", "MAP"). Of
each run: loss and accuracy of single members (mean and sd over them), of the average of
all, and of averages of 4 (mean and sd over all choices of 4 of them, at most 200)."""
import argparse
import itertools
import random
import sys

import h5py
import numpy as np


def members(run):
    """log p(y) of each member [members, rows], chains that diverged left out."""
    with h5py.File(f"{run}/predictions.h5", "r") as f:
        if "log_likelihood" not in f:
            sys.exit(f"imdb_table.py: {run}/predictions.h5: wanted log_likelihood/y; "
                     "run bens predict with --log-likelihood")
        p = f["log_likelihood/y"][...].astype(np.float64)
        classes = f["predictive/p"].shape[1]
    if classes != 2:
        sys.exit(f"imdb_table.py: {run}: wanted two classes, found {classes}")
    p = p.reshape(-1, p.shape[-1])
    good = np.isfinite(p).all(axis=1)
    if not good.all():
        print(f"imdb_table.py: {run}: {(~good).sum()} of {len(p)} members left out: "
              "their predictions are not finite", file=sys.stderr)
    return p[good]


def entropy(p):
    q = 1 - p
    return -(p * np.log(np.maximum(p, 1e-300)) + q * np.log(np.maximum(q, 1e-300)))


def scores(log_p):
    """Of the average of some members: loss, accuracy, and TU, AU, EU in nats. There are
    two classes, so p of the true one says everything."""
    p = np.exp(log_p)
    mean = p.mean(axis=0)
    total, aleatoric = entropy(mean).mean(), entropy(p).mean()
    return np.array([-np.log(mean).mean(), (mean > 0.5).mean(), total, aleatoric,
                     total - aleatoric])


def averages_of(log_p, k):
    n = len(log_p)
    if n < k:
        return None
    choices = list(itertools.combinations(range(n), k))
    if len(choices) > 200:
        choices = random.Random(1).sample(choices, 200)
    return np.array([scores(log_p[list(c)]) for c in choices])


def spread(values, digits):
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{np.mean(values):.{digits}f} ± {np.std(values):.{digits}f}"


def row(label, log_p):
    single = np.array([scores(m[None]) for m in log_p])
    four, every = averages_of(log_p, 4), scores(log_p)
    dash = four is None
    return (f"| {label} | {len(log_p)} | {spread(single[:, 0], 4)} | "
            f"{spread(100 * single[:, 1], 2)} | "
            f"{'' if dash else spread(four[:, 0], 4)} | "
            f"{'' if dash else spread(100 * four[:, 1], 2)} | "
            f"{every[0]:.4f} | {100 * every[1]:.2f} | "
            f"{every[2]:.4f} | {every[3]:.4f} | {every[4]:.4f} |")


def picture(runs, path):
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "bens", "font.size": 11})
    import matplotlib.pyplot as plt
    hot = sorted((float(label), m) for label, m in runs if is_number(label))
    t = [x for x, _ in hot]
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for k, (axis, name) in enumerate(zip(axes, ("test loss", "test accuracy"))):
        single = [np.array([scores(x[None])[k] for x in m]) for _, m in hot]
        axis.errorbar(t, [s.mean() for s in single], [s.std() for s in single],
                      marker="o", color="#888888", capsize=3, label="one member")
        four = [(x, averages_of(m, 4)[:, k]) for x, m in hot if len(m) >= 4]
        axis.errorbar([x * 1.06 for x, _ in four], [v.mean() for _, v in four],
                      [v.std() for _, v in four], marker="s", color="#1f77b4", capsize=3,
                      label="average of 4")
        axis.plot(t, [scores(m)[k] for _, m in hot], marker="D", color="#d62728",
                  label="average of all")
        for (label, m), style in zip([r for r in runs if not is_number(r[0])],
                                     ("--", ":", "-.", (0, (1, 1)))):
            axis.axhline(scores(m)[k], color="black", linewidth=1, linestyle=style,
                         label=label)
        axis.set_xscale("log")
        axis.set_xticks(t, [f"{x:g}" for x in t], minor=False)
        axis.set_xticks([], minor=True)
        axis.set_xlabel("temperature")
        axis.set_ylabel(name)
    axes[0].legend(fontsize=9)
    figure.savefig(path, metadata={"Date": None})


def is_number(label):
    try:
        return float(label) > 0
    except ValueError:
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("runs", nargs="+", metavar="LABEL=RUN")
    parser.add_argument("--svg")
    wanted = parser.parse_args()
    runs = []
    for text in wanted.runs:
        label, _, run = text.partition("=")
        runs.append((label, members(run)))
    print("| | members | loss of one | accuracy of one, % | loss, average of 4 | "
          "accuracy, % | loss, average of all | accuracy, % | TU | AU | EU |\n"
          "|---|---|---|---|---|---|---|---|---|---|---|")
    for label, m in runs:
        print(row(label, m), flush=True)
    if wanted.svg:
        picture(runs, wanted.svg)


if __name__ == "__main__":
    main()

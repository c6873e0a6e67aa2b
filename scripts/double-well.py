#!/usr/bin/env python3
"""Makes docs/double-well.png and the table of docs/double-well.md: one serial chain, a deep
ensemble (T = 0) and a parallel ensemble (T = 1) on the double well, 2,000 steps each.

    python3 scripts/double-well.py build/src/bens        (needs numpy, h5py, matplotlib)
"""
import os
import subprocess
import sys
import tempfile

import h5py
import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

bens = os.path.abspath(sys.argv[1])
root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
EXACT = {"E[x^2]": 4.356815, "E[x^4]": 24.284073}
RUNS = {  # the last 1,000 steps of one chain; the last state of 1,000 chains
    "one serial chain": dict(grid__chains=1, chain__burn_in=1000, chain__thin=1, chain__draws=1000),
    "deep ensemble, T = 0": dict(grid__chains=1000, chain__burn_in=2000, chain__thin=0,
                                 chain__draws=1, sampler__temperature=0),
    "parallel ensemble, T = 1": dict(grid__chains=1000, chain__burn_in=2000, chain__thin=0,
                                     chain__draws=1),
}


def sample(settings):
    with tempfile.TemporaryDirectory() as folder:
        command = [bens, "train", os.path.join(root, "examples", "double_well.ini"), "--quiet",
                   "--set", f"run.output={folder}"]
        for key, value in settings.items():
            command += ["--set", key.replace("__", ".") + f"={value}"]
        subprocess.run(command, check=True)
        with h5py.File(os.path.join(folder, "samples.h5")) as f:
            return f["posterior/x"][()].reshape(-1, 2).astype(float)


draws = {name: sample(settings) for name, settings in RUNS.items()}
print("| | E[x^2] | E[x^4] | draws in each quadrant |\n|---|---|---|---|")
print("| exact | {:.3f} | {:.2f} | 25 % each |".format(*EXACT.values()))
for name, x in draws.items():
    share = [100 * np.mean((np.sign(x[:, 0]) == i) & (np.sign(x[:, 1]) == j))
             for i in (-1, 1) for j in (-1, 1)]
    print(f"| {name} | {np.mean(x**2):.3f} | {np.mean(x**4):.2f} | "
          + ", ".join(f"{s:.0f} %" for s in share) + " |")

axis = np.linspace(-4, 4, 200)
log_p = -axis**4 / 10 + axis**2
density = np.exp(log_p[:, None] + log_p[None, :])
figure, panels = plt.subplots(1, 3, figsize=(10.5, 3.7), sharey=True)
for panel, (name, x) in zip(panels, draws.items()):
    panel.contour(axis, axis, density, levels=6, colors="0.75", linewidths=.8)
    panel.plot(x[:, 0], x[:, 1], ".", markersize=2.5, alpha=.6, color="#1f5fa8")
    panel.set(title=name, xlim=(-4, 4), ylim=(-4, 4), aspect="equal", xlabel="$x_1$")
panels[0].set_ylabel("$x_2$")
figure.tight_layout()
figure.savefig(os.path.join(root, "docs", "double-well.png"), dpi=110)

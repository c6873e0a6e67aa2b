"""bens: the program that $BENS names, `bens train`, as a user starts it."""
import os
import re
import subprocess
import tempfile
import time

import h5py
import numpy as np

import pima
from draws import Draws

# posteriors and bens call the same things by the same names.
SAMPLERS = {
    "sghmc": {"name": "sghmc", "integrator": "euler", "step_size": 0.01, "alpha": 1},
    "sgnht": {"name": "sgnht", "step_size": 0.01, "alpha": 1},
    "baoa": {"name": "baoa", "step_size": 0.01, "alpha": 1},
}
THIN = 1000
LINE = re.compile(r"in (.*) \(([0-9.]+) (k|M|G)? ?chain-steps/s\)")
UNIT = {None: 1, "k": 1e3, "M": 1e6, "G": 1e9}


def train(settings, output):
    """Chain-steps a second by the program's own clock, and the seconds of the whole command."""
    config = os.path.join(pima.root, "examples", "pima.ini")
    command = [os.environ["BENS"], "train", config, "--overwrite"]
    for key, value in {"run.output": output, **settings}.items():
        command += ["--set", f"{key}={value}"]
    begin = time.perf_counter()
    done = subprocess.run(command, check=True, text=True, capture_output=True)
    whole = time.perf_counter() - begin
    found = LINE.search(done.stdout)
    return float(found[2]) * UNIT[found[3]], whole


def steps(sampler, batch, chains):
    settings = {f"sampler.{key}": value for key, value in SAMPLERS[sampler].items()}
    settings |= {"data.batch": batch or "full", "grid.chains": chains, "chain.burn_in": 0}
    if batch:
        settings["data.order"] = "iid"  # as the peers draw it

    def run(n):
        with tempfile.TemporaryDirectory() as folder:
            thin = min(n, THIN)
            length = {"chain.thin": thin, "chain.draws": n // thin}
            rate, _ = train(settings | length, folder + "/run")
            return chains * n / rate

    return run


def draws(step_size, thin):
    """examples/pima.ini: 4 chains x 5,000 draws after 1,000 steps, by baoa with friction 0.5."""

    def run(seed):
        with tempfile.TemporaryDirectory() as folder:
            settings = {"run.seed": seed, "grid.chains": 4, "sampler.step_size": step_size,
                        "chain.thin": thin}
            rate, whole = train(settings, folder + "/run")
            with h5py.File(folder + "/run/samples.h5") as file:
                values = file["posterior/weight"][:].astype(np.float64)
        return Draws(values, 4 * 5000 * thin / rate, 4 * 1000 / rate, whole)

    return run

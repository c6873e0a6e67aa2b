#!/usr/bin/env python3
"""Eight schools by NUTS (NumPyro, float64), by bens through its plug-in, and exactly.

    pip install numpyro h5py
    cc -O2 -shared -fPIC -I include examples/plugins/eight_schools.c \\
       -o examples/plugins/eight_schools.so -lm
    python3 bench/eight_schools.py build/src/bens

Prints means and sds with their Monte Carlo errors, and the line of NUTS that tests/eight_schools.py
keeps. NUTS and bens know nothing of each other but the model.
"""
import os
import subprocess
import sys
import tempfile
import time

root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(root, "tests", "python"))
import h5py
import jax
import numpy as np
import numpyro
import numpyro.distributions as dist
from eight_schools_law import NAMES, SIGMA, Y, columns, exact, moments, table

numpyro.enable_x64()
CHAINS, WARMUP, DRAWS = 4, 5000, 100000


def model():
    mu = numpyro.sample("mu", dist.Normal(0, 5))
    tau = numpyro.sample("tau", dist.HalfCauchy(5))
    with numpyro.plate("school", 8):
        eta = numpyro.sample("eta", dist.Normal(0, 1))
        theta = numpyro.deterministic("theta", mu + tau * eta)
        numpyro.sample("y", dist.Normal(theta, SIGMA), obs=Y)


def nuts():
    sampler = numpyro.infer.MCMC(numpyro.infer.NUTS(model, target_accept_prob=.99),
                                 num_warmup=WARMUP, num_samples=DRAWS, num_chains=CHAINS,
                                 chain_method="sequential", progress_bar=False)
    sampler.run(jax.random.key(0))
    x = {k: np.asarray(v) for k, v in sampler.get_samples(group_by_chain=True).items()}
    print("divergences:", int(sampler.get_extra_fields()["diverging"].sum()))
    return columns(x["mu"], np.log(x["tau"]), x["tau"], x["theta"])


def bens(program):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "train", os.path.join(root, "examples", "eight_schools.ini"),
                        "--quiet", "--set", f"run.output={folder}/run"], check=True)
        with h5py.File(os.path.join(folder, "run", "samples.h5")) as f:
            p = f["posterior"]
            return columns(*(p[k][()] for k in ("mu", "log_tau", "tau", "theta")))


if __name__ == "__main__":
    law = exact()
    begin = time.perf_counter()
    draws = bens(os.path.abspath(sys.argv[1]))
    seconds = time.perf_counter() - begin
    of_bens = moments(draws)
    print(f"bens: {draws.shape[0]} chains x {draws.shape[1]} draws, {seconds:.1f} s")
    largest = [table("bens", of_bens, *law)]

    begin = time.perf_counter()
    draws = nuts()
    seconds = time.perf_counter() - begin
    of_nuts = moments(draws, pieces=50)          # of 2,000 draws: far longer than they remember
    print(f"\nNumPyro {numpyro.__version__}, JAX {jax.__version__}: {CHAINS} chains x {DRAWS} draws "
          f"after {WARMUP}, {seconds:.0f} s")
    largest.append(table("NUTS", of_nuts, *law))

    z = [(of_bens[k] - of_nuts[k]) / np.hypot(of_bens[k + 1], of_nuts[k + 1]) for k in (0, 2)]
    print(f"\nlargest |z|: bens - exact {largest[0]:.2f}, NUTS - exact {largest[1]:.2f}, "
          f"bens - NUTS {np.abs(z).max():.2f} (of {2 * len(NAMES)} each)\n\nNUTS = {{")
    for k, name in enumerate(NAMES):
        print(f'    "{name}": (' + ", ".join(f"{v[k]:.4f}" for v in of_nuts) + "),")
    print("}")

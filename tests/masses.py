"""Masses that adapt in the burn-in and then stay change how fast a chain moves and not where to:
Pima with an intercept (two tensors whose gradients differ), full batch, against baoa with unit
mass, which is exact to O(eps^2). The error of a mean is the spread of 64 chains' means.
ctest: timeout 300"""
import sys

import numpy as np

sys.path.insert(0, sys.argv[2] + "/tests/python")
from bens_run import draws, run, source  # noqa: E402

CHAINS = 64


def moments(what, **settings):
    out = run(f"{source}/examples/pima.ini", "run", grid__chains=CHAINS, model__intercept="true",
              **(dict(chain__burn_in=2000, chain__draws=400) | settings))
    d = draws("run")
    x = np.concatenate([d["posterior/weight"], d["posterior/bias"][..., None]], axis=-1)
    x = x.astype(float)
    assert np.isfinite(x).all(), what
    rows = np.stack([x.mean(axis=1), (x**2).mean(axis=1)])  # [2][chain][coordinate]
    return rows.mean(axis=1), rows.std(axis=1, ddof=1) / np.sqrt(CHAINS), out


exact, error, _ = moments("baoa", sampler__step_size=0.3, chain__thin=20, chain__draws=2000)
for name, settings in {
    "baoa, mass of each tensor": dict(sampler__mass="tensor", sampler__step_size=0.5),
    "sgnht, mass of each tensor": dict(sampler__name="sgnht", sampler__mass="tensor",
                                       sampler__step_size=0.2, chain__thin=20),
    "rmsprop_sghmc": dict(sampler__name="rmsprop_sghmc", sampler__step_size=0.1),
    # its own bias, eps h / 2M, is below .5 % of a variance; it moves slowly
    "psgld": dict(sampler__name="psgld", sampler__alpha="", sampler__step_size=0.0005,
                  chain__burn_in=40000, chain__thin=200),
}.items():
    mean, err, _ = moments(name, run__seed=2, **settings)
    z = (mean - exact) / np.hypot(error, err)
    print(f"{name}: largest |z| {abs(z).max():.1f} of {z.size} first and second moments")
    assert abs(z).max() < 4, (name, z)

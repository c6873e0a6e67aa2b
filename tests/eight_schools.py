"""Eight schools, the plug-in of examples/: means and sds against the exact ones and against NUTS;
the same bits on 1 and 4 ranks.
ctest: timeout 200; label statistics"""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
from bens_run import assert_same_bits, build, draws, np, run, source
from eight_schools_law import NAMES, columns, exact, moments, table

# (mean, its error, sd, its error) of NUTS: NumPyro 0.22.0, JAX 0.10.2, float64, 4 chains x 100,000
# draws; printed by `python3 bench/eight_schools.py build/src/bens`.
NUTS = {
    "mu": (4.3947, 0.0054, 3.3190, 0.0055),
    "log_tau": (0.8076, 0.0028, 1.1650, 0.0038),
    "tau": (3.6043, 0.0061, 3.2123, 0.0079),
    "theta[0]": (6.2142, 0.0093, 5.5799, 0.0122),
    "theta[1]": (4.9524, 0.0076, 4.6756, 0.0080),
    "theta[2]": (3.9151, 0.0081, 5.2522, 0.0104),
    "theta[3]": (4.7585, 0.0073, 4.7800, 0.0079),
    "theta[4]": (3.6166, 0.0065, 4.6476, 0.0073),
    "theta[5]": (4.0415, 0.0069, 4.8241, 0.0086),
    "theta[6]": (6.2919, 0.0092, 5.0782, 0.0087),
    "theta[7]": (4.8552, 0.0076, 5.3067, 0.0105),
}
config = os.path.join(source, "examples", "eight_schools.ini")
plugin = os.path.join(build, "tests", "plugins", "eight_schools.so")

# The bias of a finite step goes with its square. At step_size = 1 the mean of log_tau was off by
# -0.020 and its sd by 0.046 (|z| = 7); at 0.25 that is 0.0013 and 0.0028, half of the errors here.
run(config, "run", ranks=2, model__path=plugin, grid__chains=200, sampler__step_size=.25,
    chain__burn_in=2000, chain__thin=60, chain__draws=500)
p = draws("run")
assert not p["sample_stats/diverging"].any()
mu, log_tau, tau, theta, eta = (p[f"posterior/{k}"].astype(float)
                                for k in ("mu", "log_tau", "tau", "theta", "eta"))
found = moments(columns(mu, log_tau, tau, theta))
largest = table("bens", found, *exact())
assert largest < 4, f"bens and the exact posterior: |z| = {largest:.1f}"

nuts = np.array([NUTS[name] for name in NAMES]).T
for k, what in ((0, "mean"), (2, "sd")):
    z = (found[k] - nuts[k]) / np.hypot(found[k + 1], nuts[k + 1])
    print(f"bens and NUTS, {what}:", " ".join(f"{v:+.2f}" for v in z))
    assert np.abs(z).max() < 4

# Outputs are those of the stored draw: float32 numbers of float32 numbers, which the rounding of
# 3 operations and of expf moves by less than 8 units of 2^-24 of the largest term.
size = np.abs(mu)[..., None] + tau[..., None] * np.abs(eta)
assert (np.abs(tau / np.exp(log_tau) - 1) < 8 * 2**-24).all()
assert (np.abs(theta - mu[..., None] - tau[..., None] * eta) <= 8 * 2**-24 * size).all()

short = dict(model__path=plugin, grid__chains=6, chain__burn_in=50, chain__draws=20)
for batch in ("full", 3):
    for ranks in (1, 4):
        run(config, f"bits{ranks}", ranks=ranks, data__batch=batch, **short)
    assert_same_bits(draws("bits1"), draws("bits4"), f"1 and 4 ranks, batch = {batch}")
assert np.unique(draws("bits1")["posterior/mu"][:, 0]).size == 6

"""Gradient noise of known variance ([model] gradient_sd) and its correction ([sampler]
gradient_noise), through the program, on Gaussians of three curvatures.

Every sampler is a linear recursion there, so the stationary variance with and without the
correction is the solution of a 2 x 2 discrete Lyapunov equation, and the draws must have it within
4 standard errors: hot without the correction, by as much as predicted; the temperature restored
with it, up to the discretisation that the same equation predicts.
ctest: timeout 300"""
import sys

import numpy as np

sys.path.insert(0, sys.argv[2] + "/tests/python")
from bens_run import draws, run, source  # noqa: E402

EACH = 400  # coordinates of a curvature
CURVATURE = np.repeat([0.5, 1.0, 4.0], EACH)
EPS, ALPHA, SIGMA, NOISE = 0.1, 1.0, 1.0, 4.0  # gradient noise of variance 4: B eps / 2 alpha = .2


def coefficients(name, taken):
    """a, b, s, p, q, r at T = 1; taken is B where the correction is on (docs/mathematics.md)."""
    v = SIGMA**2
    if name == "sgld":
        c = dict(a=0, b=0, s=np.sqrt(2 * EPS), p=0, q=EPS, r=0)
        gain = EPS**2
    elif name == "baoa":
        a = np.exp(-EPS * ALPHA / v)
        half = EPS / v / 2
        c = dict(a=a, b=a * EPS, s=SIGMA * np.sqrt(1 - a * a), p=half, q=half * EPS, r=half)
        gain = (a * EPS + half * EPS * (1 - a) / (2 * half))**2
    else:
        a = 1 - EPS * ALPHA / v
        move = EPS / v
        c = dict(a=a, b=EPS, s=np.sqrt(2 * ALPHA * EPS), p=0, q=0, r=0)
        c["p" if name == "euler" else "r"] = move
        gain = EPS**2
    c["s"] = np.sqrt(c["s"]**2 - gain * taken)
    return c


def variance(c, h):
    """Of theta, for g = -h theta + noise of variance NOISE."""
    a, b, s, p, q, r = (c[k] for k in "abspqr")
    if a == 0 and p == 0 and r == 0:
        return (s**2 + q**2 * NOISE) / (1 - (1 - q * h)**2)
    A = np.array([[1 - q * h - r * b * h, p + r * a], [-b * h, a]])
    noise, injected = np.array([q + r * b, b]), np.array([r * s, s])
    Q = NOISE * np.outer(noise, noise) + np.outer(injected, injected)
    x = np.linalg.solve(np.eye(4) - np.kron(A, A), Q.ravel())
    return x[0]


def check(name, settings, corrected):
    taken = NOISE if corrected else 0
    out = run(f"{source}/examples/gaussian.ini", "run", grid__chains=4,
              model__covariance=" ".join(str(1 / h) for h in CURVATURE), model__mean="",
              model__gradient_sd=np.sqrt(NOISE), chain__burn_in=1000, chain__thin=20,
              chain__draws=500, sampler__step_size=EPS, sampler__gradient_noise=taken, **settings)
    theta = draws("run")["posterior/x"].astype(float)
    squares = (theta**2).mean(axis=1).reshape(-1, 3, EACH)  # by chain, curvature, coordinate
    worst = 0
    for k, h in enumerate([0.5, 1.0, 4.0]):
        x = squares[:, k].ravel() * h
        mean, error = x.mean(), x.std(ddof=1) / np.sqrt(x.size)
        if name == "sgnht":
            wanted = 1.0
        else:
            wanted = h * variance(coefficients(name, taken), h)
        z = (mean - wanted) / error
        worst = max(worst, abs(z))
        print(f"{name:6} {'corrected' if corrected else 'as it is':9} curvature {h}: "
              f"h Var {mean:.4f} +- {error:.4f}, wanted {wanted:.4f}, z {z:+.1f}")
        assert 4 * error < 0.02 * wanted, "too few draws to see an error of 2 %"
    assert worst < 4, f"{name}: z = {worst:.1f}"
    return out


alpha = dict(sampler__alpha=ALPHA)
for corrected in False, True:
    check("sgld", dict(sampler__name="sgld", sampler__alpha=""), corrected)
    check("euler", dict(sampler__name="sghmc", sampler__integrator="euler") | alpha, corrected)
    check("symplectic", dict(sampler__name="sghmc", sampler__integrator="symplectic") | alpha,
          corrected)
    check("baoa", dict(sampler__name="baoa") | alpha, corrected)
    # the thermostat absorbs what is left, whether it is told of the noise or not
    check("sgnht", dict(sampler__name="sgnht") | alpha, corrected)

# A thermostat under weak friction and long steps must not ring: at rate 1 the first case came out at
# .69, the second at .75.
for eps, weak in (0.7, 0.17), (1.5, 0.17), (1, 2):
    run(f"{source}/examples/gaussian.ini", "run", grid__chains=4, model__mean="",
        model__covariance=" ".join(["150"] * 300), chain__burn_in=5000, chain__thin=20,
        chain__draws=1000, sampler__name="sgnht", sampler__step_size=eps, sampler__alpha=weak)
    x = (draws("run")["posterior/x"].astype(float)**2).mean(axis=1).ravel() / 150
    mean, error = x.mean(), x.std(ddof=1) / np.sqrt(x.size)
    print(f"sgnht  step size {eps}, alpha {weak}: h Var {mean:.4f} +- {error:.4f}")
    assert abs(mean - 1) < 4 * error < 0.02

# More gradient noise than there is noise to inject: counted and said.
hot = run(f"{source}/examples/gaussian.ini", "run", sampler__name="baoa", sampler__step_size=EPS,
          model__gradient_sd=10, sampler__gradient_noise=100, chain__draws=50, **alpha)
assert "in 100 % of the steps the batches' own noise exceeded" in hot.stderr, hot.stderr
assert (draws("run")["sample_stats/noise_clamped"][:, -1]
        == draws("run")["sample_stats/step"][:, -1]).all()
print("clamped steps are counted and said")

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

def pima_law(eps, alpha, batch, correct):
    """Covariance of the weights under baoa, linear about the posterior mean: curvature H, gradient
    noise of covariance C (correlated between the weights), B = its diagonal taken off or not."""
    with open(f"{source}/examples/data/pima.csv") as f:
        rows = np.array([line.split(",") for line in f.read().split()[1:]], dtype=float)
    x, y = rows[:, :8], rows[:, 8]
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    n, w = len(y), np.array([.3886, 1.0865, -.2449, .0207, -.1554, .5945, .3249, .1268])
    p = 1 / (1 + np.exp(-x @ w))
    H = (x.T * (p * (1 - p))) @ x / n + np.eye(8) / n
    C = np.cov(((y - p)[:, None] * x).T, bias=True) / batch
    c, half, T = np.exp(-eps * alpha), eps / 2, 1 / n
    taken = (half * (1 + c))**2 * np.diag(C) if correct else 0
    S = np.diag(np.maximum(T * (1 - c * c) - taken, 0) * np.ones(8))
    # theta' = theta + p m + q g + r m', m' = a m + b g + s z, g = -H theta + noise
    one, q, b = np.eye(8), half * eps, c * eps
    A = np.block([[one - (q + half * b) * H, (half + half * c) * one], [-b * H, c * one]])
    G, Z = np.vstack([(q + half * b) * one, b * one]), np.vstack([half * one, one])
    Q = G @ C @ G.T + Z @ S @ Z.T
    for _ in range(40):  # sum over k of A^k Q A^k', the number of terms doubling
        Q, A = Q + A @ Q @ A.T, A @ A
    return np.diag(Q)[:8], np.trace(Q[8:, 8:]) / 8 / T


# Estimated, on real data. Batches of 32 of Pima heat the chain; the estimate takes the noise of each
# coordinate off, which restores the kinetic temperature. Their noise is correlated between the
# weights, large in stiff directions and small in soft ones: so the variances come out too small,
# by as much as the linear law says.
pima = dict(grid__chains=32, data__batch=32, data__order="iid", sampler__step_size=0.1,
            sampler__alpha=0.5, chain__burn_in=4000, chain__thin=50, chain__draws=400)
exact, _ = pima_law(1e-3, 0.5, 1e9, False)
for noise in 0, "estimated":
    run(f"{source}/examples/pima.ini", "run", sampler__gradient_noise=noise, **pima)
    d = draws("run")
    found = d["posterior/weight"].astype(float).var(axis=(0, 1))
    kinetic = d["sample_stats/temperature_kinetic"].mean()
    law, heat = pima_law(0.1, 0.5, 32, noise != 0)
    print(f"Pima, gradient_noise = {noise}: variance ratio {(found / exact).mean():.3f}, wanted "
          f"{(law / exact).mean():.3f}; kinetic {kinetic:.3f}, wanted {heat:.3f}")
    # 12,800 draws, 8 weights: 1 %; the posterior is not quite the Gaussian of the law: 1.5 %
    assert abs((found / law).mean() - 1) < .04 and abs(kinetic / heat - 1) < .03


def estimate_of_tensors():
    """More than 4,096 parameters: one number a tensor, against the variance of the batch's mean
    gradient at the last draws in NumPy. The chain starts far away, which must be forgotten."""
    rng = np.random.default_rng(4)
    n, d = 200, 4200
    x = rng.normal(size=(n, d))
    y = x[:, :20].sum(axis=1) + rng.normal(size=n)
    with open("wide.csv", "w") as f:
        f.write(",".join(f"x{i}" for i in range(d)) + ",y\n")
        np.savetxt(f, np.column_stack([x, y]), delimiter=",", fmt="%.6g")
    with open("wide.ini", "w") as f:
        f.write("[run]\noutput = wide\n[data]\ntrain = wide.csv\ntarget = y\nbatch = 50\n"
                "order = iid\nstandardize = false\n[model]\nname = linear\n"
                "[likelihood]\nname = normal\nnoise = 3\n[prior]\nscale = 0.05\n"
                "[init]\nfrom = prior\n[sampler]\nname = baoa\nstep_size = 0.05\nalpha = 1\n"
                "gradient_noise = estimated\n[chain]\nburn_in = 2000\nthin = 20\ndraws = 10\n")
    run("wide.ini", "wide")
    d = draws("wide")
    estimate = d["sample_stats/gradient_noise"][0, -1]
    w = d["posterior/weight"][0].astype(float)
    residual = y - w @ x.T  # [draw, row]; a row's gradient is residual x / noise^2
    exact = np.mean([(r[:, None] * x / 9).var(axis=0).mean() / 50 for r in residual])
    print(f"estimate of a tensor {estimate:.3e}, exact {exact:.3e}")
    assert abs(estimate / exact - 1) < .1


estimate_of_tensors()

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
assert "in 100 % of the steps [sampler] gradient_noise exceeded" in hot.stderr, hot.stderr
assert (draws("run")["sample_stats/noise_clamped"][:, -1]
        == draws("run")["sample_stats/step"][:, -1]).all()
print("clamped steps are counted and said")

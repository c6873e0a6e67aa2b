"""Simulation-based calibration (Talts et al. 2018): parameters from the prior, data from the
parameters, then the rank of the true parameter among the draws of bens train, which has to be
uniform, for every sampler of a posterior. About four minutes.
ctest: timeout 3600; label long

A data set is a regression of 100 blocks, 4 rows and 3 columns each, that share no column: a
posteriori they are independent, so one run ranks 100 true parameters instead of one. In a block
the directions in which the posterior has no correlation are ranked, which makes all ranks
independent, and the log-likelihood of the block, which sees what they cannot (Modrak et al.
2023: a sampler that ignores the data ranks every parameter well). BENS_SBC=baoa,sgld in the
environment: these cases only."""
import math
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from statistics import NormalDist
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
from bens_run import draws, np, run

RUNS, BLOCKS, ROWS, COLUMNS = 32, 100, 4, 3
DRAWS, BINS = 67, 17  # 68 ranks, four in a bin; an even number of degrees of freedom
LEVEL = 1e-4          # of one test; there are 8 a case, so all together about 1 %

# Of likelihood and prior N(0, 1): the precision of the posterior is 2, 3, 4 along DIRECTIONS,
# and the curvature h = 2/N, 3/N, 4/N per datum.
rng = np.random.default_rng(20240229)
DIRECTIONS = np.linalg.qr(rng.normal(size=(COLUMNS, COLUMNS)))[0]
X = np.linalg.qr(rng.normal(size=(ROWS, COLUMNS)))[0] * np.sqrt([1, 2, 3]) @ DIRECTIONS.T
N = BLOCKS * ROWS
DESIGN = np.kron(np.eye(BLOCKS), X)


def unit(value):
    """The step size with eps^2 h = value in the direction of the largest h."""
    return math.sqrt(value * N / 4)


# The friction at which the slowest direction forgets fastest: to (1 + x) e^-x of its state
# after a time x / sqrt(h).
CRITICAL = 2 * math.sqrt(2 / N)


def apart(step_size, h=2 / N):
    """Steps to x = 5: 4 % are left."""
    return math.ceil(5 / (step_size * math.sqrt(h)))


def underdamped(name, step_size, **more):
    return dict(name=name, step_size=step_size, alpha=CRITICAL, burn_in=10 * apart(step_size),
                thin=apart(step_size)) | more


# Settings by the laws of docs/mathematics.md: behind each the largest relative error of the sd
# that the finite step makes. The first part of a burn-in adapts what is adapted: masses of
# elements, about sqrt(h / N) = MASS. The thermostat wants steps below alpha.
MASS = math.sqrt(3) / N
CASES = {
    "sgld": dict(step_size=.03 * N / 4, burn_in=500, thin=250),                         # .8 %
    "sghmc euler": underdamped("sghmc", .012 * CRITICAL * N / 4, integrator="euler"),   # .6 %
    "sghmc symplectic": underdamped("sghmc", unit(.03), integrator="symplectic"),       # .4 %
    "baoa": underdamped("baoa", unit(1)),                                               # 0
    "sgnht": underdamped("sgnht", .9 * CRITICAL),                                       # 0
    "sgnht euler": underdamped("sgnht", .9 * CRITICAL, integrator="euler"),             # .5 %
    "psgld": dict(step_size=.03 * N / 4 * MASS, beta=.999, adapt=4000, burn_in=5000,
                  thin=300),                                                            # 1 %
    "rmsprop_sghmc": dict(step_size=unit(.5) * math.sqrt(MASS), beta=.995, adapt=1000,
                          alpha=CRITICAL / math.sqrt(MASS), burn_in=1200, thin=25),     # 0
    "cyclical": underdamped("baoa", unit(1), burn_in=120, thin=40, schedule__cycle=120,
                            schedule__step_size="cyclical", schedule__floor=.2,
                            schedule__temperature="cyclical",
                            schedule__explore=1 / 3),                                   # .2 %
    "laplace prior": underdamped("baoa", unit(.05), prior__name="laplace", prior__scale=.7),
    "logistic": underdamped("baoa", unit(.1), thin=50, model__name="logistic",
                            likelihood__name="bernoulli"),
    # The wrong one, to be caught: sds 11 % too small.
    "temperature 0.8": underdamped("baoa", unit(1), temperature=.8),
}
WRONG = "temperature 0.8"


def simulate(case, of):
    """Parameters [blocks, columns] from the prior, and their data."""
    theta = of.normal(size=(BLOCKS, COLUMNS))
    if case.get("prior__name") == "laplace":
        theta = of.laplace(scale=case["prior__scale"], size=(BLOCKS, COLUMNS))
    out = theta @ X.T
    if case.get("model__name") == "logistic":
        y = (of.random(out.shape) < 1 / (1 + np.exp(-out))).astype(float)
    else:
        y = out + of.normal(size=out.shape)
    return theta, y


def log_lik(case, theta, y):
    """Of every block: theta [..., blocks, columns]."""
    out = theta @ X.T
    if case.get("model__name") == "logistic":
        return -np.logaddexp(0, np.where(y > .5, -out, out)).sum(axis=-1)
    return -.5 * ((y - out)**2).sum(axis=-1)


def ranks(name, number):
    """One run: ranks of the directions [blocks, columns], of the log-likelihood [blocks]."""
    case, folder = CASES[name], f"{name.replace(' ', '_')}_{number}"
    theta, y = simulate(case, np.random.default_rng([7, number]))
    table = np.column_stack([DESIGN, y.ravel()])
    header = ",".join([f"x{j}" for j in range(BLOCKS * COLUMNS)] + ["y"])
    np.savetxt(f"{folder}.csv", table, "%.9g", ",", header=header, comments="")
    with open(f"{folder}.ini", "w") as f:
        f.write(f"[data]\nsource = csv\ntrain = {folder}.csv\ntarget = y\nstandardize = false\n"
                "[likelihood]\nname = normal\n[model]\nname = linear\n"
                f"[sampler]\nname = {case.get('name', name)}\n")
    settings = {"chain__draws": DRAWS, "run__seed": number + 1, "grid__chains": 1}
    if case.get("model__name", "linear") == "linear":
        settings["likelihood__noise"] = 1
    for key, value in case.items():
        if key == "name":
            continue
        room = "chain" if key in ("burn_in", "thin") else "sampler"
        settings[key if "__" in key else f"{room}__{key}"] = value
    run(f"{folder}.ini", folder, **settings)
    x = draws(folder)["posterior/weight"][0].astype(float).reshape(DRAWS, BLOCKS, COLUMNS)
    os.remove(f"{folder}.csv")
    return (np.sum(x @ DIRECTIONS < theta @ DIRECTIONS, axis=0),
            np.sum(log_lik(case, x, y) < log_lik(case, theta, y), axis=0))


def chi_square(r):
    """P(chi^2 with BINS - 1 degrees of freedom is larger), a finite sum for an even number."""
    count = np.bincount(r * BINS // (DRAWS + 1), minlength=BINS)
    half = ((count - r.size / BINS)**2).sum() / (r.size / BINS) / 2
    terms = [half**k / math.factorial(k) for k in range((BINS - 1) // 2)]
    return math.exp(-half) * sum(terms)


def kolmogorov(r):
    """P(the largest distance of the distribution functions is larger), by the law for continuous
    ones; with ranks it is smaller."""
    below = np.cumsum(np.bincount(r, minlength=DRAWS + 1)) / r.size
    uniform = np.arange(1, DRAWS + 2) / (DRAWS + 1)
    lam = np.abs(below - uniform).max() * math.sqrt(r.size)
    return 1 if lam < .3 else min(1, 2 * sum(
        (-1)**(k - 1) * math.exp(-2 * (k * lam)**2) for k in range(1, 20)))


SCORE = np.array([NormalDist().inv_cdf((k + .5) / (DRAWS + 1)) for k in range(DRAWS + 1)])


def shift(r):
    """P of the mean normal score: draws that lie too high or too low."""
    z = SCORE[r].mean() / math.sqrt((SCORE**2).mean() / r.size)
    return 2 * NormalDist().cdf(-abs(z))


def spread(r):
    """P of the mean squared normal score: draws too close together or too far apart."""
    square = SCORE**2
    z = (square[r].mean() - square.mean()) / math.sqrt(square.var() / r.size)
    return 2 * NormalDist().cdf(-abs(z))


TESTS = {"chi^2": chi_square, "KS": kolmogorov, "shift": shift, "spread": spread}


def p_values(r):
    return {name: test(r) for name, test in TESTS.items()}


def show(what, p):
    print(f"{what:28}" + "".join(f"{name} {value:8.2g}   " for name, value in p.items()),
          flush=True)


def power():
    """The tests by themselves, on exact posterior draws of the size of a case, and on those with
    an sd 10 % too small and a mean .1 sd off."""
    of = np.random.default_rng(3)
    true = of.normal(size=(RUNS * BLOCKS * COLUMNS, 1))
    x = of.normal(size=(RUNS * BLOCKS * COLUMNS, DRAWS))
    p = p_values(np.sum(x < true, axis=1))
    show("exact draws", p)
    assert min(p.values()) > LEVEL
    p = p_values(np.sum(.9 * x < true, axis=1))
    show("sd 10 % too small", p)
    assert p["chi^2"] < LEVEL and p["spread"] < LEVEL
    p = p_values(np.sum(x + .1 < true, axis=1))
    show("mean .1 sd too high", p)
    assert p["chi^2"] < LEVEL and p["KS"] < LEVEL and p["shift"] < LEVEL


def calibrate(name, pool):
    found = list(pool.map(lambda number: ranks(name, number), range(RUNS)))
    p = p_values(np.concatenate([r[0].ravel() for r in found]))
    q = p_values(np.concatenate([r[1] for r in found]))
    show(name, p)
    show("    log-likelihood", q)
    if name == WRONG:
        assert p["chi^2"] < LEVEL and p["spread"] < LEVEL, "a wrong posterior was not seen"
    else:
        assert min(*p.values(), *q.values()) > LEVEL, f"{name} is not calibrated"


ranked = RUNS * BLOCKS * COLUMNS
print(f"{RUNS} runs a case, {ranked} ranks of parameters, {RUNS * BLOCKS} of log-likelihoods; "
      f"seen at level {LEVEL:g} half of the time: an sd wrong by "
      f"{3.9 / math.sqrt(2 * ranked):.1%}, a mean by {3.9 / math.sqrt(ranked):.3f} sd")
power()
chosen = os.environ["BENS_SBC"].split(",") if "BENS_SBC" in os.environ else CASES
with ThreadPoolExecutor(2) as pool:
    for name in chosen:
        calibrate(name, pool)

"""Schedules through the program. Cyclical SGMCMC (Zhang et al. 2020): draws of the sampling
phases only, and their exact law; the step size and temperature of every kind as stored.
ctest: timeout 200; label statistics"""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
from bens_run import draws, np, run, source

CONFIG = os.path.join(source, "examples", "cyclical.ini")
MEAN = np.array([1, -2, 0.])
COVARIANCE = np.array([[1, .5, 0], [.5, 2, .3], [0, .3, .5]])
CHAINS, BURN_IN, EPS, ALPHA = 4000, 350, .6, 1
CYCLE, EXPLORE, FLOOR = 300, .2, .1


def fall(u):
    """The factor of step u of a cycle."""
    return FLOOR + (1 - FLOOR) * (1 + np.cos(np.pi * u / CYCLE)) / 2


def exact_law(steps):
    """Mean and covariance of theta after each number of steps: baoa is linear, so both follow
    a recursion over (theta, m), from theta = 0 and, at temperature 0, momenta 0."""
    h, one = np.linalg.inv(COVARIANCE), np.eye(3)
    mean, cov, law = np.concatenate([-MEAN, np.zeros(3)]), np.zeros((6, 6)), {}
    for t in range(max(steps)):
        u = t % CYCLE
        eps, before = EPS * fall(u), EPS * fall((t - 1) % CYCLE if t > 0 else 0)
        T = float(u >= EXPLORE * CYCLE)
        c = np.exp(-eps * ALPHA)
        kick = np.block([[one, 0 * one], [-(before + eps) / 2 * h, one]])
        drift = np.block([[one, eps / 2 * one], [0 * one, one]])
        friction = np.block([[one, 0 * one], [0 * one, c * one]])
        noise = np.zeros((6, 6))
        noise[3:, 3:] = T * (1 - c * c) * one
        a = drift @ kick
        mean, cov = friction @ a @ mean, friction @ a @ cov @ a.T @ friction.T + noise
        mean, cov = drift @ mean, drift @ cov @ drift.T
        law[t + 1] = MEAN + mean[:3], cov[:3, :3]
    return law


def cyclical_draws(thin, cycles):
    """Draws [chain, cycle, age, 3] and their steps [cycle, age]."""
    ages = np.arange(thin, 241, thin)
    # The phases behind burn_in: steps 60 ... 300 of the cycles that begin at 600, 900, ...
    steps = 600 + CYCLE * np.arange(cycles)[:, None] + 60 + ages
    run(CONFIG, "cyclical", ranks=2, grid__chains=CHAINS, chain__burn_in=BURN_IN,
        chain__thin=thin, chain__draws=steps.size, sampler__step_size=EPS,
        sampler__alpha=ALPHA, schedule__cycle=CYCLE, schedule__explore=EXPLORE,
        schedule__floor=FLOOR)
    found = draws("cyclical")
    assert (found["sample_stats/step"] == steps.ravel()).all(), found["sample_stats/step"][0]
    assert (found["sample_stats/temperature"] == 1).all()
    wanted = EPS * fall((steps.ravel() - 1) % CYCLE)
    assert np.abs(found["sample_stats/step_size"] / wanted - 1).max() < 1e-12
    print(f"{steps.size} draws, all at the steps of sampling phases")
    return found["posterior/x"].astype(float).reshape(CHAINS, *steps.shape, 3), steps


def worst(of_chain, exact):
    """The largest |z| of the means of independent chains."""
    error = of_chain.std(axis=0, ddof=1) / np.sqrt(len(of_chain))
    return np.abs((of_chain.mean(axis=0) - exact) / error).max()


def moments(thin, cycles):
    """At the first four ages, over all cycles. Returns the law at each."""
    x, steps = cyclical_draws(thin, cycles)
    law = exact_law(steps.ravel())
    exact = [law[t] for t in steps[0, :4]]
    off = x[:, :, :4] - [mean for mean, _ in exact]
    products = off[..., :, None] * off[..., None, :] - [cov for _, cov in exact]
    z = [worst(a[:, :, age].mean(axis=1), 0) for a in (off, products) for age in range(4)]
    print(f"means and covariances at steps {(steps[0, :4] % CYCLE).tolist()} of a cycle: "
          f"|z| up to {max(z):.2f}; a variance wrong by "
          f"{4 * np.sqrt(2 / (CHAINS * cycles)):.1%} would be seen")
    assert max(z) < 4
    return [cov for _, cov in exact]


def far_into_a_phase():
    """The posterior, but for what the falling step size does."""
    sd = np.sqrt(np.diag(COVARIANCE))
    off = max(np.abs((cov - COVARIANCE) / np.outer(sd, sd)).max() for cov in moments(60, 16))
    print(f"their law is {off:.1e} from the posterior's")
    assert off < .01


def early_in_a_phase():
    """Chains come from the mode, where the exploration without noise has left them: after two
    steps the law is far from the posterior's. With noise all the time it would be that."""
    share = [np.diag(cov) / np.diag(COVARIANCE) for cov in moments(2, 1)]
    print(f"their variances are {share[0].min():.2f} to {share[3].max():.2f} of the posterior's")
    assert share[0].max() < .9


def kinds():
    """The factor of the step that led to a draw, as docs/settings.md has it."""
    t = np.arange(1000)
    after, cosine = np.maximum(t - 100, 0), lambda x: (1 + np.cos(np.pi * x)) / 2
    rise = np.minimum((t + 1) / 100, 1)
    wanted = {
        "constant": rise,
        "polynomial": np.where(t < 100, rise, .2 + .8 * (1 + after / 50) ** -.7),
        "cosine": np.where(t < 100, rise, .2 + .8 * cosine(np.minimum(after / 600, 1))),
        "cyclical": rise * (.2 + .8 * cosine(t % 250 / 250)),
    }
    for kind, factor in wanted.items():
        for key in "step_size", "temperature":
            prefix = "" if key == "step_size" else "temperature_"
            settings = {"schedule__step_size": "constant", "schedule__temperature": "constant",
                        f"schedule__{key}": kind, f"schedule__{prefix}warmup": 100,
                        f"schedule__{prefix}power": .7, f"schedule__{prefix}floor": .2}
            run(CONFIG, "kinds", grid__chains=1, chain__burn_in=0, chain__thin=1,
                chain__draws=1000, schedule__length=700, schedule__offset=50,
                schedule__cycle=250, schedule__explore=0, sampler__step_size=.5,
                sampler__temperature=3, **settings)
            found = draws("kinds")
            other = 3 if key == "step_size" else .5
            unit = 3.5 - other
            if (key, kind) == ("temperature", "cyclical"):
                factor = np.ones(1000)  # no exploration here, and neither floor nor warmup
            # The temperature goes to the kernel's units and back: a few roundings.
            assert np.abs(found[f"sample_stats/{key}"][0] / unit - factor).max() < 1e-13, kind
            key = {"step_size": "temperature", "temperature": "step_size"}[key]
            assert np.abs(found[f"sample_stats/{key}"] - other).max() < 1e-13, kind
    print("step size and temperature are those of every kind of schedule")


def refused():
    for message, settings in (("sampling phase", {"chain__thin": 181}),
                              ("cycle", {"schedule__cycle": 0}),
                              ("thin", {"chain__thin": 0, "chain__draws": 1})):
        done = run(CONFIG, "refused", check=2, **settings)
        assert message in done.stderr, done.stderr
    print("refused: thin beyond the sampling phase, no cycle, thin = 0")


far_into_a_phase()
early_in_a_phase()
kinds()
refused()

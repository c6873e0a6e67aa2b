"""The posterior of linear regression against closed forms, each moment within 4 errors.
ctest: timeout 300

Known noise and a normal prior: a multivariate normal. Flat priors and learned noise: beta given
sigma is normal, and p(sigma | y) ~ sigma^-(n - k) exp(-RSS / (2 sigma^2)) / sigma, the last
factor because the prior is flat on log sigma. Three regressions with the rows, columns and
coefficients of posteriordb's earnings-logearn_height, kidiq-kidscore_interaction and nes1976-nes:
the first and the last on the scales they come on (a height of 67 +- 4 beside a constant), the
second, whose directions differ by 3,000 in sd, standardised and back on its scales afterwards.

A chain's average is one number, the error is the spread of these numbers / sqrt(chains), so
nothing need be known about correlation in time."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
from bens_run import draws, h5py, np, run

CHAINS = 32
rng = np.random.default_rng(1976)


def earnings():
    height = rng.normal(66.9, 3.8, 1192).round()
    return {"height": height}, 5.778 + .0588 * height + rng.normal(0, .894, 1192)


def kidiq():
    school, iq = rng.random(434) < .79, rng.normal(100, 15, 434)
    y = -11.5 + 51.3 * school + .969 * iq - .484 * school * iq + rng.normal(0, 18, 434)
    return {"mom_hs": school, "mom_iq": iq, "mom_hs_iq": school * iq}, y


def nes():
    age = rng.choice(4, 1184, p=[.3, .3, .25, .15])
    x = {"ideology": rng.integers(1, 8, 1184), "race": rng.random(1184) < .1, "age_2": age == 1,
         "age_3": age == 2, "age_4": age == 3, "education": rng.integers(1, 5, 1184),
         "gender": rng.integers(0, 2, 1184), "income": rng.integers(1, 6, 1184)}
    beta = [.587, -1.097, -.037, -.057, .449, .277, .134, .172]
    return x, .978 + sum(b * v for b, v in zip(beta, x.values())) + rng.normal(0, 1.787, 1184)


def table(path, x, y):
    """Writes the data; they are float32. Returns the design with its constant behind, and y."""
    columns = [np.float32(v) for v in x.values()] + [np.float32(y)]
    with open(path, "w") as f:
        f.write(",".join([*x, "y"]) + "\n")
        f.writelines(",".join(f"{v:.9g}" for v in row) + "\n" for row in zip(*columns))
    *features, y = [c.astype(float) for c in columns]
    return np.column_stack([*features, np.ones(len(y))]), y


def sample(name, standardize="false", **settings):
    """The draws; beta [chain, draw, coefficient] are those of the table, the constant behind."""
    with open(name + ".ini", "w") as f:
        f.write(f"[data]\nsource = csv\ntrain = {name}.csv\ntarget = y\n"
                f"standardize = {standardize}\n[model]\nname = linear\nintercept = true\n[likelihood]\nname = normal\n"
                f"[sampler]\nname = baoa\n[grid]\nchains = {CHAINS}\n")
    run(name + ".ini", name, ranks=2, timeout=250, **settings)
    d = draws(name)
    assert d["sample_stats/done"].all() and not d["sample_stats/diverging"].any()
    weight, bias = d["posterior/weight"].astype(float), d["posterior/bias"].astype(float)
    if standardize == "true":
        with h5py.File(os.path.join(name, "samples.h5"), "r") as f:
            x_mean, x_sd = f["constant_data/x_mean"][()], f["constant_data/x_sd"][()]
        weight = weight / x_sd
        bias = bias - weight @ x_mean
    d["beta"] = np.concatenate([weight, bias[..., None]], -1)
    return d


def compare(what, x, mean, variance, worst):
    """Moments of x [chain, draw, element] against the exact ones; an error of `worst` sds in a
    mean or of 2 x worst relative in a variance must be one that would be seen."""
    x = x.reshape(CHAINS, x.shape[1], -1).astype(float) - mean
    sd = np.sqrt(variance)
    for moment, found, size in (("mean", x / sd, worst), ("variance", (x / sd)**2 - 1, 2 * worst)):
        each = found.mean(1)
        error = each.std(0, ddof=1) / np.sqrt(CHAINS)
        z = each.mean(0) / error
        print(f"{what}: {moment} within {np.abs(each.mean(0)).max():.4f}, 4 errors "
              f"{4 * error.max():.4f}, largest |z| {np.abs(z).max():.2f}")
        assert np.abs(z).max() < 4, z
        assert 4 * error.max() < size, error


def known_noise():
    """40 rows, so that the prior (a sixth of the precision) is seen."""
    n, s, tau = 40, .8, .3
    x = {f"x{j}": rng.normal(size=n) for j in range(4)}
    X, y = table("known.csv", x, 1 + x["x0"] - .5 * x["x3"] + rng.normal(0, s, n))
    d = sample("known", likelihood__noise=s, prior__name="normal", prior__scale=tau,
               sampler__step_size=.5, sampler__alpha=2, chain__burn_in=200, chain__thin=5,
               chain__draws=2000)
    covariance = np.linalg.inv(X.T @ X / s**2 + np.eye(5) / tau**2)
    mean = covariance @ X.T @ y / s**2
    assert "posterior/log_noise" not in d and "posterior/noise" not in d
    compare("known noise, normal prior", d["beta"], mean, np.diag(covariance), .03)
    # The same along the eigenvectors: correlations too.
    value, vector = np.linalg.eigh(covariance)
    compare("its eigenvectors", d["beta"] @ vector, mean @ vector, value, .03)
    # lp is the whole density of y and a prior without constants, in double at the float32 draw.
    beta = d["beta"]
    lp = (-.5 * ((y - beta @ X.T)**2).sum(-1) / s**2 - n * np.log(s * np.sqrt(2 * np.pi))
          - .5 * (beta**2).sum(-1) / tau**2)
    worst = np.abs(d["sample_stats/lp"] - lp).max()
    print(f"lp within {worst:.1e} of {lp.mean():.2f}")
    assert worst < 1e-9 * np.abs(lp).max()


def sigma_moments(n, k, rss):
    """Mean and variance of log sigma and of sigma by quadrature over log sigma, and E sigma^2."""
    centre, width = .5 * np.log(rss / (n - k)), 1 / np.sqrt(2 * (n - k))
    u = np.linspace(centre - 12 * width, centre + 12 * width, 20001)
    log_p = -(n - k) * u - .5 * rss * np.exp(-2 * u)
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    square = p @ np.exp(2 * u)
    assert abs(square / (rss / (n - k - 2)) - 1) < 1e-9  # sigma^2 ~ RSS / chi^2(n - k)
    moments = [(p @ v, p @ v**2 - (p @ v)**2) for v in (u, np.exp(u))]
    return moments, square


def learned_noise(simulate, step_size, alpha, thin, standardize="false"):
    """step_size: below half of what the largest curvature h (of the features / sigma^2, or of
    log_noise: 2) would bear, so that its error (of second order, and only because h moves with
    sigma) is below a hundredth of an sd. alpha: about sqrt(h) of the smallest h, half of critical damping."""
    name = simulate.__name__
    X, y = table(name + ".csv", *simulate())
    d = sample(name, standardize, prior__name="flat", sampler__step_size=step_size,
               sampler__alpha=alpha, chain__burn_in=20 * thin, chain__thin=thin,
               chain__draws=500)
    inverse = np.linalg.inv(X.T @ X)
    mean = inverse @ X.T @ y
    moments, square = sigma_moments(*X.shape, ((y - X @ mean)**2).sum())
    print(f"{name}: " + ", ".join(f"{m:.4g} +- {np.sqrt(square * v):.3g}"
                                  for m, v in zip(mean, np.diag(inverse))))
    compare(f"{name} coefficients", d["beta"], mean, square * np.diag(inverse), .1)
    for key, exact in zip(("log_noise", "noise"), moments):
        compare(f"{name} {key}", d["posterior/" + key], *exact, .06)


known_noise()
learned_noise(earnings, .012, .06, 600)
learned_noise(kidiq, .5, .006, 400, standardize="true")
learned_noise(nes, .2, .1, 100)

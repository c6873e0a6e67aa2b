"""Likelihoods of numbers as a user meets them: normal_mean_logvar and poisson, trained on, read
and predicted with; what does not fit is refused.
ctest: timeout 300"""
import math
import os
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
from bens_run import BENS, ROOT, draws, h5py, np, run

rng = np.random.default_rng(11)
log_factorial = np.vectorize(lambda k: math.lgamma(k + 1))


def normal_cdf(x):
    return .5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def table(path, x, y):
    names = [f"x{j}" for j in range(x.shape[1])] + ["y"]
    with open(path, "w") as f:
        f.write(",".join(names) + "\n")
        f.writelines(",".join(f"{v:.9g}" for v in row) + "\n" for row in np.c_[x, y])


def settings(name, likelihood, **more):
    with open(name + ".ini", "w") as f:
        f.write(f"[data]\nsource = csv\ntrain = {name}.csv\ntarget = y\nstandardize = false\n"
                f"[model]\nname = linear\nintercept = {more.pop('intercept', 'true')}\n"
                f"[likelihood]\nname = {likelihood}\n[prior]\nscale = {more.pop('scale', 10)}\n"
                f"[sampler]\nname = baoa\nstep_size = {more.pop('step_size', .1)}\nalpha = 1\n"
                "[grid]\nchains = 8\n[chain]\nburn_in = 500\nthin = 20\ndraws = 60\n")


def predict(*arguments, check=0):
    done = subprocess.run([BENS, "predict", *arguments], capture_output=True, text=True,
                          timeout=100, env=os.environ | ROOT, stdin=subprocess.DEVNULL)
    assert done.returncode == check, f"{arguments}: exit {done.returncode}\n{done.stderr}"
    return done


def read(run_):
    with h5py.File(f"{run_}/predictions.h5") as f:
        names = [n.decode() for n in f["scores/metric"]]
        d = {f"{g}/{n}": f[g][n][()] for g in f if g != "bens" for n in f[g]}
    return d, dict(zip(names, d["scores/value"]))


def close(what, found, wanted, error):
    off = np.abs(np.asarray(found) - np.asarray(wanted)).max()
    print(f"{what}: within {off:.1e}")
    assert off <= error, f"{what}: {off} > {error}"


def outputs(name, x):
    """[member, row, output] in double, from the draws."""
    d = draws(name)
    w, b = d["posterior/weight"].astype(float), d["posterior/bias"].astype(float)
    w, b = w.reshape(480, -1, x.shape[1]), b.reshape(480, -1)
    return np.einsum("mkf,nf->mnk", w, np.float32(x).astype(float)) + b[:, None]


def noise_that_depends_on_x():
    x = rng.normal(size=(400, 2))
    truth = np.array([[1, 2, -1], [-1, .3, .8]])  # bias, weights of mean and of log variance
    m, v = truth[:, 0, None] + truth[:, 1:] @ x.T
    y = m + np.exp(v / 2) * rng.normal(size=400)
    table("mean.csv", x[:300], y[:300])
    table("new.csv", x[300:], y[300:])
    settings("mean", "normal_mean_logvar")
    run("mean.ini", "mean", ranks=2)
    with h5py.File("mean/samples.h5") as f:
        assert [n.decode() for n in f["posterior/output"]] == ["mean", "log_variance"]
        assert f["posterior/weight"].shape == (8, 60, 2, 2)
        assert f["posterior/bias"].shape == (8, 60, 2)
    d = draws("mean")
    assert d["sample_stats/done"].all() and not d["sample_stats/diverging"].any()
    both = np.concatenate([d["posterior/bias"][..., None], d["posterior/weight"]], -1)
    off = (both.mean((0, 1)) - truth) / both.std((0, 1))
    print(f"truth: {np.abs(off).max():.1f} posterior sds away")
    assert np.abs(off).max() < 4.5  # the posterior holds the truth: six normals

    predict("mean", "--data", "new.csv", "--log-likelihood", "--posterior-predictive")
    d, value = read("mean")
    out, at = outputs("mean", x[300:]), np.float32(y[300:]).astype(float)
    mean, sd = out[..., 0], np.exp(out[..., 1] / 2)
    # outputs are float32: sums of three products of size 1 to 5
    close("mean", d["predictive/mean"][:, 0], mean.mean(0), 5e-6)
    close("var_noise", d["predictive/var_noise"][:, 0] / (sd**2).mean(0), 1, 5e-6)
    close("var_model", d["predictive/var_model"][:, 0], mean.var(0), 5e-6)
    log_p = -((at - mean) / sd)**2 / 2 - np.log(sd * math.sqrt(2 * math.pi))
    close("nll", value["nll"], -np.log(np.exp(log_p).mean(0)).mean(), 1e-5)
    close("log_likelihood", d["log_likelihood/y"].reshape(480, 100), log_p, 1e-4)
    close("rmse", value["rmse"], np.sqrt(((at - mean.mean(0))**2).mean()), 1e-5)
    inside = np.abs(normal_cdf((at - mean) / sd).mean(0) - .5) <= .475
    close("coverage", value["coverage"], inside.mean(), 1e-12)
    u = (d["posterior_predictive/y"].reshape(480, 100) - mean) / sd
    print(f"made y: mean {u.mean():.4f}, sd {u.std():.4f}")
    assert abs(u.mean()) < 4 / 219 and abs(u.std() - 1) < 4 / 310  # 48,000 standard normals
    predict("mean", "--data", "new.csv", "--members", "last")
    last = slice(59, None, 60)
    crps_by_integral(read("mean")[1]["crps"], at, mean[last], sd[last])


def crps_by_integral(found, y, mean, sd):
    """The integral of (F(t) - [t >= y])^2 by rectangles of 0.005, one of which y cuts: that is
    the error."""
    t = np.arange(-60, 60, .005)
    crps = 0
    for i in range(len(y)):
        F = normal_cdf((t[:, None] - mean[:, i]) / sd[:, i]).mean(1)
        crps += ((F - (t >= y[i]))**2).sum() * .005 / len(y)
    close("crps of 8 members", found, crps, .005)


def counts():
    x = rng.normal(size=(300, 2))
    rate = np.exp(.7 + x @ [.5, -.9])
    y = rng.poisson(rate)
    table("count.csv", x[:200], y[:200])
    table("fresh.csv", x[200:], y[200:])
    settings("count", "poisson", step_size=.05)
    run("count.ini", "count", ranks=2)
    d = draws("count")
    assert d["sample_stats/done"].all() and not d["sample_stats/diverging"].any()
    assert d["posterior/weight"].shape == (8, 60, 2) and d["posterior/bias"].shape == (8, 60)
    lp = d["sample_stats/lp"].reshape(480)
    out = outputs("count", x[:200])[..., 0]
    theta = np.c_[d["posterior/weight"].reshape(480, 2), d["posterior/bias"].reshape(480)]
    wanted = (y[:200] * out - np.exp(out) - log_factorial(y[:200])).sum(1) \
        - (theta.astype(float)**2).sum(1) / 200
    close("lp", lp / wanted, 1, 1e-6)

    predict("count", "--data", "fresh.csv", "--log-likelihood", "--posterior-predictive")
    d, value = read("count")
    assert "crps" not in value and {"nll", "rmse", "coverage", "var_noise"} <= value.keys()
    out, at = outputs("count", x[200:])[..., 0], y[200:]
    rate = np.exp(out)
    close("mean", d["predictive/mean"][:, 0] / rate.mean(0), 1, 5e-6)
    close("var_noise", d["predictive/var_noise"][:, 0] / rate.mean(0), 1, 5e-6)
    close("var_model", d["predictive/var_model"][:, 0], rate.var(0), 1e-4)
    log_p = at * out - rate - log_factorial(at)
    close("log_likelihood", d["log_likelihood/y"].reshape(480, 100), log_p, 1e-4)
    close("nll", value["nll"], -np.log(np.exp(log_p).mean(0)).mean(), 1e-5)
    close("rmse", value["rmse"], np.sqrt(((at - rate.mean(0))**2).mean()), 1e-4)
    k = np.arange(400)
    p = np.exp(k * out[..., None] - rate[..., None] - log_factorial(k)).mean(0)  # [row, k]
    cdf = p.cumsum(1)
    low, high = (cdf < .025).sum(1), (cdf < .975).sum(1)  # the quantiles of each row
    close("coverage", value["coverage"], ((at >= low) & (at <= high)).mean(), 1e-12)
    made = d["posterior_predictive/y"].reshape(480, 100)
    assert (made == np.floor(made)).all() and made.min() == 0
    z = (made - rate).sum(0) / np.sqrt(rate.sum(0))
    squares = ((made - rate)**2 / rate).mean()
    print(f"made counts: largest |z| {np.abs(z).max():.2f}, variance / rate {squares:.4f}")
    assert np.abs(z).max() < 4.5 and abs(squares - 1) < .05  # 48,000, of fourth moment up to 30


def a_known_posterior():
    """Two features that are never on together and no intercept: the posterior is a product of
    two densities in one number each, exp(a t - n e^t - t^2 / 2), integrated on a grid."""
    n, total = np.array([40, 60]), np.array([25, 240])
    x = np.repeat(np.eye(2), n, 0)
    y = np.concatenate([np.bincount(rng.integers(0, k, t), minlength=k) for k, t in zip(n, total)])
    table("known.csv", x, y)
    settings("known", "poisson", intercept="false", scale=1)
    run("known.ini", "known", ranks=2, chain__draws=600, grid__chains=16)
    w = draws("known")["posterior/weight"].astype(float)
    t = np.linspace(-4, 4, 80001)
    for j in range(2):
        log_p = total[j] * t - n[j] * np.exp(t) - t**2 / 2
        p = np.exp(log_p - log_p.max())
        p /= p.sum()
        mean, sd = (p * t).sum(), math.sqrt((p * t**2).sum() - (p * t).sum()**2)
        for what, f in (("mean", (w[..., j] - mean) / sd), ("variance", ((w[..., j] - mean) / sd)**2 - 1)):
            each = f.mean(1)
            z = each.mean() / (each.std(ddof=1) / 4)
            print(f"log rate {j}: {what} off by {each.mean():.4f}, {z:.2f} errors")
            assert abs(z) < 4.5 and abs(each.mean()) < .15  # t with 15 degrees


def what_does_not_fit():
    def train(text, name, **more):
        done = run(name + ".ini", "never", check=2, **more)
        assert text in done.stderr and done.stderr.count("bens train: ") == 1, done.stderr
        print(done.stderr.strip())
    one = np.ones((3, 2))
    table("count.csv", one, [1, 2.5, 3])
    train("found 2.5 in row 2", "count")
    table("count.csv", one, [1, 2, -3])
    train("wanted counts as the target (whole numbers from 0 to 16777215), found -3", "count")
    table("count.csv", one, [1, 2, 3])
    table("half.csv", one, [.5, 1, 1])
    train("found 0.5 in row 1", "count", data__test="half.csv")
    train("wanted a likelihood of classes", "count", model__name="logistic")
    train("wanted a likelihood of numbers", "count", likelihood__name="bernoulli")
    with open("words.csv", "w") as f:
        f.write("x0,x1,y\n1,2,few\n1,2,many\n")
    train("wanted a number, found 'few'", "count", data__train="words.csv")
    train("wanted a number, found 'few'", "mean", data__train="words.csv")
    table("half.csv", one, [1, 1.5, 2])
    done = predict("known", "--data", "half.csv", check=2)
    assert "found 1.5 in row 2" in done.stderr, done.stderr


noise_that_depends_on_x()
counts()
a_known_posterior()
what_does_not_fit()

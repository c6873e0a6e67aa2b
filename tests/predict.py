"""bens predict: what it writes against NumPy from the draws, against ArviZ, and on 1, 2, 4 ranks.
ctest: timeout 400"""
import csv
import math
import os
import shutil
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
from bens_run import BENS, MPIRUN, ROOT, assert_same_bits, build, draws, h5py, np, run, source

EXAMPLES = os.path.join(source, "examples")
PIMA, CSV = os.path.join(EXAMPLES, "pima.ini"), os.path.join(EXAMPLES, "data", "pima.csv")
rng = np.random.default_rng(5)


def predict(*arguments, ranks=1, check=0):
    command = [BENS, "predict", *map(str, arguments)]
    if ranks > 1:
        command = MPIRUN + ["-n", str(ranks)] + command
    done = subprocess.run(command, capture_output=True, text=True, timeout=200,
                          env=os.environ | ROOT, stdin=subprocess.DEVNULL)
    assert check is None or done.returncode == check, \
        f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    assert max(map(len, done.stdout.splitlines() or [""])) <= 90, done.stdout
    return done


def read(path):
    """{group/name: array} of all data sets, without the command line in bens/."""
    found = {}
    with h5py.File(path) as f:
        f.visititems(lambda name, x: found.update({name: np.asarray(x[()])})
                     if isinstance(x, h5py.Dataset) and name != "bens/argv" else None)
    return found


def scores(d):
    names = [n.decode() for n in d["scores/metric"]]
    return dict(zip(names, d["scores/value"])), dict(zip(names, d["scores/mcse"]))


def close(what, found, wanted, error):
    off = np.abs(np.asarray(found) - np.asarray(wanted)).max()
    print(f"{what}: within {off:.1e}")
    assert off <= error, f"{what}: {off} > {error}"


def entropy(p):
    return -(p * np.log(p)).sum(-1)


def table(path, header, rows):
    with open(path, "w", newline="") as f:
        csv.writer(f).writerows([header, *rows])


def pima():
    with open(CSV, newline="") as f:
        header, *rows = csv.reader(f)
    return header, rows


def members_of(output):
    """p [member, row, class] in double, from the draws."""
    header, rows = pima()
    w = draws(output)["posterior/weight"].astype(float)
    with h5py.File(f"{output}/samples.h5") as f:
        names = [n.decode() for n in f["constant_data/feature"][()]]
        x = np.array([[float(r[header.index(n)]) for n in names] for r in rows])
        x = ((x - f["constant_data/x_mean"][()]) / f["constant_data/x_sd"][()]).astype("f4")
        y = f["observed_data/y"][()]
    p = 1 / (1 + np.exp(-w.reshape(-1, 8) @ x.astype(float).T))
    return np.stack([1 - p, p], -1), y


def against_reference():
    """The numbers of an HMC run of 79,000 draws: within 5e-4, EU within 3 %."""
    predict("pima", "--data", CSV)
    d = read("pima/predictions.h5")
    value, error = scores(d)
    print(value)
    for name, wanted, band in (("nll", .52965, 5e-4), ("tu", .53315, 5e-4), ("au", .52810, 5e-4),
                               ("eu", .005049, .03 * .005049), ("accuracy", .74740, 1e-3)):
        close(f"Pima {name}", value[name], wanted, band)
    p, y = members_of("pima")
    mean = p.mean(0)
    # logits are float32: 8 products of up to 10 have errors below 1e-5, p a quarter of that
    close("p", d["predictive/p"], mean, 3e-6)
    close("au", d["predictive/au"], entropy(p).mean(0), 1e-5)
    close("eu", d["predictive/eu"], entropy(mean) - entropy(p).mean(0), 1e-5)
    tu, au, eu = (d[f"predictive/{n}"] for n in ("tu", "au", "eu"))
    close("TU - AU - EU", tu, au + eu, 1e-12)
    close("TU", tu, entropy(d["predictive/p"]), 1e-12)
    assert (eu >= 0).all() and (tu <= math.log(2)).all()
    one = d["predictive/p"]
    close("nll", value["nll"], -np.log(one[np.arange(768), y]).mean(), 1e-12)
    assert value["accuracy"] == (one.argmax(1) == y).mean()
    close("brier", value["brier"], ((one - np.eye(2)[y])**2).sum(1).mean(), 1e-12)
    count, hits = d["reliability/count"], d["reliability/accuracy"]
    filled = count > 0
    gap = np.abs(hits - d["reliability/confidence"])[filled]
    close("ece", value["ece"], (gap * count[filled]).sum() / 768, 1e-12)
    assert count.sum() == 768
    errors(p, y, error)


def errors(p, y, error):
    """Bootstrap of 64 blocks of draws with NumPy's random numbers: 400 replicates here, 200
    there; their errors are known to 4 and 5 %, four of both are 25 %."""
    blocks = [b for chain in np.split(p, 4) for b in np.array_split(chain, 16)]
    means = np.array([b.mean(0) for b in blocks])
    au = np.array([entropy(b).mean() for b in blocks])
    found = {"nll": [], "tu": [], "au": [], "eu": []}
    for _ in range(400):
        i = rng.integers(0, 64, 64)
        mean = means[i].mean(0)
        found["nll"].append(-np.log(mean[np.arange(768), y]).mean())
        found["au"].append(au[i].mean())
        found["tu"].append(entropy(mean).mean())
        found["eu"].append(found["tu"][-1] - found["au"][-1])
    for name, values in found.items():
        ratio = error[name] / (np.std(values, ddof=1) * math.sqrt(64 / 63))
        print(f"Monte Carlo error of {name}: {error[name]:.2e}, {ratio:.2f} of NumPy's")
        assert .75 < ratio < 1.33


def same_on_all_ranks(run_, *flags):
    first = None
    for ranks, threads in ((1, 1), (1, 3), (2, 1), (4, 2)):
        predict(run_, "--output", "ranks.h5", "--threads", threads, "--quiet", *flags, ranks=ranks)
        found = read("ranks.h5")
        first = first or found
        assert_same_bits(first, found, f"{run_} on {ranks} ranks, {threads} threads")
    return first


def groups_for_arviz():
    predict("few", "--data", CSV, "--log-likelihood", "--posterior-predictive")
    d = read("few/predictions.h5")
    p, y = members_of("few")
    shape = d["log_likelihood/y"].shape
    assert shape == (4, 250, 768) and (d["log_likelihood/chain"] == np.arange(4)).all()
    log_p = np.log(p[:, np.arange(768), y]).reshape(shape)
    close("log_likelihood", d["log_likelihood/y"], log_p, 2e-5)
    made = d["posterior_predictive/y"].reshape(1000, 768)
    z = (made.mean(0) - p[..., 1].mean(0)) / np.sqrt((p[..., 1] * p[..., 0]).sum(0)) * 1000
    print(f"posterior_predictive: largest |z| {np.abs(z).max():.2f}, sd {z.std():.2f}")
    assert np.abs(z).max() < 4.5 and .9 < z.std() < 1.1 # 768 z-scores of sd 1
    try:
        import arviz as az
    except ImportError as e:
        print(f"SKIPPED az.loo: {e}")
        return
    import warnings
    warnings.simplefilter("ignore")
    data = az.from_netcdf("few/samples.h5")
    data.extend(az.from_netcdf("few/predictions.h5"))
    loo = az.loo(data)
    value, _ = scores(d)
    # as many parameters as the model has cost what they cost: p_loo is near 8
    print(f"az.loo: elpd {loo.elpd_loo:.1f} (training {-768 * value['nll']:.1f}), "
          f"p {loo.p_loo:.2f}")
    assert 6 < loo.p_loo < 10 and abs(loo.elpd_loo + 768 * value["nll"] + loo.p_loo) < 1


def choices_of_members():
    all_ = draws("few")["posterior/weight"]
    p, _ = members_of("few")
    p = p.reshape(4, 250, 768, 2)
    for flag, wanted in (("last", p[:, -1:]), ("thin=100", p[:, 99::100]), ("all", p)):
        predict("few", "--data", CSV, "--members", flag)
        d = read("few/predictions.h5")
        assert d["bens/n_members"] == wanted.shape[0] * wanted.shape[1], flag
        close(f"members {flag}", d["predictive/p"], wanted.mean((0, 1)), 3e-6)
    predict("few", "--data", CSV, "--members", "1")
    d = read("few/predictions.h5")
    assert (d["predictive/eu"] == 0).all() and scores(d)[0]["eu"] == 0
    assert np.isnan(scores(d)[1]["nll"])
    assert any(np.abs(d["predictive/p"] - q).max() < 3e-6 for q in p.reshape(1000, 768, 2))
    predict("many", "--data", CSV, "--members", "15 of 35", "--repeat", 5)
    d = read("many/predictions.h5")
    by = d["scores/by_repeat"]
    assert by.shape[0] == 5 and len({r.tobytes() for r in by}) == 5 and all_.shape[0] == 4
    close("mean over repeats", d["scores/value"], by.mean(0), 1e-12)
    close("sd over repeats", d["scores/sd"], by.std(0, ddof=1), 1e-12)
    predict("many", "--data", CSV, "--members", "15 of 35")
    first = read("many/predictions.h5")
    close("the first choice", first["scores/value"], by[0], 0)
    assert (first["predictive/p"] == d["predictive/p"]).all()


def without_training_file():
    """Columns are found by name, in any order, beside others; the training file is not wanted."""
    header, rows = pima()
    predict("few", "--data", CSV)
    wanted = read("few/predictions.h5")["predictive/p"]
    os.rename("train.csv", "gone.csv")
    order = list(rng.permutation(len(header)))
    table("shuffled.csv", ["name"] + [header[k] for k in order],
          [[f"patient {i}"] + [r[k] for k in order] for i, r in enumerate(rows)])
    predict("few", "--data", "shuffled.csv")
    assert (read("few/predictions.h5")["predictive/p"] == wanted).all()

    k = header.index("class")
    table("bare.csv", header[:k] + header[k + 1:], [r[:k] + r[k + 1:] for r in rows[:100]])
    done = predict("few", "--data", "bare.csv", "--posterior-predictive")
    d = read("few/predictions.h5")
    assert "no scores" in done.stderr and (d["predictive/p"] == wanted[:100]).all()
    assert "observed_data/y" not in d and [n.decode() for n in d["scores/metric"]] == ["tu", "au", "eu"]

    table("long.csv", header, [rows[i % 768] for i in range(9000)])  # three blocks of rows
    predict("few", "--data", "long.csv", ranks=2)
    p = read("few/predictions.h5")["predictive/p"]
    assert (p == wanted[np.arange(9000) % 768]).all(), "blocks of rows: other predictions"
    os.rename("gone.csv", "train.csv")


def out_of_distribution():
    header, rows = pima()
    k = header.index("class")
    table("far.csv", header, [[v if j == k else float(v) * 3 + 1 for j, v in enumerate(r)]
                              for r in rows[:200]])
    d = same_on_all_ranks("few", "--data", CSV, "--ood", "far.csv")
    value, error = scores(d)
    for kind in ("tu", "eu"):
        a, b = d[f"predictive/{kind}"], d[f"ood/{kind}"]
        wins = (b[:, None] > a).mean() + (b[:, None] == a).mean() / 2
        close(f"auroc_{kind}", value[f"auroc_{kind}"], wins, 1e-12)
        threshold = np.sort(b)[10]
        close(f"fpr95_{kind}", value[f"fpr95_{kind}"], (a >= threshold).mean(), 1e-12)
        assert error[f"auroc_{kind}"] > 0
    assert d["ood/p"].shape == (200, 2)


def far_rows():
    """Where every member's p(y) is 0 in double, its log is not: nll is the log of their mean."""
    header, rows = pima()
    k = header.index("class")
    table("remote.csv", header, [[v if j == k else float(v) * 1e4 for j, v in enumerate(r)]
                                 for r in rows[:100]])
    d = same_on_all_ranks("few", "--data", "remote.csv", "--log-likelihood")
    each = d["log_likelihood/y"].reshape(1000, 100).astype(float)
    assert (np.exp(each).max(0) == 0).any(), "no row is far enough"
    most = each.max(0)
    wanted = -(most + np.log(np.exp(each - most).mean(0))).mean()
    found = scores(d)
    # The log p that are written are float32: 2^-24 of each.
    close("nll of far rows", found[0]["nll"] / wanted, 1, 1e-7)
    assert np.isfinite(found[1]["nll"]) and found[1]["nll"] > 0


def normal_cdf(x):
    return .5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def regression():
    """y on 3 features with learned noise; closed sums over the draws."""
    x = rng.normal(size=(80, 3)) * [1, 20, .1] + [0, 100, 5]
    y = 2 + x @ [1, .05, -3] + rng.normal(0, .7, 80)
    names = ["a", "b", "c", "y"]
    table("reg.csv", names, np.c_[x, y][:60])
    table("test.csv", names, np.c_[x, y][60:])
    with open("reg.ini", "w") as f:
        f.write("[data]\nsource = csv\ntrain = reg.csv\ntest = test.csv\ntarget = y\n"
                "[model]\nname = linear\nintercept = true\n[likelihood]\nname = normal\n"
                "[prior]\nname = normal\nscale = 10\n"
                "[sampler]\nname = baoa\nstep_size = 0.1\nalpha = 1\n")
    run("reg.ini", "reg", grid__chains=4, chain__burn_in=500, chain__thin=20, chain__draws=60)
    d = same_on_all_ranks("reg")  # [data] test
    value, error = scores(d)
    s = {k: v.astype(float) for k, v in draws("reg").items() if v.dtype == np.float32}
    with h5py.File("reg/samples.h5") as f:
        z = (np.float32(x[60:]) - f["constant_data/x_mean"][()]) / f["constant_data/x_sd"][()]
    at = np.float32(y[60:]).astype(float)
    mean = s["posterior/weight"].reshape(240, 3) @ z.T + s["posterior/bias"].reshape(240, 1)
    sd = np.exp(s["posterior/log_noise"].reshape(240, 1)) * np.ones(20)
    close("mean", d["predictive/mean"][:, 0], mean.mean(0), 1e-5)
    close("var_noise", d["predictive/var_noise"][:, 0], (sd**2).mean(0), 1e-5)
    close("var_model", d["predictive/var_model"][:, 0], mean.var(0), 1e-5)
    close("sd", d["predictive/sd"]**2, d["predictive/var_noise"] + d["predictive/var_model"], 1e-12)
    density = np.exp(-((at - mean) / sd)**2 / 2) / sd / math.sqrt(2 * math.pi)
    close("nll", value["nll"], -np.log(density.mean(0)).mean(), 1e-5)
    close("rmse", value["rmse"], np.sqrt(((at - mean.mean(0))**2).mean()), 1e-5)
    inside = np.abs(normal_cdf((at - mean) / sd).mean(0) - .5) <= .475
    close("coverage", value["coverage"], inside.mean(), 1e-12)

    def distance(m, s):
        return 2 * s * np.exp(-(m / s)**2 / 2) / math.sqrt(2 * math.pi) + \
            m * (2 * normal_cdf(m / s) - 1)
    crps = 0
    for i in range(20):
        m, s_ = mean[:, i], sd[:, i]
        pairs = distance(m[:, None] - m, np.hypot(s_[:, None], s_))
        crps += (distance(at[i] - m, s_).mean() - pairs.mean() / 2) / 20
    close("crps of 240 members, exact", value["crps"], crps, 1e-5)
    assert all(e > 0 for k, e in error.items() if k != "coverage")
    predict("reg", "--data", "test.csv", "--log-likelihood", "--posterior-predictive")
    e = read("reg/predictions.h5")
    close("log_likelihood", e["log_likelihood/y"].reshape(240, 20), np.log(density), 1e-4)
    u = (e["posterior_predictive/y"].reshape(240, 20) - mean) / sd
    print(f"made y: mean {u.mean():.3f}, sd {u.std():.3f}")
    assert abs(u.mean()) < 4 / 69 and abs(u.std() - 1) < 4 / 98  # 4,800 standard normals

    run("reg.ini", "reg2", grid__chains=4, chain__burn_in=500, chain__thin=20, chain__draws=500)
    predict("reg2")
    many = scores(read("reg2/predictions.h5"))
    z = (many[0]["crps"] - value["crps"]) / math.hypot(many[1]["crps"], error["crps"])
    print(f"crps of 2,000 members through 256 of them: z {z:.2f} to that of 240")
    assert abs(z) < 4


def three_classes():
    centre = np.array([[0, 0], [2, 0], [0, 2]])
    y = rng.integers(0, 3, 300)
    x = centre[y] + rng.normal(size=(300, 2))
    rows = [[*a, ["ant", "bee", "cat"][k]] for a, k in zip(x, y)]
    table("three.csv", ["u", "v", "kind"], rows)
    with open("three.ini", "w") as f:
        f.write("[data]\nsource = csv\ntrain = three.csv\ntest_fraction = 0.3\ntarget = kind\n"
                "[model]\nname = logistic\nintercept = true\n[likelihood]\nname = categorical\n"
                "[sampler]\nname = baoa\nstep_size = 0.5\nalpha = 1\n")
    run("three.ini", "three", grid__chains=10, chain__draws=20)
    d = same_on_all_ranks("three")  # the part kept for tests
    value, _ = scores(d)
    assert d["predictive/p"].shape == (90, 3) and value["accuracy"] > .6
    assert [c.decode() for c in d["predictive/class"]] == ["ant", "bee", "cat"]
    close("p sums to 1", d["predictive/p"].sum(1), 1, 1e-12)
    assert (d["predictive/tu"] <= math.log(3)).all()
    table("new.csv", ["u", "v", "kind"], rows[:5] + [[0, 0, "dog"]])
    refused("found 'dog'", "three", "--data", "new.csv")


def plug_in():
    library = os.path.join(build, "tests", "plugins", "eight_schools.so")
    if not os.path.exists(library):
        print("SKIPPED the plug-in: it is not built")
        return
    run(os.path.join(EXAMPLES, "eight_schools.ini"), "schools", grid__chains=2,
        model__path=library, chain__draws=300)
    refused("--plugin", "schools")
    predict("schools", "--plugin", library, "--log-likelihood")
    d = read("schools/predictions.h5")
    each = d["log_likelihood/y"].reshape(600, 8).astype(float)
    wanted = np.log(np.exp(each).mean(0))
    close("log_density of a plug-in", d["predictive/log_density"], wanted, 1e-5)
    close("its nll", scores(d)[0]["nll"], -d["predictive/log_density"].mean(), 1e-12)
    refused("wanted no such flag", "schools", "--plugin", library, "--data", CSV)
    refused("found one of model 'logistic'", "few", "--plugin", library, "--data", CSV)


def refused(text, *arguments, code=2, ranks=(1, 4)):
    for n in ranks:
        done = predict(*arguments, ranks=n, check=None)
        lines = [x for x in done.stderr.splitlines() if x.startswith("bens predict: ")
                 and "warning" not in x]
        assert done.returncode == code and len(lines) == 1 and text in lines[0], \
            f"wanted exit {code} and '{text}', found exit {done.returncode}:\n{done.stderr}"


def copy_of(name, **flags):
    """The run with flags of sample_stats set: done=array, diverging=array."""
    shutil.rmtree(name, ignore_errors=True)
    os.mkdir(name)
    shutil.copy("few/samples.h5", name)
    with h5py.File(f"{name}/samples.h5", "r+") as f:
        for key, value in flags.items():
            f[f"sample_stats/{key}"][:] = value
    return name


def parts_of_a_run():
    done = np.ones((4, 250), "i1")
    done[1, 100:] = done[3] = 0
    report = predict(copy_of("cut", done=done), "--data", CSV).stderr
    assert "not finished" in report and "1 of 4 chains have no draw yet" in report
    assert read("cut/predictions.h5")["bens/n_members"] == 600
    diverging = np.zeros((4, 250), "i1")
    diverging[2, 200:] = 1
    report = predict(copy_of("wild", diverging=diverging), "--data", CSV).stderr
    assert "left out: 1 of 4 chains, which diverged" in report
    d = read("wild/predictions.h5")
    p, _ = members_of("few")
    kept = p.reshape(4, 250, 768, 2)[[0, 1, 3]].mean((0, 1))
    assert d["bens/n_members"] == 750
    close("without the chain that diverged", d["predictive/p"], kept, 3e-6)
    refused("has no draw yet", copy_of("young", done=0), "--data", CSV, code=3)
    refused("all of its 4 chains with draws diverged", copy_of("lost", diverging=1),
            "--data", CSV, code=3)
    assert not os.path.exists("lost/predictions.h5")


def what_does_not_fit_is_refused():
    header, rows = pima()
    table("narrow.csv", header[1:], [r[1:] for r in rows])
    refused(f"found no column '{header[0]}'", "few", "--data", "narrow.csv")
    renamed = ["weightt" if n == header[0] else n for n in header]
    table("other.csv", renamed, rows)
    refused(f"found no column '{header[0]}'", "few", "--data", "other.csv")
    refused("found no column", "few", "--data", "test.csv")
    open("empty.csv", "w").close()
    refused("found an empty file", "few", "--data", "empty.csv")
    table("header.csv", header, [])
    refused("wanted rows below the header", "few", "--data", "header.csv")
    table("text.csv", header, [rows[0][:3] + ["x"] + rows[0][4:]])
    refused("wanted a number, found 'x'", "few", "--data", "text.csv")
    refused("wanted rows to predict", "few")
    refused("found no such file", "few", "--data", "nowhere.csv")
    refused("No such file", "nowhere", "--data", CSV, code=4)
    refused("is no whole samples file", PIMA, "--data", CSV, code=4)
    refused("has no samples.h5", source, "--data", CSV, code=4)
    refused("No such file", "few", "--data", CSV, "--output", "no/where.h5", code=4)
    for kept in ("few/samples.h5", "few/checkpoint.h5", "test.csv", "few"):
        was = os.path.isfile(kept) and open(kept, "rb").read()
        refused(f"found '{kept}', which is something else", "few", "--data", CSV, "--output", kept)
        assert not was or open(kept, "rb").read() == was, f"{kept} is not what it was"
    refused("wanted all, last, thin=K, N or 'N of M'", "few", "--data", CSV, "--members", "most")
    refused("found 1000 draws", "few", "--data", CSV, "--members", "15 of 35")
    refused("random members to repeat with", "few", "--data", CSV, "--repeat", 5)
    refused("unknown flag '--sample'", "few", "--sample", ranks=(1,))
    refused("wants a value", "few", "--data", ranks=(1,))
    refused("wanted rows with the target", "few", "--data", "bare.csv", "--log-likelihood")
    refused("member of all", "few", "--data", CSV, "--members", "6", "--log-likelihood")
    run(os.path.join(EXAMPLES, "gaussian.ini"), "gaussian", chain__draws=10)
    refused("predicts nothing", "gaussian", "--data", CSV)
    assert not [n for n in os.listdir("few") if n.endswith(".tmp")], "a temporary file is left"


shutil.copy(CSV, "train.csv")
run(PIMA, "pima", grid__chains=4)
run(PIMA, "few", data__train=os.path.abspath("train.csv"), grid__chains=4, chain__draws=250)
run(PIMA, "many", grid__chains=35, chain__thin=0, chain__draws=1)
against_reference()
same_on_all_ranks("few", "--data", CSV, "--log-likelihood", "--posterior-predictive")
same_on_all_ranks("many", "--data", CSV, "--members", "15 of 35", "--repeat", "3")
groups_for_arviz()
choices_of_members()
without_training_file()
out_of_distribution()
far_rows()
regression()
three_classes()
plug_in()
parts_of_a_run()
what_does_not_fit_is_refused()

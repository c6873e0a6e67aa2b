"""bens diagnose on real runs: its numbers against ArviZ and NumPy, its verdicts, its refusals.
ctest: timeout 600"""
import json
import os
import shutil
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
from bens_run import BENS, build, h5py, np, run, source

try:
    import arviz as az
except ImportError as e:
    print(f"SKIPPED: {e}: install tests/requirements.txt to run this test")
    sys.exit(77)

PIMA = os.path.join(source, "examples", "pima.ini")
WELLS = os.path.join(source, "examples", "double_well.ini")
# The paper's recursion with a small step: slow to forget where it started.
SLOW = dict(sampler__name="sghmc", sampler__integrator="euler", sampler__step_size=.01,
            sampler__alpha=1, chain__thin=0, chain__draws=1)
FROM_PRIOR = dict(grid__chains=2048, init__superchain=32, init__from="prior")


def call(*arguments):
    return subprocess.run([BENS, "diagnose", *arguments], capture_output=True, text=True,
                          timeout=120, stdin=subprocess.DEVNULL)


def diagnose(folder, *arguments, check=None):
    """The JSON object; the exit code must be that of its verdict, and `check` if given."""
    done = call(folder, "--json", *arguments)
    assert done.stderr == "", done.stderr
    found = json.loads(done.stdout)
    assert done.returncode == (0 if found["trusted"] else 3), done.returncode
    assert check is None or done.returncode == check, \
        f"{folder}: exit {done.returncode}, wanted {check}: " + \
        "; ".join(r["text"] for r in found["reasons"])
    return found


def close(name, found, wanted, tolerance):
    """Relative; null is NaN."""
    found = np.array(found, dtype=float)
    wanted = np.asarray(wanted, dtype=float)
    assert found.shape == wanted.shape, f"{name}: shape {found.shape}, wanted {wanted.shape}"
    assert (np.isnan(found) == np.isnan(wanted)).all(), f"{name}: {found}, wanted {wanted}"
    error = np.nanmax(np.abs(found - wanted) / np.maximum(np.abs(wanted), 1e-300))
    assert error <= tolerance, f"{name}: {found}, wanted {wanted}"
    return error


def equals_arviz(found, data, what):
    """Every statistic that ArviZ has, to 1e-6: both sum the same numbers in double, in another
    order. R-hat of ArviZ is `rank`; its tail is told to be that of .05 and .95."""
    largest, n = 0, 0
    for group, name in (("posterior", "weight"), ("sample_stats", "lp")):
        x = data[group][name].astype("float64")
        ours = found[group][name]
        theirs = {"mean": x.mean(("chain", "draw")).values,
                  "sd": x.values.reshape(-1, *x.shape[2:]).std(0, ddof=1)}
        ask = x.to_dataset(name="x")
        theirs["r_hat"] = az.rhat(ask, method="rank").x.values
        theirs["r_hat_folded"] = az.rhat(ask, method="folded").x.values
        for method in ("bulk", "mean"):
            theirs["ess_" + method] = az.ess(ask, method=method).x.values
        theirs["ess_tail"] = az.ess(ask, method="tail", prob=(.05, .95)).x.values
        for method in ("mean", "sd"):
            theirs["mcse_" + method] = az.mcse(ask, method=method).x.values
        for key, prob in (("05", .05), ("50", .5), ("95", .95)):
            theirs["q" + key] = np.quantile(x.values, prob, axis=(0, 1))
            theirs["mcse_q" + key] = az.mcse(ask, method="quantile", prob=prob).x.values
        n += sum(np.size(value) for value in theirs.values())
        for key, value in theirs.items():
            largest = max(largest, close(f"{what}: {name} {key}", ours[key], value, 1e-6))
    print(f"{what}: {n} numbers equal ArviZ's, largest relative error {largest:.1e}")


def statistics():
    for chains, count in ((4, 999), (3, 4)):
        run(PIMA, "good", grid__chains=chains, chain__draws=count)
        equals_arviz(diagnose("good"), az.from_netcdf("good/samples.h5"), f"{chains} x {count}")


def kernel_stein(x, score):
    """Gorham and Mackey 2017, k = (1 + |x - y|^2)^(-1/2), in units of sd."""
    sd = x.std(0, ddof=1)
    x, score = x / sd, score * sd
    gap = x[:, None] - x[None]
    square = (gap**2).sum(2)
    q = 1 + square
    turn = ((score[:, None] - score[None]) * gap).sum(2)
    u = score @ score.T * q**-.5 + (turn + x.shape[1]) * q**-1.5 - 3 * square * q**-2.5
    return np.sqrt(u.mean()), np.sqrt(np.trace(u)) / len(x)


def pima_scores(w):
    """Gradients of the log posterior at weights w [n, 8]: N(0, 1) priors, Bernoulli, by NumPy."""
    table = np.genfromtxt(os.path.join(source, "examples", "data", "pima.csv"), delimiter=",",
                          names=True, dtype=None, encoding="utf-8")
    x = np.column_stack([table[n] for n in table.dtype.names if n != "class"]).astype(float)
    y = (table["class"] == np.unique(table["class"])[1]).astype(float)
    x = (x - x.mean(0)) / x.std(0)
    return (y - 1 / (1 + np.exp(-w @ x.T))) @ x - w


def discrepancy():
    run(PIMA, "good", grid__chains=4, chain__draws=200)
    found = diagnose("good", check=0)["ksd"]
    with h5py.File("good/samples.h5") as f:
        w = f["posterior/weight"][()].astype(float).reshape(-1, 8)
    assert found["chains"] * found["draws"] == len(w)
    wanted = kernel_stein(w, pima_scores(w))
    # Gradients are float32, of 768 terms, and cancel in the sums: 1e-3 is ample.
    close("ksd", [found["ksd"], found["exact_independent"]], wanted, 1e-3)
    assert found["relative"] < 1.2 # exact draws of 8 coordinates: 1.14 once in 1,000

    run(PIMA, "cold", grid__chains=4, chain__draws=400, sampler__temperature=.25)
    cold = diagnose("cold", check=0)
    assert cold["ksd"]["relative"] < 1.2 and abs(cold["configurational"]["z"]) < 4
    print(f"ksd of 800 draws {found['ksd']:.4f} (NumPy {wanted[0]:.4f}, exact draws "
          f"{found['exact']:.4f}); at temperature 0.25 {cold['ksd']['relative']:.3f} of exact")
    return found["ksd"]


def nested(x, superchain):
    """Margossian et al. 2024, eq. (8) to (11): x [chains, draws, ...]."""
    groups = [x[superchain == k] for k in np.unique(superchain)]
    means = np.array([g.mean((0, 1)) for g in groups])
    within = [(g.mean(1).var(0, ddof=1) if len(g) > 1 else 0) +
              (g.var(1, ddof=1).mean(0) if g.shape[1] > 1 else 0) for g in groups]
    return np.sqrt(1 + means.var(0, ddof=1) / np.mean(within, 0))


def superchains(good_ksd):
    """Of 500 steps from the prior: 6 to 12, here 6.1 to 9.3. Of 8,000, below the bound."""
    for name, settings, code in (
            ("short", SLOW | dict(chain__burn_in=500), 3),
            ("long", dict(chain__burn_in=500, chain__thin=0, chain__draws=1), 0),
            ("two", dict(chain__burn_in=500, chain__thin=20, chain__draws=2), 0)):
        run(PIMA, name, **FROM_PRIOR, **settings)
        found = diagnose(name, check=code)
        assert found["starts"] == "apart" and found["used"]["superchains"] == 64
        with h5py.File(f"{name}/samples.h5") as f:
            w, lp = f["posterior/weight"][()].astype(float), f["sample_stats/lp"][()]
        of = np.arange(2048) // 32
        ours = np.append(found["posterior"]["weight"]["nested_r_hat"],
                         found["sample_stats"]["lp"]["nested_r_hat"])
        close(f"{name}: nested R-hat", ours, np.append(nested(w, of), nested(lp, of)), 1e-9)
        bound = np.sqrt(1 + 1 / 32 + found["thresholds"]["tau"])
        close("bound", found["thresholds"]["nested_r_hat_bound"], bound, 1e-12)
        assert bound < found["thresholds"]["nested_r_hat"] < 1.05
        assert (ours < bound).all() if code == 0 else (ours > 5).all()
        # Fewer than 4 draws a chain: what ArviZ calls NaN is null.
        assert found["sample_stats"]["lp"]["r_hat"] is None
        relative = found["ksd"]["relative"]
        assert relative < 1.2 if code == 0 else relative > 10
        if code == 3:
            assert found["ksd"]["ksd"] > 100 * good_ksd
        print(f"{name}: 2048 chains in superchains of 32: nested R-hat {ours.min():.4f} to "
              f"{ours.max():.4f}, bound {bound:.4f}; ksd {relative:.3g} times that of exact draws")


def says(found, text):
    return any(text in r["text"] for r in found["reasons"])


def many_chains_from_one_point():
    """5,000 chains, one draw each: comparing them says nothing, the scores do. A bias of one sd
    (2,000 steps, numbers.md A.5) is seen, at 8,000 steps there is none."""
    for steps, code in ((2000, 3), (8000, 0)):
        run(PIMA, "common", init__from="zero", init__momenta="zero", grid__chains=5000,
            init__superchain=50, chain__burn_in=steps, **SLOW)
        found = diagnose("common", check=code)
        assert found["starts"] == "common" and says(found, "all chains start from one point")
        assert says(found, "the verdict rests on the scores") == (code == 0)
        print(f"5,000 chains from one point, {steps} steps: exit {code}, ksd "
              f"{found['ksd']['relative']:.2f} of exact")
    blind = diagnose("common", "--set", "diagnose.gradients=0", check=3)
    assert blind["verdict"] == "cannot tell" and blind["ksd"]["missing"]


def other_verdicts():
    run(PIMA, "one", grid__chains=1)
    assert diagnose("one", check=3)["verdict"] == "cannot tell"
    assert says(diagnose("one"), "one chain: R-hat wants at least 2")
    run(PIMA, "few", grid__chains=600, chain__draws=3, init__from="prior")
    few = diagnose("few", check=0)
    assert few["starts"] == "apart" and says(few, "R-hat wants 4 draws of a chain, found 3")
    assert diagnose("few", "--set", "diagnose.ess=1000", check=3)["verdict"] == "do not trust"
    run(PIMA, "heated", grid__chains=8, data__batch=32, data__order="iid", sampler__step_size=.1,
        chain__thin=100, chain__draws=400)
    heated = diagnose("heated", check=3)
    assert says(heated, "the configurational temperature is 1.4")  # numbers.md A.5: 1.36 .. 1.44
    assert diagnose("heated", "--set", "diagnose.temperature=1", check=0)["trusted"]
    run(PIMA, "optimum", grid__chains=4, chain__draws=10, sampler__temperature=0)
    optimum = diagnose("optimum", check=3)
    assert optimum["verdict"] == "cannot tell" and says(optimum, "end points of an optimiser")
    close("loss of the mode", optimum["last_loss"]["mean"], .530738, 1e-5)
    # Both wells of every axis: chains that stay where they started do not agree.
    run(WELLS, "wells", grid__chains=8, chain__burn_in=100, chain__thin=1, chain__draws=100)
    assert says(diagnose("wells", check=3), "R-hat is")


def one_draw():
    run(PIMA, "single", grid__chains=1, chain__draws=1, store__lp="full")
    text = " ".join(call("single").stdout.split())
    assert "nan" not in text and "its error is not known" in text, text
    assert "1 chain of 1 draw is worth at most about 1 independent draw, wanted" in text, text
    run(PIMA, "part", grid__chains=2, chain__draws=5)
    with h5py.File("part/samples.h5", "r+") as f:
        f["sample_stats/done"][1] = 0
    assert "used 5 draws of one chain;" in " ".join(call("part").stdout.split())
    text = " ".join(call("part", "--set", "diagnose.ess=1000").stdout.split())
    times = text.split("wanted at least 1000: about ")[1].split()[0]
    assert times.isdigit() and int(times) >= 100, text


def gradients_again():
    """lp = batch stores no configurational temperature; made again it is that of lp = full."""
    settings = dict(grid__chains=4, chain__draws=200, data__batch=100)
    run(PIMA, "full", **settings)
    run(PIMA, "batch", store__lp="batch", **settings)
    full, batch = diagnose("full"), diagnose("batch")
    assert batch["configurational"].pop("gradients_made_again")
    assert not full["configurational"].pop("gradients_made_again")
    for key, value in full["configurational"].items():
        close(f"configurational {key}", batch["configurational"][key], value, 1e-9)
    assert full["ksd"] == batch["ksd"]
    one, two = (call("full", "--json", "--threads", n).stdout for n in "12")
    assert one == two, "other numbers with 2 threads than with 1"


def selected(folder, expression):
    dt = az.from_netcdf(os.path.join(folder, "samples.h5"))
    return eval(expression, {"dt": dt})


def cut_runs():
    """Draws that are not there and chains that diverged: what is used is what ArviZ gets by the
    expression that is told, as a list of chains and, where they are many, as a condition."""
    for chains in (5, 20):
        run(PIMA, "cut", grid__chains=chains, chain__draws=60)
        with h5py.File("cut/samples.h5", "r+") as f:
            for row, first in ((0, 55), (3, 50), (4, 0)):
                f["sample_stats/done"][row, first:] = 0
                f["posterior/weight"][row, first:] = np.nan
                f["sample_stats/lp"][row, first:] = np.nan
            f["sample_stats/diverging"][1, 40:] = 1
            f["posterior/weight"][1, 40:] = np.nan
        found = diagnose("cut", "--skip", "10", check=3)
        used = found["used"]
        assert used["chains"] == [c for c in range(chains) if c not in (1, 4)]
        assert (used["first_draw"], used["draws"], used["diverged"], used["without_draws"]) == \
            (10, 40, 1, 1)
        data = selected("cut", used["arviz"])
        assert data["posterior"]["weight"].shape == (chains - 2, 40, 8)
        equals_arviz(found, data, f"cut, {chains} chains")
        assert "dt.isel(" in call("cut").stdout and says(found, f"1 of {chains - 1} chains diverged")
        told = {r["text"][:20]: r["kind"] for r in
                diagnose("cut", "--set", "diagnose.diverged=.3")["reasons"]}
        assert told[f"1 of {chains - 1} chains diverged"[:20]] == "note"


def other_data():
    """The scores want the run's own data; everything else is there without."""
    shutil.copy(os.path.join(source, "examples", "data", "pima.csv"), "pima.csv")
    run(PIMA, "own", data__train=os.path.abspath("pima.csv"), grid__chains=4, chain__draws=200)
    assert diagnose("own")["ksd"]["missing"] is None
    with open("pima.csv") as f:
        lines = f.readlines()
    with open("pima.csv", "w") as f:
        f.writelines(lines[:-1])
    found = diagnose("own", check=0)
    assert "the training data are others" in found["ksd"]["missing"] and found["starts"] == "unknown"
    os.remove("pima.csv")
    assert "pima.csv" in diagnose("own", check=0)["ksd"]["missing"]


def plug_ins():
    """A plug-in is loaded from the command line only, and must be the run's."""
    plugin = os.path.join(build, "tests", "plugins", "eight_schools.so")
    if not os.path.exists(plugin):
        print("SKIPPED the plug-in: eight_schools.so is not built")
        return
    run(os.path.join(source, "examples", "eight_schools.ini"), "schools", model__path=plugin,
        grid__chains=50, chain__draws=200)
    without = diagnose("schools")
    assert "--plugin FILE" in without["ksd"]["missing"] and without["starts"] == "unknown"
    found = diagnose("schools", "--plugin", plugin)
    assert found["ksd"]["missing"] is None and found["ksd"]["coordinates"] == 10
    assert {"theta", "mu"} <= found["posterior"].keys()
    refuse(2, "--plugin: wanted a run of a plug-in", "good", "--plugin", plugin)
    refuse(2, "nothing.so", "schools", "--plugin", "nothing.so")


def refuse(code, text, *arguments):
    done = call(*arguments)
    lines = done.stderr.splitlines()
    assert done.returncode == code and len(lines) == 1 and text in lines[0] and \
        lines[0].startswith("bens diagnose: ") and done.stdout == "", \
        f"diagnose {arguments}: wanted exit {code} and one line with '{text}', found " \
        f"{done.returncode} and {done.stderr}{done.stdout[:200]}"


def bad_input():
    run(PIMA, "good", grid__chains=4, chain__draws=20)
    refuse(4, "nowhere", "nowhere")
    os.makedirs("empty", exist_ok=True)
    refuse(4, "has no samples.h5", "empty")
    refuse(2, "wanted one run, found 0")
    refuse(2, "wanted one run, found 2", "good", "good")
    refuse(2, "unknown flag '--colour'", "good", "--colour")
    refuse(2, "'--set' wants a value", "good", "--set")
    refuse(2, "wanted diagnose.key=value", "good", "--set", "run.seed=2")
    refuse(2, "esss", "good", "--set", "diagnose.esss=2")
    refuse(2, "r_hat", "good", "--set", "diagnose.r_hat=1")
    refuse(2, "--skip: wanted a whole number", "good", "--skip", "-1")
    refuse(2, "--skip: wanted less than the 20 draws", "good", "--skip", "20")
    refuse(2, "--threads", "good", "--threads", "0")
    for name in ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"):
        os.environ[name] = "2"
        refuse(2, "wanted one process, found 2 ranks", "good")
        os.environ[name] = "1"
        assert call("good").returncode in (0, 3), name
        del os.environ[name]
    shutil.copy("good/samples.h5", "whole.h5")
    assert call("whole.h5").returncode in (0, 3)
    with open("good/samples.h5", "r+b") as f:
        f.truncate(os.path.getsize("good/samples.h5") // 2)
    refuse(4, "no whole samples file", "good")
    shutil.copy("whole.h5", "good/samples.h5")
    with h5py.File("good/samples.h5", "r+") as f:
        f["sample_stats/done"][:] = 0
    refuse(3, "has no draw yet", "good")
    run(WELLS, "wild", grid__chains=4, sampler__step_size=3, chain__draws=5)
    refuse(3, "all of its 4 chains with draws diverged", "wild")


statistics()
superchains(discrepancy())
many_chains_from_one_point()
other_verdicts()
one_draw()
gradients_again()
cut_runs()
other_data()
run(PIMA, "good", grid__chains=4, chain__draws=20)
plug_ins()
bad_input()

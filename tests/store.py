"""[store] tensors and dtype: what is kept of a draw, and as what; all that reads it; kills.
ctest: timeout 600; processors 2"""
import json
import os
import random
import shutil
import subprocess
import sys
import warnings
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
from bens_faults import killed_and_resumed
from bens_run import BENS, ROOT, assert_same_bits, draws, h5py, np, run

rng = np.random.default_rng(3)
random.seed(5)
BOTH = {"store__dtype": "float16", "store__tensors": "weight noi*"}


def settings():
    x = rng.normal(size=(200, 3))
    y = 2 + x @ [1, -2, .5] + rng.normal(0, .7, 200)
    with open("data.csv", "w") as f:
        f.write("a,b,c,y\n")
        f.writelines(",".join(f"{v:.9g}" for v in row) + "\n" for row in np.c_[x, y])
    with open("reg.ini", "w") as f:
        f.write("[data]\nsource = csv\ntrain = data.csv\ntarget = y\n"
                "[model]\nname = linear\nintercept = true\n[likelihood]\nname = normal\n"
                "[prior]\nscale = 10\n[sampler]\nname = baoa\nstep_size = 0.1\nalpha = 1\n"
                "[grid]\nchains = 4\n[chain]\nburn_in = 500\nthin = 10\ndraws = 200\n")
    with open("far.ini", "w") as f:  # two numbers, one of them about 1e5
        f.write("[model]\nname = gaussian\nmean = 1e5 3\ncovariance = 1 1\n"
                "[sampler]\nname = baoa\nstep_size = 0.5\nalpha = 1\n"
                "[grid]\nchains = 2\n[chain]\nburn_in = 2000\ndraws = 50\n")


def bens(command, *arguments, check=0):
    done = subprocess.run([BENS, command, *map(str, arguments)], capture_output=True, text=True,
                          timeout=100, env=os.environ | ROOT, stdin=subprocess.DEVNULL)
    assert check is None or done.returncode == check, \
        f"bens {command} {arguments}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def says(text, found):
    assert " ".join(text.split()) in " ".join(found.split()), f"wanted '{text}' in:\n{found}"


def stats_but_checksum(d):
    return {n: v for n, v in d.items() if n.startswith("sample_stats/")
            and n not in ("sample_stats/checksum", "sample_stats/overflow")}


def layout(output):
    with h5py.File(f"{output}/samples.h5") as f:
        return {t["tensor"]: t for t in json.loads(f["bens/layout"][()])}


def check_sums(output):
    """As docs/file-format.md says it: the bytes of what is stored."""
    import xxhash
    names = [n for n, t in layout(output).items() if t.get("stored", True)]
    d = draws(output)
    for chain in range(4):
        for k in 0, 77, 199:
            raw = b"".join(d[f"posterior/{n}"][chain, k].tobytes() for n in names)
            assert xxhash.xxh64(raw, seed=0).intdigest() == d["sample_stats/checksum"][chain, k]


def what_is_kept():
    run("reg.ini", "full", ranks=2)
    full = draws("full")
    kept = {n: full[n] for n in ("posterior/weight", "posterior/noise")}
    rounded = {n: v.astype(np.float16) for n, v in full.items()
               if n.startswith("posterior/") and v.dtype == np.float32}

    run("reg.ini", "part", store__tensors="weight noi*")
    part = draws("part")
    assert {n for n in part if n.startswith("posterior/") and part[n].dtype == "f4"} == kept.keys()
    assert_same_bits(kept, {n: part[n] for n in kept}, "tensors that were kept")
    assert_same_bits(stats_but_checksum(full), stats_but_checksum(part), "what is said of them")

    run("reg.ini", "half", ranks=2, store__dtype="float16")
    half = draws("half")
    assert_same_bits(rounded, {n: half[n] for n in rounded}, "NumPy's float16 of all")
    assert_same_bits(stats_but_checksum(full), stats_but_checksum(half), "what is said of them")
    assert (half["sample_stats/overflow"] == 0).all() and "sample_stats/overflow" not in full

    run("reg.ini", "both", **BOTH)
    both = draws("both")
    assert_same_bits({n: rounded[n] for n in kept}, {n: both[n] for n in kept}, "both")
    for output in "full", "part", "half", "both":
        check_sums(output)
        bens("check", f"{output}/samples.h5")
    where = {n: (t["offset"], t.get("stored")) for n, t in layout("both").items()}
    assert where == {"weight": (0, None), "bias": (16, False), "log_noise": (32, False),
                     "noise": (where["noise"][0], None)}, where
    assert layout("full").keys() == where.keys() and not any("stored" in t for t in layout("full").values())


def arviz_opens_it():
    try:
        import arviz as az
    except ImportError as e:
        print(f"SKIPPED ArviZ: {e}")
        return
    warnings.simplefilter("ignore")
    half, full = (az.from_netcdf(f"{n}/samples.h5") for n in ("half", "full"))
    assert all(v.dtype == np.float16 for v in half.posterior.data_vars.values())
    a, b = az.summary(half, round_to="none"), az.summary(full, round_to="none")
    off = np.abs(a["mean"] - b["mean"]) / b["sd"]
    print(f"ArviZ: means of float16 within {off.max():.1e} sds, R-hat {a.r_hat.max():.3f}")
    # a number of 2 to 4 is rounded by up to 2^-10, and so is its mean by NumPy; sds are .05
    assert off.max() < .04 and np.isfinite(a.to_numpy()).all()
    assert list(az.from_netcdf("both/samples.h5").posterior.data_vars) == ["weight", "noise"]


def readers():
    """predict, diagnose, warm starts and priors: with float16 they go on, without a tensor
    they say which."""
    value = {}
    for output in "full", "half":
        bens("predict", output, "--data", "data.csv")
        with h5py.File(f"{output}/predictions.h5") as f:
            value[output] = f["scores/value"][()]
    off = np.abs(value["half"] / value["full"] - 1)
    print(f"scores from float16: within {off.max():.1e}")
    assert 0 < off.max() < 2e-3  # 2^-11 of each number
    missing = "has no whole draws: [store] tensors left out bias, log_noise"
    says(missing, bens("predict", "part", "--data", "data.csv", check=2))
    says(missing, bens("train", "reg.ini", "--set", "run.output=warm", "--set", "init.from=part",
                       check=2))
    says("does not have tensor 'bias': [store] tensors left it out",
         bens("train", "reg.ini", "--set", "run.output=warm", "--set", "prior.from=part", check=2))
    done = bens("diagnose", "part", check=None)
    says("no kernel Stein discrepancy: 'part/samples.h5' has no whole draws", done)
    says("r_hat", done)
    done = bens("diagnose", "half", check=None)
    says("ksd", done)
    assert "another than the run's" not in done, done
    for flag in "init", "prior":
        bens("train", "reg.ini", "--overwrite", "--set", f"run.output=warm-{flag}", "--set",
             f"{flag}.from=half")
    bens("train", "reg.ini", "--overwrite", "--set", "run.output=still", "--set",
         "init.from=half", "--set", "chain.burn_in=1", "--set", "chain.thin=0", "--set",
         "chain.draws=1", "--set", "sampler.step_size=1e-20")
    a, b = draws("still"), draws("half")
    assert (a["posterior/weight"][:, 0] == b["posterior/weight"][:, -1]).all()
    bens("status", "half")


def an_index_of_both_kinds():
    shutil.rmtree("array", ignore_errors=True)
    for k in range(2):
        os.makedirs("array", exist_ok=True)
        run("reg.ini", f"array/{k:04d}", grid__chains=2, grid__first_chain=2 * k, **BOTH)
    bens("index", "array")
    a, b = draws("array"), draws("both")
    for n in "posterior/weight", "posterior/noise", "sample_stats/checksum", "sample_stats/lp":
        assert a[n].dtype == b[n].dtype and a[n].tobytes() == b[n].tobytes(), n
    says("every checksum is right", bens("check", "array/samples.h5"))
    run("reg.ini", "array/0002", grid__chains=2, grid__first_chain=4,
        store__tensors="weight noi*")
    says("wanted draws of float16 as 'array/0000/samples.h5' has them ([store] dtype), found "
         "float32", bens("index", "array", check=2))


def killed():
    """Reported draws are there after each kill."""
    killed_and_resumed("both", "reg.ini", [1, 2], chain__draws=3000, chain__thin=40,
                       checkpoint__every="0.02 s", data__batch=20, data__order="iid", **BOTH)
    says("every checksum is right", bens("check", "cut/samples.h5"))


def larger_and_changed():
    words = ["reg.ini", "--resume", "must", "--set", "run.output=both"]
    keep = ["--set", "store.dtype=float16", "--set", "store.tensors=weight noi*"]
    says("dtype", bens("train", *words, *keep[2:], check=2))
    says("tensors", bens("train", *words, *keep[:2], check=2))
    found = bens("train", *words, *keep, "--set", "chain.draws=300", "--set", "grid.chains=6")
    says("dtype = float16 has rounded them", found)
    run("reg.ini", "more", chain__draws=300, grid__chains=6, **BOTH)
    assert_same_bits(draws("more"), draws("both"), f"made larger: {sorted(os.listdir('both'))}")


def too_large():
    run("far.ini", "wide")
    done = run("far.ini", "narrow", store__dtype="float16")
    d, wide = draws("narrow"), draws("wide")
    x = d["posterior/x"]
    assert np.isinf(x[..., 0]).all() and (x[..., 1] == wide["posterior/x"][..., 1].astype("f2")).all()
    assert (d["sample_stats/overflow"] == 1).all() and (wide["posterior/x"] < 1.1e5).all()
    says("warning: 100 numbers of draws were beyond 65504", done.stderr)
    says("[store] dtype = float32 keeps them", done.stderr)
    says("has a number in 'x' that float16 could not hold",
         run("far.ini", "never", check=2, init__from="narrow").stderr)


def bad_patterns():
    for patterns, found in (("wieght", "wieght"), ("weight nothing.*", "nothing.*"), ("[w]x", "[w]x")):
        done = run("reg.ini", "never", check=2, store__tensors=patterns)
        says(f"[store] tensors: wanted patterns that match a tensor each, found '{found}'; the "
             "tensors are: weight, bias, log_noise, noise", done.stderr)
    says("wanted a text, found nothing", run("reg.ini", "never", check=2, store__tensors="").stderr)
    says("one of float32, float16, found 'float8'",
         run("reg.ini", "never", check=2, store__dtype="float8").stderr)
    assert not os.path.exists("never")


settings()
what_is_kept()
arviz_opens_it()
readers()
an_index_of_both_kinds()
killed()
larger_and_changed()
too_large()
bad_patterns()

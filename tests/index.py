"""bens index: four runs with chains of their own are one run of all these chains, bit for bit, for
every reader; the index of one run's files made again; what is refused. ctest: timeout 300"""
import json
import os
import re
import shutil
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
from bens_run import BENS, ROOT, assert_same_bits, draws, h5py, np, run, source

EXAMPLES = os.path.join(source, "examples")
PIMA, CSV = os.path.join(EXAMPLES, "pima.ini"), os.path.join(EXAMPLES, "data", "pima.csv")
SHORT = dict(chain__draws=60, chain__burn_in=300, chain__thin=5, grid__chains=4)


def bens(*arguments, check=0):
    done = subprocess.run([BENS, *map(str, arguments)], capture_output=True, text=True, timeout=200,
                          env=os.environ | ROOT, stdin=subprocess.DEVNULL)
    assert done.returncode == check, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def says(text, *arguments, code=0):
    done = bens(*arguments, check=code)
    assert re.search(text, done.stdout + done.stderr), (text, done.stdout, done.stderr)
    assert code == 0 or (not done.stdout and done.stderr.count("\n") == 1), done.stderr


def tasks(config, folder, numbers=range(4), **settings):
    shutil.rmtree(folder, ignore_errors=True)
    for t in numbers:
        task(config, folder, t, **settings)


def task(config, folder, t, **settings):
    settings = SHORT | dict(grid__first_chain=t * SHORT["grid__chains"]) | settings
    return run(config, f"{folder}/{t:04d}", **settings)


def tree(path):
    """Everything in a file: values, shapes, types, attributes, order, dimensions."""
    found = {}

    def see(name, x):
        found[name] = list(x) if isinstance(x, h5py.Group) else (
            x.shape, str(x.dtype), x[()].tobytes() if x.dtype != object else np.asarray(x[()]).tolist(),
            [[s.name for s in d.values()] for d in x.dims])
        for key, value in x.attrs.items():
            if key not in ("DIMENSION_LIST", "REFERENCE_LIST", "created_at"):
                found[f"{name}@{key}"] = np.asarray(value).tolist()

    with h5py.File(path) as f:
        found["/"] = list(f)
        see("", f)
        f.visititems(see)
    return found


def assert_same_tree(a, b, but):
    a, b = tree(a), tree(b)
    differ = {k for k in a.keys() | b.keys() if repr(a.get(k)) != repr(b.get(k))}
    assert differ == set(but), differ
    print(f"same files: {len(a)} groups, data sets and attributes, but {', '.join(but)}")


def config(folder):
    """The settings of a run's file without its output."""
    with h5py.File(f"{folder}/samples.h5") as f:
        text = f["bens/config"][()].decode()
    assert open(f"{folder}/config.ini").read().endswith(text), folder
    return re.sub(r"(?m)^output .*\n", "", text)


def joined(name, ini, **settings):
    """Every number, text, axis and attribute of one run of 16 chains."""
    tasks(ini, "x", **settings)
    run(ini, "one", **(SHORT | dict(grid__chains=16) | settings))
    says(r"chains 0 to 15 x 60 draws, 4 runs\n$", "index", "x")
    assert_same_bits(draws("one"), draws("x"), f"{name}: 4 runs of 4 chains and one of 16")
    assert_same_tree("one/samples.h5", "x/samples.h5", ["bens/argv", "bens/config"])
    assert config("one") == config("x")
    bens("check", "x/samples.h5")


def readers():
    import arviz
    import xarray as xr
    for engine in ("h5netcdf", "netcdf4"):
        a, b = (xr.open_datatree(f"{r}/samples.h5", engine=engine).load() for r in ("one", "x"))
        for group in ("posterior", "sample_stats", "observed_data", "constant_data"):
            xr.testing.assert_equal(a[group].to_dataset(), b[group].to_dataset())
    a, b = (arviz.summary(arviz.from_netcdf(f"{r}/samples.h5"), round_to="none")
            for r in ("one", "x"))
    assert a.equals(b) and len(a) == 8, (a, b)
    print("xarray (h5netcdf, netCDF4) and ArviZ: the same")


def commands():
    """diagnose and predict take it for one run; nobody goes on with it."""
    a, b = (bens("diagnose", r, "--json", check=3).stdout for r in ("one", "x"))
    assert a.replace('"one', '"x') == b and len(json.loads(b)) > 5, (a, b)
    for r in ("one", "x"):
        bens("predict", r, "--data", CSV)
    a, b = (tree(f"{r}/predictions.h5") for r in ("one", "x"))
    differ = {k for k in a if repr(a[k]) != repr(b.get(k))}
    assert a.keys() == b.keys() and differ <= {"bens/argv", "bens/config", "bens/run"}, differ
    with h5py.File("x/predictions.h5") as f:
        print("predict: the same", f["predictive/p"].shape)
    before = draws("x")
    more = [f"--set={k.replace('__', '.')}={v}" for k, v in (SHORT | dict(grid__chains=16)).items()]
    says("index over the runs in its sub-folders", "train", PIMA, "--resume", "auto", "--set",
         "run.output=x", *more, code=2)
    assert_same_bits(before, draws("x"), "after a --resume that was refused")


def incomplete():
    """A task that is missing, one that has not begun, one with fewer draws, one cut short."""
    whole = draws("one")
    shutil.rmtree("x/0001")
    os.makedirs("x/0004/sub")
    task(PIMA, "x", 3, chain__draws=25)
    says(r"chains 0 to 15 x 60 draws, 3 runs\n"
         r"missing +chains 4 to 7: nothing has them\n"
         r"unfinished +x/0003: 100 of 240 draws\n"
         r"missing +x/0004: no samples.h5 yet\n$", "index", "x")
    found = draws("x")
    there = np.zeros((16, 60), bool)
    there[:4] = there[8:12] = there[12:, :25] = True
    assert (found["sample_stats/done"] == there).all()
    for name in ("posterior/weight", "sample_stats/lp"):
        assert np.isnan(found[name][~there]).all(), name
        assert (found[name][there] == whole[name][there]).all(), name
    assert found["sample_stats/chain"].tolist() == list(range(16))
    bens("check", "x/samples.h5")
    used = r"used +25 draws of each of 12 chains; 4 without draws"
    assert re.search(used, bens("diagnose", "x", check=3).stdout)
    task(PIMA, "x", 1)
    task(PIMA, "x", 3)
    bens("index", "x")
    assert_same_bits(whole, draws("x"), "with the missing ones, indexed again")


def grown():
    """Tasks with several files: an index over what their indexes are over."""
    run(PIMA, "one", **(SHORT | dict(grid__chains=16, chain__draws=90)))
    for t in range(4):
        more = SHORT | dict(grid__first_chain=4 * t, chain__draws=90)
        bens("train", PIMA, "--quiet", "--resume", "must", "--set", f"run.output=x/{t:04d}",
             *(f"--set={k.replace('__', '.')}={v}" for k, v in more.items()))
    bens("index", "x")
    assert_same_bits(draws("one"), draws("x"), "of tasks that were made longer")
    os.rename("x/0002/samples.0001.h5", "lost.h5")
    says(r"missing +x/0002/samples.0001.h5: its chains read as NaN", "index", "x")
    found, done = draws("x"), np.ones((16, 90), bool)
    done[8:12, 60:] = False
    assert (found["sample_stats/done"] == done).all()
    os.rename("lost.h5", "x/0002/samples.0001.h5")

    shutil.copytree("x/0002", "rect")
    os.remove("rect/samples.h5")
    says(r"chains 8 to 11 x 90 draws, 2 files\n$", "index", "rect")
    assert_same_tree("x/0002/samples.h5", "rect/samples.h5", ["bens/argv"])
    bens("index", "rect")
    assert_same_bits(draws("x/0002"), draws("rect"), "an index that was lost")
    says(r"none: one is a run of one file", "index", "one")


def refused():
    def differs(text, t=1, code=2, **settings):
        tasks(PIMA, "y", [0])
        task(PIMA, "y", t, **settings)
        says(text, "index", "y", code=code)
        assert not os.path.exists("y/samples.h5") and sorted(os.listdir("y")) == ["0000", f"{t:04d}"]

    differs(r"'y/0000' and 'y/0001' both have chain 3", grid__first_chain=3)
    differs(r"'y/0000' and 'y/0001' both have chain 0", grid__first_chain=0)
    differs(r"another run than .*: \[sampler\] step_size wanted 1, found 0\.5", sampler__step_size=.5)
    differs(r"\[run\] seed wanted 1, found 2", run__seed=2)
    differs(r"'y/0001/samples.h5' is of another model: wanted no bias \[\]", model__intercept="true")
    differs(r"\[sampler\] name wanted baoa, found sgld", sampler__name="sgld", sampler__alpha="")
    with open(CSV) as f:
        text = f.read()
    with open("other.csv", "w") as f:
        f.write(text.replace("148", "149", 1))
    differs(r"'y/0001/samples.h5' has other training data than", data__train="other.csv")
    with open("y/0001/samples.h5", "r+b") as f:
        f.truncate(5000)
    says(r"'y/0001/samples.h5' is no whole samples file", "index", "y", code=4)
    shutil.copytree("y/0000", "nested")
    shutil.copytree("y/0000", "nested/0000")
    says(r"holds draws in its samples.h5 and runs in its sub-folders", "index", "nested", code=2)
    os.makedirs("empty/0000", exist_ok=True)
    says(r"nothing to index in 'empty': .* found 1 sub-folders", "index", "empty", code=4)
    says(r"cannot read the folder 'nowhere'", "index", "nowhere", code=4)
    says(r"wanted one folder, found 0", "index", code=2)
    says(r"unknown flag '--json'", "index", "x", "--json", code=2)


def own_config():
    """A config.ini that somebody keeps in the folder is not touched."""
    tasks(PIMA, "z", [0, 2])
    with open("z/config.ini", "w") as f:
        f.write("# mine\n")
    for _ in range(2):
        says(r"missing +chains 4 to 7: nothing has them\nkept +z/config.ini", "index", "z")
        assert open("z/config.ini").read() == "# mine\n"


for name in os.listdir("."):
    shutil.rmtree(name) if os.path.isdir(name) else os.remove(name)
joined("linear, an output", os.path.join(EXAMPLES, "linear.ini"))
joined("sgnht, a thermostat", os.path.join(EXAMPLES, "pima.ini"), sampler__name="sgnht",
       sampler__step_size=.05)
joined("gaussian, no data", os.path.join(EXAMPLES, "gaussian.ini"))
joined("logistic", PIMA)
readers()
commands()
incomplete()
grown()
refused()
own_config()

"""A run of four ranks, read by the programs that users have. ctest: timeout 180

h5py, xarray with both engines, ArviZ 0.23 (and open_datatree, which is what from_netcdf of ArviZ
1.x is) agree on what is in samples.h5, of a finished run, of one that was killed and of one that was
made larger, where a corner is still to come.
Arguments: the build folder and the source folder. Exit code 77: the packages are not there.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
from bens_run import BENS as bens, build, run, source

try:
    import arviz
    import h5py
    import netCDF4  # noqa: F401 (an engine of xarray)
    import h5netcdf  # noqa: F401
    import numpy as np
    import xarray as xr
except ImportError as e:
    print(f"SKIPPED: {e}: install tests/requirements.txt to run this test")
    sys.exit(77)

CHAINS, DRAWS = 4, 200
FEATURES = ["preg", "plas", "pres", "skin", "insu", "mass", "pedi", "age"]
GROUPS = ["posterior", "sample_stats", "observed_data", "constant_data", "bens"]
STATS = {"lp": "f8", "loss": "f8", "step": "i8", "step_size": "f8", "temperature": "f8",
         "temperature_kinetic": "f8", "temperature_configurational": "f8", "diverging": "i1",
         "done": "i1", "checksum": "u8"}
pima = f"{source}/examples/pima.ini"


def equal(found, wanted, what):
    if found != wanted:
        sys.exit(f"{what}: wanted {wanted!r}, found {found!r}")


def within(x, low, high, what):
    if not low <= x <= high:
        sys.exit(f"{what}: wanted {low} to {high}, found {x}")


def train(folder):
    run(pima, folder, ranks=CHAINS, chain__burn_in=500, chain__draws=DRAWS, chain__thin=10)
    return f"{folder}/samples.h5"


def train_and_kill(folder):
    """One rank, killed as soon as it has reported a draw."""
    shutil.rmtree(folder, ignore_errors=True)
    process = subprocess.Popen([bens, "train", pima, "--quiet", "--set", f"run.output={folder}",
                                "--set", "grid.chains=2", "--set", "chain.draws=200000"])
    end = time.time() + 60
    while time.time() < end and process.poll() is None:
        try:
            if re.search(r'"draws":[1-9]', open(f"{folder}/metrics.jsonl").read()):
                break
        except FileNotFoundError:
            pass
        time.sleep(0.02)
    process.kill()
    equal(process.wait(), -signal.SIGKILL, "the run's end")
    return f"{folder}/samples.h5"


def checksums(f):
    """xxh64 of each draw's posterior bytes, tensors in the order of bens/layout."""
    try:
        import xxhash
    except ImportError:
        print("checksums: not compared, Python's xxhash is not there")
        return
    names = [t["tensor"] for t in json.loads(f["bens/layout"][()])]
    equal(sorted(names), sorted(n for n, d in f["posterior"].items() if d.ndim >= 2), "bens/layout")
    tensors = [f["posterior"][n][:] for n in names]
    done, stored = f["sample_stats/done"][:], f["sample_stats/checksum"][:]
    for c, k in list(zip(*np.nonzero(done)))[:1000]:
        raw = b"".join(t[c, k].tobytes() for t in tensors)
        equal(int(stored[c, k]), xxhash.xxh64(raw, seed=0).intdigest(), f"checksum of {c}, {k}")


def with_h5py(path):
    with h5py.File(path) as f:
        equal(list(f), GROUPS, "groups, in this order")
        equal(f.attrs["schema"], "bens-samples-1", "schema")
        equal(list(f["sample_stats"])[0], "lp", "first of sample_stats")
        for name, kind in STATS.items():
            d = f["sample_stats"][name]
            equal((d.dtype, d.shape, d.chunks), (np.dtype(kind), (CHAINS, DRAWS), None), name)
            equal([x[0].name for x in d.dims], ["/sample_stats/chain", "/sample_stats/draw"], name)
            equal("_FillValue" in d.attrs, kind == "f8", f"_FillValue of {name}")
        equal(f["posterior/weight"].dtype, np.float32, "type of weight")
        for name, d in f["bens"].items():
            equal(d.shape, (), f"shape of bens/{name}")
        config = f["bens/config"][()].decode()
        within(config.find("step_size"), 0, len(config), "step_size in bens/config")
        equal(int(f["bens/n_data"][()]), 768, "n_data")
        equal(int(f["bens/seed"][()]), 1, "seed")
        equal(f["bens/argv"][()].decode().split()[:2], ["bens", "train"], "argv")
        checksums(f)
        return f["posterior/weight"][:]


def check_values(posterior, stats, observed, constant, weight):
    """Of xarray data sets, by whatever engine."""
    for ds in (posterior, stats):
        for name, n in (("chain", CHAINS), ("draw", DRAWS)):
            equal(ds[name].dtype, np.int64, f"type of {name}")
            equal(ds[name].values.tolist(), list(range(n)), name)
    for ds in (posterior, constant):
        equal([str(x) for x in ds["feature"].values], FEATURES, "feature")
    for ds in (posterior, stats, observed, constant):
        equal(sorted(set(ds.dims) - set(ds.coords)), [], "dimensions without values")
    equal(posterior["weight"].dims, ("chain", "draw", "feature"), "dimensions of weight")
    equal(bool((posterior["weight"].values == weight).all()), True, "weight as h5py reads it")
    for name in ("diverging", "done"):
        equal(stats[name].dtype, np.bool_, f"type of {name}")
    equal((bool(stats["done"].all()), bool(stats["diverging"].any())), (True, False), "flags")
    for name in ("step", "checksum"):
        equal(stats[name].dtype, np.dtype(STATS[name]), f"type of {name}")
    equal(stats["step"].values[0].tolist(), [500 + 10 * (k + 1) for k in range(DRAWS)], "step")
    equal(observed["y"].shape, (768,), "shape of y")
    equal(int(observed["y"].sum()), 268, "patients with diabetes")
    # At a draw of the posterior lp is its maximum (-408.5) minus half a chi-square of 8 degrees.
    within(float(stats["lp"].mean()), -413.5, -411.5, "mean lp")
    within(float(stats["loss"].mean()), 0.48, 0.56, "mean loss")
    # 800 draws of 8 coordinates, sd 0.5 to 1.4 each: 5 Monte Carlo errors are far inside.
    within(float(stats["temperature_kinetic"].mean()), 0.9, 1.1, "kinetic temperature")
    within(float(stats["temperature_configurational"].mean()), 0.7, 1.3, "configurational t.")


def with_xarray(path, weight):
    for engine in ("h5netcdf", "netcdf4"):
        groups = [xr.open_dataset(path, group=g, engine=engine) for g in GROUPS]
        check_values(*groups[:4], weight)
        for g in groups:
            g.close()
        if hasattr(xr, "open_datatree"):
            tree = xr.open_datatree(path, engine=engine)
            equal(list(tree.children), GROUPS, f"open_datatree, {engine}")
            check_values(*(tree[g].to_dataset() for g in GROUPS[:4]), weight)
            tree.close()


def with_arviz(path, weight):
    data = arviz.from_netcdf(path)
    equal(data.groups()[:2], ["posterior", "sample_stats"], "groups in ArviZ")
    check_values(data.posterior, data.sample_stats, data.observed_data, data.constant_data, weight)
    table = arviz.summary(data)
    equal(list(table.index), [f"weight[{n}]" for n in FEATURES], "rows of the summary")
    equal(bool(np.isfinite(table["r_hat"]).all()), True, "r_hat is finite")
    within(float(table["r_hat"].max()), 0.99, 1.1, "largest r_hat")
    within(float(table.loc["weight[plas]", "mean"]), 1.0, 1.25, "mean of plas")


def check_killed(path):
    """What is marked is there, the rest is NaN; the line that cuts a short run off works."""
    with h5py.File(path) as f:
        done = f["sample_stats/done"][:].astype(bool)
        weight, lp = f["posterior/weight"][:], f["sample_stats/lp"][:]
        checksums(f)
    within(int(done.sum()), 1, done.size - 1, "draws of the killed run")
    equal(bool(np.isfinite(weight[done]).all() and np.isfinite(lp[done]).all()), True, "marked")
    least = int(done.sum(axis=1).min())
    equal(bool(np.isnan(weight[:, -1]).all() and np.isnan(lp[:, -1]).all()), True, "not there yet")
    data = arviz.from_netcdf(path)
    equal(bool(np.isnan(data.posterior["weight"][:, -1]).all()), True, "NaN in ArviZ")
    if least >= 4:
        table = arviz.summary(data.isel(draw=slice(0, least)))
        equal(bool(np.isfinite(table["mean"]).all()), True, "summary of the draws that are there")


def check_stopped():
    """The last line of a run that stops tells what to type: just that gives the draws that all of
    its chains have, and bens diagnose works on it."""
    done = run(pima, "stopped", check=75, grid__chains=2, chain__draws=200000, run__time_limit="1 s")
    expression = re.search(r"data\.isel\(draw=slice\(0, \d+\)\)$", done.stderr.splitlines()[-1])
    equal(bool(expression), True, f"an expression at the end of: {done.stderr}")
    data = arviz.from_netcdf("stopped/samples.h5")
    part = eval(expression[0], {"data": data, "slice": slice})
    n, flags = part.posterior.sizes["draw"], data.sample_stats["done"].values
    within(n, 1, 199999, "draws of the run that was stopped")
    equal((bool(flags[:, :n].all()), bool(flags[:, n].all())), (True, False), "done up to there")
    equal(bool(np.isfinite(part.posterior["weight"].values).all()), True, "numbers up to there")
    code = subprocess.run([bens, "diagnose", "stopped"], capture_output=True, text=True).returncode
    equal(code in (0, 3), True, f"bens diagnose of a run that was stopped, exit {code}")


def make_larger():
    """Of tests/io/samples_parts.c: 2 chains x 4 draws, then 2 more draws, then 2 more chains."""
    shutil.rmtree("larger", ignore_errors=True)
    subprocess.run([f"{build}/tests/test_io_samples_parts", "larger"], check=True)
    chain, draw = np.meshgrid(range(4), range(6), indexing="ij")
    there = (chain < 2) | (draw < 4)
    weight = np.where(there, 1000 * chain + 100 * draw, np.nan)[..., None] + np.arange(3) + 0.25
    return there, weight, np.where(there, -10.0 * chain - draw, np.nan)


def check_larger_sets(posterior, stats, larger):
    there, weight, lp = larger
    for ds in (posterior, stats):
        equal(ds["chain"].values.tolist(), [7, 8, 9, 10], "chains of the larger run")
        equal(ds["draw"].values.tolist(), list(range(6)), "draws of the larger run")
    equal(np.array_equal(posterior["weight"].values, weight, equal_nan=True), True, "weight")
    equal(np.array_equal(stats["lp"].values, lp, equal_nan=True), True, "lp")
    equal(stats["done"].values.tolist(), there.tolist(), "done")
    equal(stats["step"].dtype, np.int64, "type of step")
    whole = posterior["weight"].isel(draw=slice(0, 4))
    equal(bool(np.isfinite(whole).all()), True, "the draws that every chain has")


def check_larger(larger):
    path = "larger/samples.h5"
    with h5py.File(path) as f:
        sources = [v.file_name for v in f["posterior/weight"].virtual_sources()]
        equal(sources, [f"samples.000{i}.h5" for i in range(3)], "rectangles")
        equal(np.array_equal(f["posterior/weight"][:], larger[1], equal_nan=True), True, "h5py")
        checksums(f)
    with h5py.File("larger/samples.0001.h5") as f:
        for g in ("posterior", "sample_stats"):
            equal((f[g]["chain"][:].tolist(), f[g]["draw"][:].tolist()), ([7, 8], [4, 5]), g)
    for engine in ("h5netcdf", "netcdf4"):
        with xr.open_dataset(path, group="posterior", engine=engine) as posterior, \
             xr.open_dataset(path, group="sample_stats", engine=engine) as stats:
            check_larger_sets(posterior, stats, larger)
    data = arviz.from_netcdf(path)
    check_larger_sets(data.posterior, data.sample_stats, larger)
    table = arviz.summary(data.isel(draw=slice(0, 4)), var_names="weight")
    # 1000 chain + 100 draw: 1500 and 150 on average
    equal(table["mean"].tolist(), [1650.25, 1651.25, 1652.25], "means of weight")


def status(folder, code=0):
    """What bens status says: JSON, or the line of an error."""
    done = subprocess.run([bens, "status", "--json", folder], capture_output=True, text=True)
    equal(done.returncode, code, f"exit code of bens status {folder}")
    equal(len((done.stdout + done.stderr).splitlines()), 1, "lines of bens status")
    return json.loads(done.stdout) if code == 0 else done.stderr


def check_status():
    run, killed = status("run"), status("killed")
    equal((run["finished"], run["done"], run["diverging"]), (True, CHAINS * DRAWS, {}), "status")
    equal((run["steps"], run["steps_total"], run["seconds_left"]), (10000, 10000, 0), "status")
    with h5py.File("killed/samples.h5") as f:
        equal(killed["done"], int(f["sample_stats/done"][:].sum()), "draws of the killed run")
    equal((killed["finished"], killed["steps_total"]), (False, 2 * 2001000), "status")
    within(killed["steps"], 10, 2 * 2001000, "steps of the killed run")
    shutil.rmtree("cut", ignore_errors=True)
    os.mkdir("cut")
    equal("no samples.h5" in status("cut", 4), True, "a folder without a run")
    with open("run/samples.h5", "rb") as whole, open("cut/samples.h5", "wb") as part:
        part.write(whole.read()[:5000])
    equal("truncated file" in status("cut", 4), True, "a cut file")
    os.remove("cut/samples.h5")
    equal("found nothing" in status("nowhere", 4), True, "no folder")


def main():
    path = train("run")
    weight = with_h5py(path)
    with_xarray(path, weight)
    with_arviz(path, weight)
    read = subprocess.run([sys.executable, f"{source}/examples/read.py", "run"], check=True,
                          capture_output=True, text=True).stdout
    equal("weight[plas]" in read and "800 of 800 draws" in read, True, "examples/read.py")
    check_killed(train_and_kill("killed"))
    check_stopped()
    check_larger(make_larger())
    check_status()
    print(f"h5py {h5py.__version__}, xarray {xr.__version__}, ArviZ {arviz.__version__}: the same")


main()

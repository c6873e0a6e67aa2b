"""What --dry-run says of the memory of a rank against the peak of the run, on 1 and 2 ranks: within
10 %. ctest: timeout 600; label statistics; processors 2"""
import csv
import os
import re
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
from bens_faults import command, ranks_of
from bens_run import ROOT, np, source

PIMA = os.path.join(source, "examples", "pima.ini")
KIB = {"KiB": 1, "MiB": 1024, "GiB": 1024**2}


def table(path, rows, columns):
    x = np.random.default_rng(1).integers(0, 100, (rows, columns)) / 100
    with open(path, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow([f"x{i}" for i in range(columns)] + ["class"])
        out.writerows([*map(str, row), str(int(row[:9].sum() * 2) % 3)] for row in x)
    return os.path.abspath(path)


def run(words):
    """(what it said, its peak in KiB): a shell between, for a process starts with the size of the
    one that it comes from."""
    done = subprocess.run(["sh", "-c", '"$@" && sleep 0', "sh", *words], capture_output=True,
                          text=True, env=os.environ | ROOT, timeout=150)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def high_water(pid):
    """KiB of the most that a process has had; Linux keeps it until the process is gone."""
    try:
        with open(f"/proc/{pid}/status") as f:
            found = re.search(r"VmHWM:\s+(\d+)", f.read())
            return int(found.group(1)) if found else 0
    except (FileNotFoundError, ProcessLookupError):
        return 0


def peak(words):
    """KiB of the most that a rank had. It is looked at every 5 ms; what is freed at the end comes
    after the most."""
    process = subprocess.Popen(words, env=os.environ | ROOT, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = 0
    while process.poll() is None:
        most = max(most, *map(high_water, ranks_of(process)), 0)
        try:
            process.wait(.005)
        except subprocess.TimeoutExpired:
            pass
    assert process.wait() == 0
    return most


def check(name, ranks=1, **settings):
    said = re.search(r"memory +about ([\d.]+) (.iB) a rank",
                     run(command(PIMA, "run", ranks, "--dry-run", **settings)))
    planned = float(said.group(1)) * KIB[said.group(2)] / 1024
    found = peak(command(PIMA, name, ranks, "--overwrite", **settings)) / 1024
    print(f"{name}: planned {planned:.0f} MiB, found {found:.0f} MiB, {planned / found - 1:+.1%}")
    return abs(planned / found - 1) <= .1


TABLE = dict(data__train=table("wide.csv", 3000, 300), data__test_fraction=.2, model__name="mlp",
             model__intercept="",
             likelihood__name="categorical", data__batch=64, sampler__step_size=.001,
             chain__burn_in=0, chain__thin=5, chain__draws=4, **{"model__hidden": "600 600"})
good = [
    check("chains", grid__chains=200, chain__burn_in=0, chain__thin=5, chain__draws=1000),
    check("network", grid__chains=1, **TABLE),
    check("networks", grid__chains=12, monitor__data="test", **TABLE),
    check("2 ranks", 2, grid__chains=12, monitor__data="test", **TABLE),
    check("2 shards", 2, grid__chains=6, grid__shards=2, monitor__data="test", **TABLE),
    check("adam", grid__chains=6, monitor__data="train", **(TABLE | dict(
        sampler__name="adamw", sampler__temperature=0, sampler__alpha="", chain__thin=0,
        chain__draws=1, chain__burn_in=10, prior__name="flat", prior__scale=""))),
    check("every noise", grid__chains=4, **(TABLE | dict(
        data__order="iid", sampler__gradient_noise="estimated", sampler__mass="tensor",
        chain__burn_in=10))),
]
assert all(good)

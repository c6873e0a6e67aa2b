"""What a run finds when it goes on: draws that its checkpoint counts and the disk lost, files that
have moved, ranks that live on, a verdict that was given before. ctest: timeout 300; processors 2"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import h5py
import numpy as np

sys.path.insert(0, sys.argv[2] + "/tests/python")
from bens_faults import command, finish, ranks_of, start  # noqa: E402
from bens_run import BENS, assert_same_bits, build, draws, run, source  # noqa: E402

PIMA = os.path.join(source, "examples", "pima.ini")
NORMAL = "normal.ini"
SMALL = dict(grid__chains=3, chain__burn_in=50, chain__draws=60)


def resumed(output, text="", code=0, ranks=1, **settings):
    """--resume auto ends with this code and says this."""
    got, said = finish(command(PIMA, output, ranks, "--resume", "auto", **settings))
    assert got == code and re.search(text, said), (code, text, got, said)
    return said


def forget(output, chain, first, last):
    """Draws that a file system lost: their numbers and their flags."""
    with h5py.File(os.path.join(output, "samples.h5"), "r") as f:
        places = [(f[name].id.get_offset(), f[name].dtype.itemsize *
                   int(np.prod(f[name].shape[2:], dtype=int)), f[name].shape[1])
                  for name in ("posterior/weight", "sample_stats/lp", "sample_stats/done")]
    with open(os.path.join(output, "samples.h5"), "r+b") as f:
        for at, size, n in places:
            f.seek(at + (chain * n + first) * size)
            f.write(bytes(size * (last - first)))


def states(output):
    """[(sequence, draws that it counts)] of the two slots of each chain."""
    with h5py.File(os.path.join(output, "checkpoint.h5"), "r") as f:
        slots = f["checkpoint/slot"][()]
    return [[(int(slot[-6]), int(slot[1])) for slot in chain] for chain in slots]


def lost_draws():
    """The checkpoint knows of draws that are gone: they are made again, with the same bits."""
    run(PIMA, "whole", **SMALL)
    run(PIMA, "larger", **(SMALL | dict(chain__draws=90)))
    whole, larger = draws("whole"), draws("larger")

    def fresh():
        shutil.rmtree("cut", ignore_errors=True)
        shutil.copytree("whole", "cut")

    for what, holes in {"the last draw": [(0, 59, 60)], "all draws": [(c, 0, 60) for c in range(3)],
                        "a hole, and an end": [(1, 3, 4), (2, 50, 60)]}.items():
        for ranks in 1, 2:
            fresh()
            for hole in holes:
                forget("cut", *hole)
            assert (draws("cut")["sample_stats/done"] == 0).sum() == sum(b - a for _, a, b in holes)
            n = len({c for c, _, _ in holes})
            said = resumed("cut", f"checkpoints of {n} chains? count", ranks=ranks, **SMALL)
            assert said.count("warning") == 1, said
            assert_same_bits(whole, draws("cut"), f"{what} lost, on {ranks} ranks")
    fresh()
    forget("cut", 1, 30, 60)
    resumed("cut", "checkpoints of 1 chain count", chain__draws=90, grid__chains=3,
            chain__burn_in=50)
    assert_same_bits(larger, draws("cut"), "draws lost, and made longer")
    assert resumed("cut", chain__draws=90, grid__chains=3, chain__burn_in=50) == ""


def state_before():
    """Of two states the one before is taken, if the disk has all of its draws; not step 0."""
    long = dict(grid__chains=2, chain__burn_in=0, chain__draws=10**5, chain__thin=50,
                run__time_limit="1 s", checkpoint__every="0.1 s")
    shutil.rmtree("twice", ignore_errors=True)
    for _ in range(10):
        resumed("twice", "stopped by", code=75, **long)
        slots = [sorted(s) for s in states("twice")]
        if all(0 < before[1] + 1 < now[1] for before, now in slots):
            break
    (_, before), (_, now) = slots[0]
    assert all(0 < b[1] + 1 < n[1] < 10**5 for b, n in slots), slots
    for chain, (b, n) in enumerate(slots):
        forget("twice", chain, b[1] + 1, n[1])
    kept = draws("twice")["posterior/weight"]
    resumed("twice", "(?s)checkpoints of 2 chains count.*stopped by", code=75,
            **(long | dict(run__time_limit="0.01 s", checkpoint__every="1 h")))
    for chain, (b, n) in enumerate(slots):
        spared, written = sorted(states("twice")[chain])
        assert spared == b, "the state that was taken was written over"
        assert written[0] == n[0] + 1 and b[1] <= written[1], (slots, written)
        again = draws("twice")["posterior/weight"][chain, :b[1]]
        assert np.array_equal(kept[chain, :b[1]], again)
    print(f"the state before: draw {before} of {now}")


def moved_data():
    """Data are known by their content; a test set that nobody looked at may change."""
    with open(os.path.join(source, "examples/data/pima.csv")) as f:
        lines = f.read().splitlines(True)
    os.makedirs("there", exist_ok=True)
    for name, rows in (("train.csv", lines[:500]), ("test.csv", lines[:1] + lines[500:]),
                       ("other.csv", lines[:1] + lines[499:-1])):
        for folder in ".", "there":
            with open(os.path.join(folder, name), "w") as f:
                f.writelines(rows)
    for look in dict(monitor__data="test"), {}:
        here = SMALL | look | dict(data__train="train.csv", data__test="test.csv")
        more = dict(chain__draws=80)
        run(PIMA, "here", **here)
        run(PIMA, "far", **(here | more))
        resumed("here", **(here | more | dict(data__train="there/train.csv",
                                              data__test="there/test.csv")))
        assert_same_bits(draws("far"), draws("here"), "the same data in another folder")
        with open("here/config.ini") as f:
            assert re.search("^test +=.*there/test.csv$", f.read(), re.M)
        other = here | dict(chain__draws=90, data__test="other.csv")
        if look:
            resumed("here", "rows of .monitor. data are not those", 2, **other)
        else:
            resumed("here", **other)
            forgotten = {k: v for k, v in here.items() if k != "data__test"}
            resumed("here", **(forgotten | dict(chain__draws=95)))


def verdicts():
    """What a run says at its end is about all of its draws, however often it was stopped."""
    strict = SMALL | dict(sampler__step_size=400, run__strict="true")
    said = run(PIMA, "hot", check=3, **strict)
    assert "not to be trusted" in said.stderr, said
    for ranks in 1, 2:
        again = resumed("hot", "nothing to do|warning", 3, ranks=ranks, **strict)
        assert "not to be trusted" in again, again
    resumed("hot", "", 0, **(strict | dict(run__strict="false")))
    run(PIMA, "good", **(SMALL | dict(run__strict="true")))
    resumed("good", "", 0, **(SMALL | dict(run__strict="true")))

    half = dict(grid__chains=2, chain__burn_in=0, chain__thin=1, chain__draws=20,
                store__dtype="float16", prior__scale=1e6, init__from="prior")
    counted = run(PIMA, "half", **(half | dict(chain__draws=30)))
    n = int(draws("half")["sample_stats/overflow"].sum())
    early = int(draws("half")["sample_stats/overflow"][:, :20].sum())
    assert 0 < early < n, (early, n)
    assert f"warning: {n} numbers of draws" in counted.stderr, counted.stderr
    run(PIMA, "half", **half)
    resumed("half", f"warning: {n} numbers of draws", **(half | dict(chain__draws=30)))
    print("verdicts: of the whole run,", n, "numbers too large for float16")


def cold_draws():
    """A temperature that ends before the draws do is legal (annealing), but said."""
    cool = SMALL | dict(schedule__temperature="cosine", chain__thin=10)
    assert run(PIMA, "cool", **cool).stderr == ""
    said = run(PIMA, "cool", schedule__length=200, **cool).stderr
    assert "temperature is 0 from step 200 on: 45 of 60 draws of each chain" in said, said
    assert (draws("cool")["sample_stats/temperature"] == 0).sum() == 3 * 45
    assert run(PIMA, "cool", schedule__length=200, schedule__temperature_floor=.1, **cool).stderr == ""
    once = SMALL | dict(chain__draws=1, chain__thin=0, schedule__temperature="cosine")
    assert run(PIMA, "cool", schedule__length=20, **once).stderr == ""
    print("draws at temperature 0")


def missing():
    """What a command reads is not there: 4. What settings name is not there: 2."""
    for name in "status", "predict", "diagnose", "check", "index":
        p = subprocess.run([BENS, name, "nowhere"], capture_output=True, text=True)
        assert p.returncode == 4 and "'nowhere" in p.stderr, (name, p)
    for settings in dict(data__train="nowhere.csv"), dict(data__test="nowhere.csv"):
        assert "nowhere.csv" in run(PIMA, "no", check=2, **settings).stderr
    assert "nowhere" in run("nowhere.ini", "no", check=2).stderr
    p = run(PIMA, "no", check=2, monitor__every=10)
    assert "[monitor] every: wanted data = train, test or none beside it" in p.stderr, p.stderr
    run(PIMA, "no", monitor__data="none", monitor__every=10, **SMALL)
    print("missing files, and nothing to look at")


def state(output):
    p = subprocess.run([BENS, "status", output, "--json"], capture_output=True, text=True)
    assert p.returncode == 0, p
    return json.loads(p.stdout)


def at_any_evaluation():
    """A signal is heard between the chains, too: each step of one and the density of each draw may
    take long. At most the visit of a chain is done, here of four steps; then the same bits."""
    settings = dict(model__path=os.path.join(build, "tests", "plugins", "signals.so"),
                    grid__chains=4, chain__burn_in=2, chain__thin=2, chain__draws=3)
    with open(NORMAL, "w") as f:
        f.write("[model]\nname = plugin\n[sampler]\nname = baoa\nstep_size = 0.2\nalpha = 1\n")
    count = os.path.abspath("count")

    def evaluate(output, at):
        shutil.rmtree(output, ignore_errors=True)
        code, text = finish(command(NORMAL, output, 1, **settings),
                            dict(BENS_STOP_AT=str(at), BENS_STOP_COUNT=count))
        with open(count) as f:
            return code, text, int(f.read())

    code, text, n = evaluate("whole", 0)
    assert code == 0 and n >= 4 * 3 * 3, (code, text, n)
    whole, partial = draws("whole"), 0
    points = range(n, 0, -3)
    for at in points:
        code, text, done = evaluate("cut", at)
        assert code == (75 if at < n else 0), (at, code, text)
        assert at <= done < at + 4, f"asked to stop in evaluation {at}, did {done}"
        partial += len({chain[-1][1] for chain in map(sorted, states("cut"))}) > 1
        if code == 75:
            code, text = finish(command(NORMAL, "cut", 1, "--resume", "auto", **settings))
            assert code == 0, (at, code, text)
        assert_same_bits(whole, draws("cut"), f"stopped in evaluation {at}")
    assert partial > 0
    print(f"stopped in {len(points)} of {n} evaluations, {partial} times between the draws of its chains")


def ranks_that_live_on():
    """The first rank is killed and mpirun does not notice: the other one has its draws to write."""
    long = dict(grid__chains=2, chain__burn_in=10**8)
    short = long | dict(run__time_limit="0.1 s")
    shutil.rmtree("long", ignore_errors=True)
    process = start(command(PIMA, "long", 2, "--resume", "auto", **long))
    while not os.path.exists("long/metrics.jsonl") or not state("long")["steps"]:
        assert process.poll() is None, process.communicate()
        time.sleep(.1)
    ranks = ranks_of(process)
    os.kill(process.pid, signal.SIGSTOP)
    os.kill(ranks[0], signal.SIGKILL)
    try:
        resumed("long", "a run is going on in the folder", 2, **short)
        assert state("long")["state"] == "running"
    finally:
        os.kill(ranks[1], signal.SIGKILL)
        os.kill(process.pid, signal.SIGCONT)
        process.communicate(timeout=60)
    resumed("long", "stopped by", 75, **short)
    kind = subprocess.run(["stat", "-f", "-c", "%T", "long"], capture_output=True, text=True).stdout
    if kind.strip() in ("ext2/ext3", "xfs", "btrfs", "tmpfs", "zfs", "overlayfs"):
        assert state("long")["state"] == "stopped" and state("long")["seconds_left"] is None
    print("ranks that live on keep others out")


lost_draws()
state_before()
moved_data()
verdicts()
cold_draws()
missing()
at_any_evaluation()
ranks_that_live_on()

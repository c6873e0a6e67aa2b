"""Crash points of bens train: it is killed at its n-th write, sync or rename, in a new run, in one
that goes on and in one that is made larger; resumed, it has the bits of the run that was not.
ctest: timeout 600; processors 2

    crash_points.py BUILD SOURCE [STEP]     every STEP-th n (5; 1: all) torn, every 5th of these of
                                            the other kinds; crash_points_all.py takes all


tests/faults/faults.c has the kinds: torn writes half of the bytes, power undoes what no fsync has
followed, order undoes all of it but the last write."""
import concurrent.futures
import os
import shutil
import sys

sys.path.insert(0, sys.argv[2] + "/tests/python")
from bens_faults import (check_reported, command, draws, finish, preload, remains,  # noqa: E402
                         same, whole_run)
from bens_run import assert_same_bits, source  # noqa: E402

PIMA = os.path.join(source, "examples", "pima.ini")
WIDE = os.path.join(source, "examples", "double_well.ini")
STEP = int(sys.argv[3]) if len(sys.argv) > 3 else 5
# a checkpoint and a report after every step; one thread, so that "power" can undo
SMALL = dict(grid__chains=2, chain__burn_in=1, chain__thin=1, chain__draws=2, data__batch=32,
             checkpoint__every="0.000000001 s", run__threads=1)
# draws that are larger than the buffer, which wait for the disk once
LARGE = dict(grid__chains=1, model__dim=300000, chain__burn_in=1, chain__thin=1, chain__draws=4,
             checkpoint__every="10 min", run__threads=1)


def config(settings):
    return WIDE if "model__dim" in settings else PIMA


def resume(folder, settings, environment=None):
    return finish(command(config(settings), folder, 1, "--resume", "auto", **settings),
                  environment)


def copy(start, folder):
    shutil.rmtree(folder, ignore_errors=True)
    if start is not None:
        shutil.copytree(start, folder)


def count_points(start, settings):
    """How many calls there are to end at, of the run that begins with the folder `start`."""
    copy(start, "counted")
    count = os.path.abspath("count")
    if os.path.exists(count):
        os.unlink(count)
    code, text = resume("counted", settings, preload("counted", count=count))
    assert code == 0, (code, text)
    with open(count) as f:
        return max(int(line.split()[1]) for line in f)


def crash(start, settings, whole, kind, at):
    """Ends at one point and goes on from there. Returns (reported draws checked, was there a
    file to open)."""
    folder = f"cut{at}"
    copy(start, folder)
    code, text = resume(folder, settings, preload(folder, at=at, kind=kind))
    assert code == -9, (kind, at, code, text)
    n, there = check_reported(folder, whole), os.path.exists(f"{folder}/samples.h5")
    code, text = resume(folder, settings)
    assert code == 0, (kind, at, code, text)
    again = draws(folder)
    for name in whole:
        assert same(again[name], whole[name]), (kind, at, name)
    assert not remains(folder), (kind, at, remains(folder))
    shutil.rmtree(folder)
    return n, there


def all_points(name, start, **settings):
    settings = (LARGE if "model__dim" in settings else SMALL) | settings
    whole, _ = whole_run(config(settings), "whole", **settings)
    n_points = count_points(start, settings)
    assert_same_bits(whole, draws("counted"), name)
    for kind, step in ("torn", STEP), ("power", 5 * STEP), ("order", 5 * STEP):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda at: crash(start, settings, whole, kind, at),
                                    range(1 + n_points % step, n_points + 1, step)))
        n_draws, n_files = (sum(r[i] for r in results) for i in (0, 1))
        print(f"{name}, {kind}: {len(results)} of {n_points} crash points, {n_files} with a file, "
              f"0 unreadable; {n_draws} reported draws checked, 0 lost; all resumed, same bits",
              flush=True)


def kill_in_the_middle(folder):
    """A run with some draws on disk, for those that go on."""
    middle = count_points(None, SMALL) * 4 // 5
    copy(None, folder)
    code, text = resume(folder, SMALL, preload(folder, at=middle, kind="torn"))
    assert code == -9, (code, text)


whole_run(PIMA, "small", **SMALL)
kill_in_the_middle("middle")
all_points("a new run", None)
all_points("one that goes on", "middle")
all_points("more draws", "small", chain__draws=3)
all_points("more chains", "small", grid__chains=3)
all_points("large draws", None, **LARGE)

"""A rank of a sharded run that stops answering: one line, exit 5, within the time limit; a job that
is suspended and continued goes on.
ctest: timeout 120; processors 2"""
import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, sys.argv[2] + "/tests/python")
from bens_run import BENS, MPIRUN, ROOT, source  # noqa: E402

PIMA = os.path.join(source, "examples", "pima.ini")
LIMIT = 2


def begin(ranks, shards):
    """A run that goes on for long: (its process, its ranks)."""
    shutil.rmtree("run", ignore_errors=True)
    words = MPIRUN + ["-n", str(ranks), BENS, "train", PIMA, "--quiet"]
    for setting in ("run.output=run", f"grid.shards={shards}", f"grid.timeout={LIMIT} s",
                    "chain.draws=1000000", "chain.thin=1000", "checkpoint.every=1 s"):
        words += ["--set", setting]
    p = subprocess.Popen(words, env=os.environ | ROOT, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not os.path.exists("run/config.ini"):
        assert p.poll() is None, p.communicate()
        time.sleep(.05)
    time.sleep(1)
    with open(f"/proc/{p.pid}/task/{p.pid}/children") as f:
        return p, list(map(int, f.read().split()))


def stop(pids):
    """One after the other: the later ones wait for the first by then."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(.2)


def lost(ranks, shards, stopped, suspended=False):
    """suspended: the others were stopped too for a while, for longer than the limit."""
    p, pids = begin(ranks, shards)
    others = pids[:stopped] + pids[stopped + 1:]
    stop(pids[stopped:stopped + 1])
    if suspended:
        stop(others)
        time.sleep(2 * LIMIT)
        for pid in others:
            os.kill(pid, signal.SIGCONT)
    began = time.time()
    out, err = p.communicate(timeout=60)
    took = time.time() - began
    said = [line for line in err.splitlines() if line.startswith("bens: a shard")]
    assert p.returncode == 5, (p.returncode, out, err)
    assert len(said) == 1 and f"not answered for {LIMIT} s" in said[0], err
    assert took < LIMIT + 20, took
    print(f"{ranks} ranks, {shards} shards, rank {stopped} stopped: exit 5 after {took:.1f} s: "
          f"{said[0]}")


def suspended(ranks, shards, first):
    """All are stopped for longer than the limit, as a scheduler does it: nobody is lost."""
    p, pids = begin(ranks, shards)
    stop(pids[first:] + pids[:first])
    time.sleep(2 * LIMIT)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    time.sleep(2 * LIMIT)
    assert p.poll() is None, (p.returncode, p.communicate())
    for pid in pids:
        os.kill(pid, signal.SIGUSR1)
    out, err = p.communicate(timeout=60)
    assert p.returncode == 75 and "bens: a shard" not in err, (p.returncode, out, err)
    print(f"{ranks} ranks, {shards} shards, all suspended for {2 * LIMIT} s: they go on")


suspended(2, 2, 0)
suspended(2, 2, 1)
lost(2, 2, 1, suspended=True)
lost(2, 2, 1)
lost(2, 2, 0)
lost(4, 2, 3)

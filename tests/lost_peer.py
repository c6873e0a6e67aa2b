"""A rank of a sharded run that stops answering: one line, exit 5, within the time limit.
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


def lost(ranks, shards, stopped):
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
        os.kill(int(f.read().split()[stopped]), signal.SIGSTOP)
    began = time.time()
    out, err = p.communicate(timeout=60)
    took = time.time() - began
    said = [line for line in err.splitlines() if line.startswith("bens: a shard")]
    assert p.returncode == 5, (p.returncode, out, err)
    assert len(said) == 1 and f"not answered for {LIMIT} s" in said[0], err
    assert took < LIMIT + 20, took
    print(f"{ranks} ranks, {shards} shards, rank {stopped} stopped: exit 5 after {took:.1f} s: "
          f"{said[0]}")


lost(2, 2, 1)
lost(2, 2, 0)
lost(4, 2, 3)

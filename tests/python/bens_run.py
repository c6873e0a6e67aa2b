"""What the Python tests share: running bens under mpirun and reading samples.h5."""
import os
import shutil
import subprocess
import sys

try:
    import h5py
    import numpy as np
except ImportError as e:
    print(f"SKIPPED: {e}: install tests/requirements.txt to run this test")
    sys.exit(77)

build, source = (os.path.abspath(a) for a in sys.argv[1:3])
BENS = os.path.join(build, "src", "bens")
MPIRUN = os.environ.get("BENS_MPIRUN", "mpirun --oversubscribe --bind-to none").split()
ROOT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


def run(config, output, ranks=1, timeout=120, check=0, **settings):
    """bens train; settings as section__key = value. Returns the finished process."""
    shutil.rmtree(output, ignore_errors=True)
    command = [BENS, "train", config, "--set", f"run.output={output}"]
    if ranks > 1:
        command = MPIRUN + ["-n", str(ranks)] + command
    for key, value in settings.items():
        command += ["--set", key.replace("__", ".") + f"={value}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout,
                          env=os.environ | ROOT, stdin=subprocess.DEVNULL)
    assert check is None or done.returncode == check, \
        f"{' '.join(command)}: exit {done.returncode}, wanted {check}\n{done.stdout}{done.stderr}"
    return done


def draws(output):
    """{variable: array [chain, draw, ...]} of posterior and sample_stats."""
    with h5py.File(os.path.join(output, "samples.h5"), "r") as f:
        return {f"{g}/{name}": f[g][name][()] for g in ("posterior", "sample_stats")
                for name in f[g]}


def assert_same_bits(a, b, what):
    assert a.keys() == b.keys(), f"{what}: other variables"
    for name in a:
        x, y = a[name], b[name]
        same = (x == y).all() if x.dtype == object else x.tobytes() == y.tobytes()
        assert x.shape == y.shape and same, f"{what}: {name} differs"
    n = sum(v.size for v in a.values())
    print(f"same bits: {what} ({n} numbers)")

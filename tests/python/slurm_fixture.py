"""A Slurm of the test's own (tests/slurm/up.sh), and what it says of its jobs."""
import atexit
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from bens_run import source

FIXTURE = os.path.join(source, "tests", "slurm")
SCRIPTS = os.path.join(source, "jobs", "slurm")


def start(limit):
    """Starts it, ends it with this process, also when that is asked to end or has used `limit`
    seconds (ctest would kill it, and Slurm would stay). Its environment becomes ours. Skips the
    test where no Slurm is installed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by TERM"))
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"not done within {limit} s"))
    signal.alarm(limit)
    scratch = tempfile.mkdtemp(prefix="bens-slurm.")
    folder = os.path.join(scratch, "s")
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    up = subprocess.run([os.path.join(FIXTURE, "up.sh"), folder], stdin=subprocess.DEVNULL)
    if up.returncode != 0:
        sys.exit(up.returncode)
    atexit.register(subprocess.run, [os.path.join(FIXTURE, "down.sh"), folder])
    words = subprocess.run(["bash", "-c", f". {folder}/environment; env -0"], check=True,
                           stdout=subprocess.PIPE).stdout.decode().split("\0")
    os.environ.update(w.split("=", 1) for w in words if "=" in w)


def call(*command, **environment):
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env=os.environ | environment)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
    return done.stdout


def submit(script, *arguments, flags=(), **environment):
    """sbatch; script is a file of jobs/slurm or a path. Returns the number of the job."""
    return call("sbatch", "--parsable", *flags, os.path.join(SCRIPTS, script), *arguments,
                **environment).strip()


def job(number):
    """What Slurm knows of a job, or of one task of an array ("12_3")."""
    said = call("scontrol", "show", "job", "--oneliner", number)
    return dict(re.findall(r"(\w+)=(\S*)", said.splitlines()[0]))


def until(what, holds, seconds=120):
    start = time.time()
    while not holds():
        assert time.time() - start < seconds, f"not within {seconds} s: {what}"
        time.sleep(.1)


def ended(number, state, code, restarts, seconds=120):
    """Waits for the end of a job and wants it so."""
    over = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL")
    until(f"the end of job {number}", lambda: job(number)["JobState"] in over, seconds)
    known = job(number)
    found = tuple(known[key] for key in ("JobState", "ExitCode", "Restarts"))
    wanted = (state, code, str(restarts))
    if found != wanted:
        with open(known["StdOut"]) as f:
            print(f.read())
        raise AssertionError(f"job {number}: wanted {wanted}, found {found}; its output is above")


def signal_shell(number):
    """USR1 to the shell of the script, as --signal=B:USR1@300 has it sent."""
    call("scancel", "--batch", "--signal=USR1", number)

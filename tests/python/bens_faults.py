"""What the tests of kills and full disks share: starting bens, ending it, what it had reported."""
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import time

from bens_run import BENS, MPIRUN, ROOT, assert_same_bits, build, draws

FAULTS = os.path.join(build, "tests", "libfaults.so")


def command(config, output, ranks, *more, **settings):
    words = [BENS, "train", config, "--quiet", "--set", f"run.output={output}", *more]
    for key, value in settings.items():
        words += ["--set", key.replace("__", ".") + f"={value}"]
    return MPIRUN + ["-n", str(ranks)] + words if ranks > 1 else words


def preload(folder, at=None, kind=None, rank=None, count=None):
    """The environment in which tests/faults ends a program, or makes it fail."""
    words = {"LD_PRELOAD": FAULTS, "BENS_FAULTS_FOLDER": os.path.realpath(folder),
             "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}
    for key, value in dict(AT=at, KIND=kind, RANK=rank, COUNT=count).items():
        if value is not None:
            words[f"BENS_FAULTS_{key}"] = str(value)
    return words


def start(words, environment=None):
    return subprocess.Popen(words, env=os.environ | ROOT | (environment or {}), text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, start_new_session=True)


def wait(process, timeout=120):
    """(exit code, what it said). A hang is an error and leaves nothing behind."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return process.returncode, out + err


def finish(words, environment=None, timeout=120):
    return wait(start(words, environment), timeout)


def ranks_of(process):
    """The processes that are bens itself."""
    if process.args[0] == BENS:
        return [process.pid]
    with contextlib.suppress(FileNotFoundError):
        with open(f"/proc/{process.pid}/task/{process.pid}/children") as f:
            return [int(p) for p in f.read().split()]
    return []


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def kill(process, how):
    """SIGKILL to all ranks, to one of them, or to mpirun; waits until all are gone: mpirun's ranks
    outlive it by about a second. Open MPI hangs, about once in some hundreds, where ranks die while
    it starts them: false then, and it is killed, too."""
    ranks = ranks_of(process)
    for pid in {"all": ranks, "one": random.sample(ranks, min(1, len(ranks))),
                "mpirun": [process.pid]}[how]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    hung = False
    try:
        process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        hung = True
        ranks += ranks_of(process)
        for pid in [process.pid, *ranks]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.communicate()
    until = time.monotonic() + 60
    while any(is_alive(p) for p in ranks):
        assert time.monotonic() < until, f"ranks outlive a kill of {how}"
        time.sleep(.02)
    return not hung


def stop(process, number):
    """A signal to all ranks, which may end by it: (exit code, what it said)."""
    for pid in ranks_of(process):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    return wait(process, 60)


def outlives(process, seconds):
    """Waits so long, or until the program ends by itself."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        time.sleep(.005)
    return process.poll() is None


def reported(output):
    """{chain: draws} as metrics.jsonl has them: what is said to be on disk."""
    found = {}
    with contextlib.suppress(FileNotFoundError):
        with open(os.path.join(output, "metrics.jsonl")) as f:
            for line in f:
                with contextlib.suppress(ValueError):  # a line that a kill has cut
                    d = json.loads(line)
                    if "chain" in d:  # the last line of a monitor is of all of them
                        found[d["chain"]] = max(found.get(d["chain"], 0), d["draws"])
    return found


def check_reported(output, whole):
    """Compares what was reported, value by value, with the run that was not killed. Returns how
    many draws that were; a file that is there opens, and what is flagged as done is right."""
    counts = reported(output)
    if not os.path.exists(os.path.join(output, "samples.h5")):
        assert not counts, f"draws were reported, and there is no file: {counts}"
        return 0
    cut = draws(output)
    assert cut.keys() == whole.keys(), "other variables"
    done = cut["sample_stats/done"] == 1
    for chain, n in counts.items():
        assert done[chain, :n].all(), f"of {n} reported draws of chain {chain} some are not done"
    n_chains, n_draws = done.shape
    for name in cut:
        if cut[name].shape[:2] == done.shape and name != "sample_stats/done":
            wanted = whole[name][:n_chains, :n_draws]
            assert same(cut[name][done], wanted[done]), f"a draw that is done is another: {name}"
    return sum(counts.values())


def same(a, b):
    bits = (a == b).all() if a.dtype == object else a.tobytes() == b.tobytes()
    return a.shape == b.shape and bits


def whole_run(config, output, ranks=1, **settings):
    """The run that nothing happens to: (its draws, seconds that it took)."""
    shutil.rmtree(output, ignore_errors=True)
    began = time.monotonic()
    code, text = finish(command(config, output, ranks, **settings), timeout=300)
    assert code == 0, (code, text)
    return draws(output), time.monotonic() - began


def remains(output):
    """Files that a finished run does not have."""
    return [name for name in os.listdir(output) if name.endswith(".tmp")]


def average(output):
    """What the draws of all chains say together of the rows of [monitor]; None: nothing."""
    with open(os.path.join(output, "metrics.jsonl")) as f:
        said = [json.loads(line) for line in f if '"members"' in line]
    return {k: v for k, v in said[-1].items() if k != "time"} if said else None


def ended(words, output, goal, how):
    """Killed or stopped a moment after so many draws were reported, unless it was done before. The
    exit code."""
    process = start(words)
    while outlives(process, .01) and sum(reported(output).values()) < goal:
        pass
    if not outlives(process, random.uniform(0, .1)):
        code, text = wait(process)
        assert code == 0, (words, code, text)
    elif isinstance(how, str):
        kill(process, how)
        code, text = process.returncode, ""
    else:
        code, text = stop(process, how)
    # 138, -10: USR1 before bens could listen, while it was being loaded
    assert code in (0, 75, 137, 1, -9, 143, -15, 138, -10), (words, how, code, text)
    return code


def ended_until_done(config, ways, whole, settings):
    """A run that is ended again and again until it is done: (exit codes, reported draws seen)."""
    total, codes, n_draws = whole["sample_stats/done"].size, [], 0
    shutil.rmtree("cut", ignore_errors=True)
    while 0 not in codes:
        ranks = ways[len(codes) % len(ways)]
        words = command(config, "cut", ranks, "--resume", "auto", **settings)
        goal = sum(reported("cut").values()) + random.uniform(0, .4) * total
        how = random.choice(["all", "one", "mpirun", signal.SIGUSR1, signal.SIGTERM])
        codes.append(ended(words, "cut", goal, how))
        n_draws += check_reported("cut", whole) if os.path.isdir("cut") else 0
    return codes, n_draws


def killed_and_resumed(name, config, ways, **settings):
    """Killed or stopped at random, about 5 times, and each time gone on with on the next of these
    numbers of ranks, until it is done: the bits of the run that nothing happened to. Returns how
    often it was ended; one that was done before that is run again."""
    whole, _ = whole_run(config, "whole", 2, **settings)
    codes = []
    while len(codes) < 2:
        first = random.randrange(len(ways))
        codes, n_draws = ended_until_done(config, ways[first:] + ways[:first], whole, settings)
    assert_same_bits(whole, draws("cut"), f"{name}: ended {len(codes) - 1} times (exit codes "
                     f"{sorted(codes[:-1])}), {n_draws} reported draws checked")
    assert average("cut") == average("whole") and not remains("cut"), (name, os.listdir("cut"))
    return len(codes) - 1

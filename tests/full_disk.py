"""A full disk at every phase of a run on 4 ranks: one line, exit 4, no hang, what was drawn is
there; with space again, it goes on to the same bits. ctest: timeout 240

tests/faults makes the calls of all ranks, or of one, fail from the n-th on. Where the system lets
us mount one, a small tmpfs is filled, too: the files of a run are made whole at its start, so that
a disk which fills up later stops nothing. The same for a disk that may only be read."""
import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, sys.argv[2] + "/tests/python")
from bens_faults import (check_reported, command, draws, finish, preload, ranks_of,  # noqa: E402
                         remains, reported, same, start, wait, whole_run)
from bens_run import source  # noqa: E402

PIMA = os.path.join(source, "examples", "pima.ini")
RANKS = 4
PHASES = 6   # points of a run at which the disk is full, beside the first call
# a checkpoint and a report after every draw
RUN = dict(grid__chains=4, chain__burn_in=3, chain__thin=2, chain__draws=6, data__batch=32,
           checkpoint__every="0.000000001 s")


def resume(folder, environment=None, **settings):
    words = command(PIMA, folder, RANKS, "--resume", "auto", **RUN | settings)
    return finish(words, environment, timeout=60)


def check_refused(what, code, text):
    """One line of bens (mpirun adds its own), which says what the system said."""
    said = [line for line in text.splitlines() if line.startswith("bens")]
    assert code == 4, (what, code, text)
    assert len(said) == 1 and said[0].startswith("bens train: "), (what, said)
    return said[0]


def check_whole(what, folder, whole):
    again = draws(folder)
    for name in whole:
        assert same(again[name], whole[name]), (what, name)
    assert not remains(folder), (what, remains(folder))


def count_calls():
    """{rank: calls that can fail} of a whole run."""
    count = os.path.abspath("count")
    if os.path.exists(count):
        os.unlink(count)
    shutil.rmtree("counted", ignore_errors=True)
    code, text = resume("counted", preload("counted", count=count))
    assert code == 0, (code, text)
    calls = {}
    with open(count) as f:
        for line in f:
            rank, n = map(int, line.split())
            calls[rank] = max(n, calls.get(rank, 0))
    assert len(calls) == RANKS and min(calls.values()) > PHASES, calls
    return calls


def fills_at(at, rank, whole):
    """From the at-th call on nothing can be written, by one rank or (None) by any."""
    what = f"call {at} of rank {rank}"
    shutil.rmtree("run", ignore_errors=True)
    code, text = resume("run", preload("run", at=f"{at}+", kind="enospc", rank=rank))
    line = check_refused(what, code, text)
    assert "No space left on device" in line, line
    n = check_reported("run", whole) if os.path.isdir("run") else 0
    code, text = resume("run")
    assert code == 0, (what, code, text)
    check_whole(what, "run", whole)
    return n


def injected(whole):
    calls, n, n_draws = count_calls(), 0, 0
    for rank in None, 0, RANKS - 1:
        last = min(calls.values()) if rank is None else calls[rank]
        for phase in range(PHASES + 1):
            n_draws += fills_at(1 + (last - 2) * phase // PHASES, rank, whole)
            n += 1
    assert n_draws > 0
    print(f"a disk that fills up at {n} points of a run on {RANKS} ranks, for all ranks or one: "
          f"exit 4, one line, {n_draws} draws reported before are there; resumed, same bits")


def one_alone():
    """One rank fails at once, the others have hours to go: it says so before they are done."""
    shutil.rmtree("run", ignore_errors=True)
    words = command(PIMA, "run", RANKS, **RUN | dict(
        chain__burn_in=10**8, checkpoint__every="0.1 s", run__time_limit="12 s"))
    begin = time.time()
    process = start(words, preload("run", at="40+", kind="eio", rank=2))
    for line in process.stderr:
        if "warning: rank 2 has failed" in line:
            break
    else:
        raise AssertionError("rank 2 said nothing")
    after = time.time() - begin
    assert process.poll() is None and "Input/output error" in line, line
    said = [line for line in process.stderr if line.startswith("bens")]
    code = process.wait(60)
    assert code == 4 and len(said) == 1 and "Input/output error" in said[0], (code, said)
    print(f"one rank alone, after {after:.0f} s of {time.time() - begin:.0f}: {line.strip()}")


def fill(folder):
    """All of the disk but the bytes that nobody can have."""
    with open(os.path.join(folder, "filler"), "wb", buffering=0) as f:
        for size in 1 << 16, 1 << 12, 1:
            try:
                while True:
                    f.write(bytes(size))
            except OSError:
                pass


def mount(size):
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", "disk"]
    return subprocess.run(words, capture_output=True).returncode == 0


def at_creation(whole):
    """A disk that is too small for the files of the run, then large enough."""
    code, text = resume("disk/run")
    line = check_refused("creation", code, text)
    assert "free" in line, line
    subprocess.run(["mount", "-o", "remount,size=8m", "disk"], check=True)
    code, text = resume("disk/run")
    assert code == 0, (code, text)
    check_whole("creation", "disk/run", whole)
    print(f"a disk too small at the start: {line}")


def made_larger(whole):
    """No room for more draws: the run is as it was."""
    more = RUN | dict(chain__draws=9)
    larger, _ = whole_run(PIMA, "larger", **more)
    fill("disk")
    code, text = resume("disk/run", chain__draws=9)
    line = check_refused("more draws", code, text)
    check_whole("more draws refused", "disk/run", whole)
    os.unlink("disk/filler")
    code, text = resume("disk/run", chain__draws=9)
    assert code == 0, (code, text)
    check_whole("more draws", "disk/run", larger)
    print(f"no room for more draws: {line}")


def while_sampling():
    """All is preallocated: only lines of metrics.jsonl are missing, and that is said."""
    settings = RUN | dict(chain__draws=300, chain__thin=20)
    whole, _ = whole_run(PIMA, "whole", **settings)
    process = start(command(PIMA, "disk/other", RANKS, **settings))
    while not reported("disk/other"):
        assert process.poll() is None, process.communicate()
        time.sleep(.005)
    ranks = ranks_of(process)
    for pid in ranks:
        os.kill(pid, signal.SIGSTOP)
    had = sum(reported("disk/other").values())
    fill("disk")
    for pid in ranks:
        os.kill(pid, signal.SIGCONT)
    code, text = wait(process)
    assert code == 0 and "metrics.jsonl" in text, (code, text)
    check_whole("while sampling", "disk/other", whole)
    print(f"full after {had} of {RANKS * 300} draws: the run is whole; {text.splitlines()[0]}")


def read_only(whole):
    """Nothing can be written: one line, and what is there stays."""
    cut = RUN | dict(chain__draws=9)
    subprocess.run(["mount", "-o", "remount,ro", "disk"], check=True)
    for folder in "disk/run", "disk/new":
        code, text = finish(command(PIMA, folder, RANKS, "--resume", "auto", **cut))
        line = check_refused("read-only", code, text)
        assert "Read-only" in line, line
        print(f"a disk that may only be read: {line}")
    subprocess.run(["mount", "-o", "remount,rw", "disk"], check=True)
    check_whole("read-only", "disk/run", whole)


def small_disk(whole):
    os.makedirs("disk", exist_ok=True)
    if not mount("64k"):
        print("no tmpfs can be mounted here: left out")
        return
    try:
        at_creation(whole)
        read_only(whole)
        made_larger(whole)
        subprocess.run(["mount", "-o", "remount,size=16m", "disk"], check=True)
        while_sampling()
    finally:
        subprocess.run(["umount", "disk"], check=True)


def fails_once():
    """One call fails and the next would not: a draw that has no place is never counted, and one
    that waited for the disk in vain is not reported. Each draw is larger than its buffer."""
    wide = os.path.join(source, "examples", "double_well.ini")
    settings = dict(grid__chains=1, model__dim=300000, chain__burn_in=1, chain__thin=1,
                    chain__draws=4, run__threads=1)
    whole, _ = whole_run(wide, "wide", **settings)
    count = os.path.abspath("count")
    if os.path.exists(count):
        os.unlink(count)
    shutil.rmtree("counted", ignore_errors=True)
    code, text = finish(command(wide, "counted", 1, **settings), preload("counted", count=count))
    assert code == 0, (code, text)
    with open(count) as f:
        calls = int(f.read().split()[1])
    points, failed = range(calls // 2, calls + 1, 5), 0
    for at in points:
        shutil.rmtree("run", ignore_errors=True)
        kind = ("enospc", "eio")[at % 2]
        code, text = finish(command(wide, "run", 1, **settings), preload("run", at=at, kind=kind))
        assert code in (0, 4), (at, code, text)
        failed += code == 4
        if os.path.exists("run/samples.h5"):
            check_reported("run", whole)
        code, text = finish(command(wide, "run", 1, "--resume", "auto", **settings))
        assert code == 0, (at, kind, code, text)
        check_whole((at, kind), "run", whole)
    assert failed > 0
    print(f"one call fails, at {len(points)} points: {failed} times exit 4; resumed, same bits")


reference, _ = whole_run(PIMA, "whole", **RUN)
injected(reference)
fails_once()
one_alone()
small_disk(reference)

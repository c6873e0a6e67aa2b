"""Killed at any instant, no reported draw is lost: random kills of all ranks, of one rank and of
mpirun, for several samplers and networks; a rank that is stopped, a clock that jumps.
ctest: timeout 300; processors 2

    kill.py BUILD SOURCE [KILLS [SEED]]     (24 kills; tests/kill_many.py has 1,000)

A run of 8 chains on 4 ranks is killed again and again, and goes on each time. After each kill the
file opens in h5py and every draw that metrics.jsonl had reported is compared, value by value, with
a run that nothing happened to; at the end it goes on on another number of ranks until it is done,
and then all bits are the same."""
import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, sys.argv[2] + "/tests/python")
from bens_faults import (check_reported, command, draws, finish, kill, outlives,  # noqa: E402
                         ranks_of, remains, reported, same, start, wait, whole_run)
from bens_networks import write_networks  # noqa: E402
from bens_run import BENS, build, source  # noqa: E402

PIMA = os.path.join(source, "examples", "pima.ini")
KILLS = int(sys.argv[3]) if len(sys.argv) > 3 else 24
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else 7
RUN = dict(grid__chains=8, chain__burn_in=100, chain__draws=1500, chain__thin=20, data__batch=32,
           data__order="iid", checkpoint__every="0.02 s", sampler__step_size=.002)
NETWORK = dict(chain__burn_in=20, chain__thin=10, sampler__integrator="",
               **{k: RUN[k] for k in ("grid__chains", "checkpoint__every")})
# every third one is a network
RUNS = {
    "baoa": {},
    "sghmc": dict(sampler__name="sghmc", sampler__integrator="euler",
                  sampler__gradient_noise="estimated"),
    "mlp": NETWORK | dict(chain__draws=400, sampler__name="baoa"),
    "sgnht": dict(sampler__name="sgnht", sampler__alpha=2),
    "sgld": dict(sampler__name="sgld", sampler__alpha="", schedule__step_size="polynomial"),
    "cnn_lstm": NETWORK | dict(chain__draws=80, sampler__integrator="euler",
                               data__test_fraction=.2, monitor__data="test"),
    "psgld": dict(sampler__name="psgld", sampler__alpha=""),
    "adam": dict(sampler__name="adam", sampler__alpha="", sampler__temperature=0),
    "resnet20": NETWORK | dict(chain__draws=20, sampler__name="rmsprop_sghmc"),
    "2 shards": dict(grid__shards=2, grid__slices=4),
}
NETWORKS = write_networks()
KILLS_A_RUN = 8


def one_kill(config, settings, whole, longest, counts):
    """Starts the run or goes on with it, and kills it at a random time. False: it was done before
    that."""
    process = start(command(config, "cut", 4, "--resume", "auto", **settings))
    if not outlives(process, random.uniform(0, longest)):
        code, text = wait(process)
        assert code == 0, (code, text)
        return False
    had = os.path.exists("cut/config.ini")
    how = random.choice(["all", "one", "mpirun"])
    counts["mpirun hung"] += not kill(process, how)
    counts["kills"] += 1
    counts[how] += 1
    counts["in the start"] += not had
    counts["draws"] += check_reported("cut", whole) if os.path.isdir("cut") else 0
    counts["files"] += os.path.exists("cut/samples.h5")
    return True


def killed(name, n_kills, ways, counts):
    """One run from its start to its end, with up to so many kills on the way."""
    config = NETWORKS.get(name, PIMA)
    settings = RUNS[name] if name in NETWORKS else RUN | RUNS[name]
    shutil.rmtree("cut", ignore_errors=True)
    whole, seconds = whole_run(config, "whole", 4, **settings)
    n = 0
    while n < n_kills and one_kill(config, settings, whole, .5 * seconds, counts):
        n += 1
    ranks = random.choice(ways)
    code, text = finish(command(config, "cut", ranks, "--resume", "auto", **settings))
    assert code == 0, (name, ranks, code, text)
    again = draws("cut")
    for key in whole:
        assert same(again[key], whole[key]), f"{name}, {n} kills, then on {ranks} ranks: {key}"
    assert not remains("cut"), remains("cut")
    assert not any(again["sample_stats/done"].ravel() == 0)
    counts["runs"] += 1
    print(f"{name}: {n} kills, done on {ranks} ranks, same bits", flush=True)


def random_kills():
    random.seed(SEED)
    counts = collections.Counter()
    names = list(RUNS)
    while counts["kills"] < KILLS:
        name = names[counts["runs"] % len(names)]
        ways = [2, 4, 8] if name == "2 shards" else [1, 2, 3, 8]
        killed(name, min(KILLS_A_RUN, KILLS - counts["kills"]), ways, counts)
        print(f"seed {SEED}: {counts['kills']} kills (all ranks {counts['all']}, one rank "
              f"{counts['one']}, mpirun {counts['mpirun']}; {counts['in the start']} before the "
              f"run had its files) of {counts['runs']} runs on 4 ranks; {counts['files']} files "
              f"opened, 0 unreadable; {counts['draws']} reported draws checked, 0 lost; mpirun "
              f"hung {counts['mpirun hung']} times", flush=True)
    assert counts["draws"] > 0 and counts["files"] > 0, counts


def silent(output):
    """The chains that bens status calls silent."""
    done = subprocess.run([BENS, "status", "--json", "--silence", "5", output],
                          capture_output=True, text=True, check=True)
    return sorted(map(int, json.loads(done.stdout)["silent"]))


def wait_for(condition, what, seconds=90):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(.1)


def stopped_rank():
    """Of independent chains the others go on; bens status names those that do not."""
    settings = RUN | dict(grid__chains=4, chain__thin=1000, chain__draws=100000,
                          checkpoint__every="0.2 s")
    shutil.rmtree("cut", ignore_errors=True)
    process = start(command(PIMA, "cut", 4, **settings))
    wait_for(lambda: len(reported("cut")) == 4, "reports of 4 ranks")
    victim = ranks_of(process)[2]
    os.kill(victim, signal.SIGSTOP)
    wait_for(lambda: silent("cut") == [2], "wanted chain 2 to be called silent")
    text = subprocess.run([BENS, "status", "--silence", "5", "cut"], capture_output=True,
                          text=True, check=True).stdout
    assert "state     running" in text and "\nsilent    chain 2 (step " in text, text
    before = reported("cut")
    os.kill(victim, signal.SIGCONT)
    wait_for(lambda: silent("cut") == [], "wanted no silent chain")
    wait_for(lambda: reported("cut")[2] > before[2], "wanted chain 2 to move")
    for pid in ranks_of(process):
        os.kill(pid, signal.SIGUSR1)
    code, said = wait(process)
    assert code == 75, (code, said)
    print("a rank that is stopped: bens status says:", text.splitlines()[-1])


def clock_jumps(jump):
    """The date is off by an hour in the middle: nothing is drawn or timed by it."""
    settings = RUN | dict(run__time_limit="20 min", checkpoint__every="0.005 s")
    whole, _ = whole_run(PIMA, "whole", 4, **settings)
    clock = dict(LD_PRELOAD=os.path.join(build, "tests", "libclock.so"),
                 ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0",
                 BENS_CLOCK_JUMP=str(jump), BENS_CLOCK_FILE=os.path.abspath("cut/metrics.jsonl"))
    shutil.rmtree("cut", ignore_errors=True)
    code, text = finish(command(PIMA, "cut", 4, **settings), clock)
    assert code == 0, (code, text)
    check_reported("cut", whole)
    again = draws("cut")
    for key in whole:
        assert same(again[key], whole[key]), (jump, key)
    with open("cut/metrics.jsonl") as f:
        times = [json.loads(line)["time"] for line in f]
    assert abs(times[-1] - time.time() - jump) < 600, "it did not jump"
    state = json.loads(subprocess.run([BENS, "status", "--json", "cut"], capture_output=True,
                                      text=True, check=True).stdout)
    assert state["finished"] and state["steps"] == state["steps_total"], state
    before = sum(abs(t - time.time()) < 600 for t in times)
    print(f"the date jumps by {jump} s after {before} of {len(times)} reports: same bits")


random_kills()
if KILLS == 24:
    stopped_rank()
    clock_jumps(3600)
    clock_jumps(-3600)

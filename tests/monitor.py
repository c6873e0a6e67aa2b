"""[monitor]: what chains and their average say of held-out rows, against NumPy from the draws; the
same on 1, 2, 4 ranks, for shards, and after kills; what is refused.
ctest: timeout 600"""
import csv
import json
import math
import os
import random
import shutil
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
from bens_faults import command, finish, kill, outlives, reported, start, wait, whole_run
from bens_run import BENS, ROOT, assert_same_bits, draws, h5py, np, run, source

EXAMPLES = os.path.join(source, "examples")
PIMA, CSV = os.path.join(EXAMPLES, "pima.ini"), os.path.join(EXAMPLES, "data", "pima.csv")
LINEAR = os.path.join(EXAMPLES, "linear.ini")
random.seed(1)


def split():
    """train.csv has 600 rows, test.csv all 768: three blocks of rows, for shards to share."""
    with open(CSV, newline="") as f:
        header, *rows = csv.reader(f)
    for name, some in (("train.csv", rows[:600]), ("test.csv", rows), ("other.csv", rows[::-1])):
        with open(name, "w", newline="") as f:
            csv.writer(f).writerows([header, *some])
    return header, rows


HEADER, ROWS = split()
FILES = dict(data__train=os.path.abspath("train.csv"), data__test=os.path.abspath("test.csv"))
SHORT = dict(FILES, grid__chains=4, data__batch=64, chain__burn_in=100, chain__thin=5,
             chain__draws=60, monitor__data="test", monitor__every=40)


def lines(output, every=40):
    """({(chain, step): what was seen}, the last line about all chains). Lines in between tell the
    latest draw, whenever the clock wants one: steps that are no multiple of `every` are left out."""
    seen, average = {}, None
    with open(os.path.join(output, "metrics.jsonl")) as f:
        for d in map(json.loads, f):
            if "members" in d:
                average = {k: x for k, x in d.items() if k != "time"}
            elif d.get("monitor_step", 0) > 0:
                values = {k: x for k, x in d.items() if k.startswith(("test_", "train_"))}
                at = d["chain"], d["monitor_step"]
                assert seen.setdefault(at, values) == values, (at, values)
    return {at: seen[at] for at in seen if at[1] % every == 0}, average


def close(what, found, wanted, error):
    off = np.abs(np.asarray(found) - np.asarray(wanted)).max()
    assert off <= error, f"{what}: wanted {wanted}, found {found}"
    print(f"{what}: within {off:.1e}")


def predictions(output):
    """p [chain, draw, row, class] of test.csv in double, from the draws; y."""
    w = draws(output)["posterior/weight"].astype(float)
    with h5py.File(f"{output}/samples.h5") as f:
        names = [n.decode() for n in f["constant_data/feature"][()]]
        x = np.array([[float(r[HEADER.index(n)]) for n in names] for r in ROWS])
        x = ((x - f["constant_data/x_mean"][()]) / f["constant_data/x_sd"][()]).astype("f4")
    p = 1 / (1 + np.exp(-w @ x.astype(float).T))
    return np.stack([1 - p, p], -1), np.array([int(r[HEADER.index("class")]) for r in ROWS])


def scores(p, y):
    """loss and accuracy of p [..., row, class]."""
    return -np.log(p[..., np.arange(len(y)), y]).mean(-1), (p.argmax(-1) == y).mean(-1)


def entropy(p):
    return -(p * np.log(p)).sum(-1).mean(-1)


def against_numpy():
    """Logits are float32, 8 products of up to 10: errors of 1e-6 and less, and so has log p; means
    of 768 have 1e-7 and less."""
    run(PIMA, "run", **SHORT)
    p, y = predictions("run")
    loss, accuracy = scores(p, y)
    seen, average = lines("run")
    last = seen[2, 400]
    close("loss of a last draw", last["test_loss"], loss[2, -1], 1e-6)
    close("its accuracy", last["test_accuracy"], accuracy[2, -1], 1e-12)
    every = p.reshape(-1, *p.shape[2:])
    all_loss, all_accuracy = scores(every.mean(0), y)
    au, tu = entropy(every).mean(), entropy(every.mean(0))
    assert average["members"] == 240
    for name, wanted, error in (
            ("test_loss_mean", loss.mean(), 1e-7), ("test_loss_sd", loss.std(ddof=1), 1e-7),
            ("test_accuracy_mean", accuracy.mean(), 1e-12),
            ("test_accuracy_sd", accuracy.std(ddof=1), 1e-12),
            ("test_loss_average", all_loss, 1e-7),
            ("test_accuracy_average", all_accuracy, 1e-12),
            ("tu", tu, 1e-7), ("au", au, 1e-7), ("eu", tu - au, 1e-7)):
        close(name, average[name], wanted, error)


def looks():
    """Steps 40, 80, ... are draws of another run with the same chains. Nothing of a monitor is in
    the draws."""
    seen, _ = lines("run")
    wanted = {(c, t) for c in range(4) for t in range(40, 401, 40)}
    assert wanted == set(seen), sorted(wanted ^ set(seen))
    run(PIMA, "looks", **(SHORT | dict(chain__burn_in=0, chain__thin=40, chain__draws=10)))
    loss, accuracy = scores(*predictions("looks"))
    for c, t in wanted:
        one = seen[c, t]
        assert abs(one["test_loss"] - loss[c, t // 40 - 1]) < 1e-6, (c, t)
        assert abs(one["test_accuracy"] - accuracy[c, t // 40 - 1]) < 1e-12, (c, t)
    print(f"{len(wanted)} looks: as draws say")
    run(PIMA, "without", **(SHORT | dict(monitor__data="none")))
    assert_same_bits(draws("run"), draws("without"), "with and without a monitor")
    assert lines("without") == ({}, None)


def ranks_and_shards():
    for ranks in (2, 4):
        run(PIMA, "ranks", ranks=ranks, **SHORT)
        assert lines("ranks") == lines("run"), ranks
    sharded = SHORT | dict(grid__slices=4, grid__chains=2, chain__draws=10, grid__shards=1)
    run(PIMA, "slices", **sharded)
    for ranks, shards in ((2, 2), (4, 2), (4, 4)):
        run(PIMA, "shards", ranks=ranks, **(sharded | dict(grid__shards=shards)))
        assert lines("shards") == lines("slices"), (ranks, shards)
    one = SHORT | dict(grid__chains=1)
    run(PIMA, "one", **one)
    run(PIMA, "idle", ranks=2, **one)  # rank 0 has no chain
    assert lines("idle") == lines("one")
    assert math.isclose(lines("one")[1]["test_loss_mean"], scores(*predictions("one"))[0].mean(),
                        abs_tol=1e-5)
    print("ranks and shards: the same numbers")


def kills():
    """Killed at random and resumed on other ranks; then made longer, in draws and chains."""
    long = SHORT | dict(chain__draws=600, checkpoint__every="0.2 s", monitor__every="3 epochs")
    more = long | dict(chain__draws=700, grid__chains=6)
    _, seconds = whole_run(PIMA, "whole", **long)
    run(PIMA, "more", **more)
    n = 0
    while n == 0:  # a run that was done before it could be killed shows nothing
        shutil.rmtree("cut", ignore_errors=True)
        n = killed_until_done(long, .6 * seconds)
    assert lines("cut", 30)[0] == lines("whole", 30)[0] and len(lines("cut", 30)[0]) == 4 * 103
    killed_at_the_end(long)
    code, text = finish(command(PIMA, "cut", 2, "--resume", "must", **more))
    assert code == 0 and lines("cut")[1] == lines("more")[1], text
    print(f"the same numbers after {n} kills, and when made longer")
    refused("the averages of chains would lack", PIMA, "cut", "--resume", "must",
            **(more | dict(monitor__data="train", chain__draws=800)))
    refused("are not those that the draws", PIMA, "cut", "--resume", "must", files=True,
            **(more | dict(chain__draws=800)))
    code, text = finish(command(PIMA, "cut", 1, "--resume", "must",
                                **(more | dict(monitor__every=77, chain__draws=701))))
    assert code == 0, text


def killed_until_done(settings, longest):
    """Up to 7 times, on 1, 2 or 4 ranks. How often it was killed after it had draws."""
    n = 0
    for kills in range(8):
        words = command(PIMA, "cut", random.choice((1, 2, 4)), "--resume", "auto", **settings)
        process = start(words)
        if kills == 7 or not outlives(process, random.uniform(.1, 1) * longest):
            code, text = wait(process)
            assert code == 0, text
            break
        kill(process, "all")
        n += reported("cut") != {}
    return n


def killed_at_the_end(settings):
    """The draws were done, but what they say together had not been said."""
    code, text = finish(command(PIMA, "cut", 2, "--resume", "auto", **settings))
    assert code == 0 and lines("cut", 30) == lines("whole", 30), text
    with open("cut/metrics.jsonl") as f:
        kept = f.readlines()
    with open("cut/metrics.jsonl", "w") as f:
        f.writelines(kept[:-1])
    assert lines("cut", 30)[1] is None
    for _ in range(2):  # the second one has nothing to do
        code, text = finish(command(PIMA, "cut", 2, "--resume", "auto", **settings))
        assert code == 0 and lines("cut", 30) == lines("whole", 30), text
    with open("cut/metrics.jsonl") as f:
        assert sum('"members"' in line for line in f) == 1


def refused(text, config, output, *more, files=False, **settings):
    """files: test.csv has changed for a while."""
    if files:
        os.rename("test.csv", "kept.csv")
        os.rename("other.csv", "test.csv")
    code, said = finish(command(config, output, 1, *more, **settings))
    if files:
        os.rename("kept.csv", "test.csv")
    assert code == 2 and text in said and len(said.strip().splitlines()) == 1, (code, said)
    print("refused:", said.strip()[:100])


def predict(output):
    """What bens predict says of all draws."""
    done = subprocess.run([BENS, "predict", output], capture_output=True, text=True, timeout=100,
                          env=os.environ | ROOT, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    with h5py.File(f"{output}/predictions.h5") as f:
        return dict(zip((n.decode() for n in f["scores/metric"][()]), f["scores/value"][()]))


def real_targets():
    """The mixture's own numbers are those of bens predict: the same sums, in another order."""
    run(LINEAR, "real", ranks=2, data__test_fraction=.3, chain__draws=200, chain__thin=5,
        monitor__data="test", monitor__every="1000 epochs")
    found, wanted = lines("real")[1], predict("real")
    for key, name in (("test_loss_average", "nll"), ("test_rmse_average", "rmse"),
                      ("var_total", "var_total"), ("var_noise", "var_noise"),
                      ("var_model", "var_model")):
        assert math.isclose(found[key], wanted[name], rel_tol=1e-9), (key, found[key], wanted[name])
    assert found["test_rmse_average"] < found["test_rmse_mean"]
    assert lines("real", 1000)[0].keys() >= {(c, t) for c in range(4) for t in (1000, 2000)}
    print("real targets: as bens predict says")


def diverged():
    """A step size at which some chains leave after some steps and others go far but stay numbers:
    what counts is what counts in bens predict, which takes nothing of a chain that has left, not
    even the draws before."""
    done = run(LINEAR, "left", ranks=2, data__test_fraction=.3, chain__draws=40, chain__thin=1,
               chain__burn_in=0, grid__chains=8, monitor__data="test", sampler__step_size=12)
    n = int((draws("left")["sample_stats/diverging"].any(1)).sum())
    assert 0 < n < 8 and not draws("left")["sample_stats/diverging"][:, 0].any(), n
    assert f"{n} diverged chain{'s' * (n > 1)} left out" in done.stdout, done.stdout
    found, wanted = lines("left")[1], predict("left")
    assert found["members"] == 40 * (8 - n)
    assert math.isclose(found["test_rmse_average"], wanted["rmse"], rel_tol=1e-9)
    done = run(LINEAR, "gone", data__test_fraction=.3, chain__draws=4, grid__chains=2,
               monitor__data="test", sampler__step_size=100, likelihood__noise=1)
    assert "no draw of a chain that has not diverged" in done.stdout, done.stdout
    assert lines("gone")[1]["members"] == 0 and lines("gone")[1]["test_loss_average"] is None
    print(f"{n} of 8 chains left: as bens predict says")


def words():
    """What is said on the way, and what is refused."""
    done = run(PIMA, "words", **(SHORT | dict(monitor__data="train", monitor__every="9 epochs")))
    assert "train data  members  loss" in done.stdout, done.stdout
    said = done.stdout.replace(os.getcwd(), ".").splitlines()
    assert max(map(len, said)) <= 90, done.stdout
    seen, average = lines("words", 1)
    assert average["train_loss_average"] < average["train_loss_mean"] < .6
    assert (0, 90) in seen and (0, 45) not in seen
    status = subprocess.run([BENS, "status", "words"], capture_output=True, text=True).stdout
    assert "monitor   train loss 0." in status, status
    status = json.loads(subprocess.run([BENS, "status", "words", "--json"], capture_output=True,
                                       text=True).stdout)
    last = [seen[c, 400]["train_loss"] for c in range(4)]
    assert math.isclose(status["train_loss"], np.mean(last), rel_tol=1e-12)
    done = run(PIMA, "far", **(SHORT | dict(monitor__every=10**9)))
    assert {t for _, t in lines("far", 1)[0]} >= {400} and lines("far")[1] == lines("run")[1]

    plan = subprocess.run(command(PIMA, "plan", 1, "--dry-run", **SHORT), capture_output=True,
                          text=True).stdout
    assert "monitor    test: 768 rows every 40 steps and at draws" in plan, plan
    no_test = {k: v for k, v in SHORT.items() if k != "data__test"}
    refused("[monitor] data = test: wanted held-out rows", PIMA, "no", **no_test)
    refused("did you mean 'test'?", PIMA, "no", **(SHORT | dict(monitor__data="tets")))
    refused("[monitor] every: wanted", PIMA, "no", **(SHORT | dict(monitor__every=0)))
    refused("brings its own density", os.path.join(EXAMPLES, "double_well.ini"), "no",
            monitor__data="train")


against_numpy()
looks()
ranks_and_shards()
words()
real_targets()
diverged()
kills()

"""A run that is stopped, killed and made larger has the bits of the run that was not.
ctest: timeout 900; processors 2"""
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np

sys.path.insert(0, sys.argv[2] + "/tests/python")
from bens_run import BENS, MPIRUN, ROOT, assert_same_bits, draws, run, source  # noqa: E402

PIMA = os.path.join(source, "examples", "pima.ini")
random.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 7)


def command(output, ranks, *more, **settings):
    words = [BENS, "train", PIMA, "--quiet", "--set", f"run.output={output}", *more]
    for key, value in settings.items():
        words += ["--set", key.replace("__", ".") + f"={value}"]
    return MPIRUN + ["-n", str(ranks)] + words if ranks > 1 else words


def start(output, ranks, *more, **settings):
    return subprocess.Popen(command(output, ranks, *more, **settings), env=os.environ | ROOT,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, start_new_session=True)


def end(process, how):
    """A signal to bens, wherever it runs; waits. The exit code and what it said."""
    pids = [process.pid] if process.args[0] == BENS or how == "mpirun" else children(process.pid)
    for pid in pids[:1] if how == "one" else pids:
        try:
            os.kill(pid, signal.SIGKILL if how in ("all", "one", "mpirun") else how)
        except ProcessLookupError:
            pass
    try:
        out, err = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return process.returncode, out + err


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(p) for p in f.read().split()]


def reported(output):
    """{chain: draws} as metrics.jsonl has them."""
    found = {}
    try:
        with open(os.path.join(output, "metrics.jsonl")) as f:
            for line in f:
                if line.endswith("\n"):
                    d = __import__("json").loads(line)
                    found[d["chain"]] = max(found.get(d["chain"], 0), d["draws"])
    except FileNotFoundError:
        pass
    return found


def check_reported(output, whole):
    """Every draw that was reported is there, with the bits of the run that was not killed."""
    n = 0
    for chain, count in reported(output).items():
        cut = draws(output)
        for name in "posterior/weight", "sample_stats/lp", "sample_stats/checksum":
            x, y = cut[name][chain, :count], whole[name][chain, :count]
            assert x.tobytes() == y.tobytes(), f"a reported draw of chain {chain} was lost: {name}"
        n += count
    return n


def killed_and_resumed(name, ways, **settings):
    """Killed or stopped again and again, on other numbers of ranks, until it is done."""
    shutil.rmtree("whole", ignore_errors=True)
    shutil.rmtree("cut", ignore_errors=True)
    settings = dict(grid__chains=8, chain__draws=300, chain__thin=20, data__batch=32,
                    data__order="iid", checkpoint__every="0.02 s", **settings)
    began = time.time()
    subprocess.run(command("whole", 2, **settings), env=os.environ | ROOT, check=True,
                   stdin=subprocess.DEVNULL, capture_output=True)
    length = time.time() - began
    whole = draws("whole")
    shards = settings.get("grid__shards", 1)
    n_ends, n_seen, codes = 0, 0, {}
    for attempt in range(60):
        ranks = ways[attempt % len(ways)]
        process = start("cut", ranks, "--resume", "auto", **settings)
        time.sleep(random.uniform(.2, .2 + length / 2))
        how = random.choice(["all", "one", "mpirun", signal.SIGUSR1, signal.SIGTERM, "none"]
                            if attempt < 12 else ["none"])
        if how == "none":
            out, err = process.communicate(timeout=200)
            code, text = process.returncode, out + err
        else:
            code, text = end(process, how)
            n_ends += 1
        codes[code] = codes.get(code, 0) + 1
        if os.path.exists("cut/samples.h5"):
            n_seen += check_reported("cut", whole)
        # 138, -10: USR1 before bens could listen, while it was being loaded
        assert code in (0, 75, 137, 1, -9, 143, -15, 138, -10), (code, text)
        if code == 0:
            break
    assert code == 0, text
    assert_same_bits(whole, draws("cut"), f"{name}: ended {n_ends} times, {n_seen} reported draws "
                                          f"checked, exit codes {codes}")
    assert shards == 1 or all(w % shards == 0 for w in ways)


def larger():
    """More draws, then more chains, then both: the run that had them from the start."""
    small = dict(chain__draws=100, grid__chains=4)
    for after in (dict(chain__draws=250, grid__chains=4), dict(chain__draws=250, grid__chains=10),
                  dict(chain__draws=400, grid__chains=13)):
        shutil.rmtree("whole", ignore_errors=True)
        run(PIMA, "whole", ranks=1, **after)
        if small["chain__draws"] == 100:
            run(PIMA, "cut", ranks=1, **small)
        subprocess.run(command("cut", 2, "--resume", "must", **after), env=os.environ | ROOT,
                       check=True, stdin=subprocess.DEVNULL, capture_output=True)
        a, b = draws("whole"), draws("cut")
        assert_same_bits(a, b, f"from {small} to {after}: {sorted(os.listdir('cut'))}")
        small = after


def refused():
    run(PIMA, "run", chain__draws=50, grid__chains=2)

    def says(text, *more, code=2, **settings):
        p = subprocess.run(command("run", 1, *more, **settings), env=os.environ | ROOT,
                           stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert p.returncode == code and re.search(text, p.stdout + p.stderr), \
            (settings, p.returncode, p.stdout, p.stderr)

    keep = dict(chain__draws=60)
    says(r"\[sampler\] step_size was 1, now 0\.5", "--resume", "auto", sampler__step_size=.5, **keep)
    says(r"\[run\] seed was 1, now 2", "--resume", "auto", run__seed=2, **keep)
    says(r"\[sampler\] name was baoa, now sgld", "--resume", "auto", sampler__name="sgld",
         sampler__alpha="", **keep)
    says(r"wanted at least the 2 chains and 50 draws", "--resume", "auto", chain__draws=40)
    says(r"wanted at least the 2 chains and 50 draws", "--resume", "auto", grid__chains=1, **keep)
    says(r"exists|holds", **keep)
    says(r"wanted --overwrite or --resume", "--resume", "auto", "--overwrite", **keep)
    says(r"wanted auto, never or must, found 'yes'", "--resume", "yes", **keep)
    says(r"wanted a run in .*nothing.*, found none", "--resume", "must", run__output="nothing")
    with open(os.path.join(source, "examples/data/pima.csv")) as f:
        lines = f.read().split("\n")
    lines[5] = lines[5].replace("1", "2", 1)
    with open("other.csv", "w") as f:
        f.write("\n".join(lines))
    says(r"the training data are not those of", "--resume", "auto", data__train="other.csv", **keep)
    print("refused: what would change the draws")


def resumed(output, *more, **settings):
    """(exit code, what it said) of --resume auto."""
    p = subprocess.run(command(output, 1, "--resume", "auto", *more, **settings),
                       env=os.environ | ROOT, stdin=subprocess.DEVNULL, capture_output=True,
                       text=True)
    return p.returncode, p.stdout + p.stderr


def expect(text, code, output, **settings):
    got = resumed(output, **settings)
    assert got[0] == code and re.search(text, got[1]), (text, code, got)


def lost_and_foreign():
    """Files of a run are lost, cut or another run's: no draw is ever removed for that."""
    has, more = dict(chain__draws=50, grid__chains=2), dict(chain__draws=80, grid__chains=2)
    for output, settings in (("run", has), ("other", dict(has, run__seed=2)), ("whole", more)):
        run(PIMA, output, **settings)
    whole = draws("whole")

    def fresh():
        shutil.rmtree("cut", ignore_errors=True)
        shutil.copytree("run", "cut")

    fresh()
    os.remove("cut/config.ini")
    before = open("cut/samples.h5", "rb").read()
    expect("", 0, "cut", **has)
    assert open("cut/samples.h5", "rb").read() == before, "a finished run was written over"
    expect(r"seed was 1, now 2", 2, "cut", run__seed=2, **has)
    expect("", 0, "cut", **more)
    assert_same_bits(whole, draws("cut"), "a run without config.ini, made longer")
    os.remove("cut/config.ini")
    os.remove("cut/samples.h5")
    expect(r"has draws, but '.*cut' no samples\.h5: bens index .*cut makes", 4, "cut", **more)
    subprocess.run([BENS, "index", "cut"], check=True, capture_output=True)
    assert_same_bits(whole, draws("cut"), "an index that was lost and made again")

    fresh()
    os.remove("cut/samples.h5")
    expect(r"found its config\.ini but no samples\.h5", 2, "cut", **more)

    fresh()
    shutil.copy("other/checkpoint.h5", "cut/checkpoint.h5")
    expect(r"is of another run: \[run\] seed is 2, the run's 1; .*remove it", 4, "cut", **more)
    for size in 0, 3000, os.path.getsize("run/checkpoint.h5") - 4096:
        shutil.copy("run/checkpoint.h5", "cut/checkpoint.h5")
        os.truncate("cut/checkpoint.h5", size)
        expect(r"is no checkpoint of this run: .*remove it: then its chains start again", 4,
               "cut", **more)
    os.remove("cut/checkpoint.h5")
    expect(r"warning: no checkpoint in '.*cut' of all chains: they start again", 0, "cut", **more)
    assert_same_bits(whole, draws("cut"), "a run without checkpoint.h5, made longer")
    print("files that are lost, cut or of another run")


def stopped():
    """After exit 75: no draw yet, so nothing for ArviZ; bens status sees that nobody runs it."""
    long = dict(grid__chains=2, chain__burn_in=10**8)
    shutil.rmtree("cut", ignore_errors=True)
    process = start("cut", 1, **long)
    while not os.path.exists("cut/config.ini"):
        assert process.poll() is None, process.communicate()
        time.sleep(.05)

    def state():
        return subprocess.run([BENS, "status", "cut"], check=True, capture_output=True,
                              text=True).stdout

    assert not re.search("^state +stopped", state(), re.M), state()
    code, text = end(process, signal.SIGTERM)
    assert code == 75 and "with 0 of " in text and "ArviZ" not in text, (code, text)
    kind = subprocess.run(["stat", "-f", "-c", "%T", "cut"], capture_output=True, text=True).stdout
    if kind.strip() in ("ext2/ext3", "xfs", "btrfs", "tmpfs", "zfs", "overlayfs"):
        assert re.search("^state +stopped; .*--resume auto", state(), re.M), state()
        assert " to go\n" not in state(), state()
    else:
        print(f"SKIPPED status: a lock on {kind.strip()} may be another machine's")


def other_model():
    """A plug-in with the same name and another density inside."""
    with open(os.path.join(source, "examples/plugins/eight_schools.c")) as f:
        text = f.read()
    changed = text.replace("= {28,", "= {27,")
    assert changed != text

    def build_plugin(text):
        with open("p.c", "w") as f:
            f.write(text)
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", f"-I{source}/include", "p.c", "-o",
                        "p.so", "-lm"], check=True)

    build_plugin(text)
    schools = os.path.join(source, "examples/eight_schools.ini")
    settings = dict(model__path="p.so", grid__chains=2, chain__draws=20, chain__burn_in=10)
    run(schools, "run", **settings)
    settings["chain__draws"] = 30
    again = [schools if word == PIMA else word
             for word in command("run", 1, "--resume", "auto", **settings)]
    build_plugin(changed)
    p = subprocess.run(again, capture_output=True, text=True)
    assert p.returncode == 2 and "the model is not the one that made the draws" in p.stderr, p
    build_plugin(text)
    subprocess.run(again, check=True, capture_output=True)
    print("refused: a plug-in with another density")


lost_and_foreign()
other_model()
stopped()
every = [1, 2, 3, 4, 8]
killed_and_resumed("baoa", every)
for sampler, keys in {
    "sghmc": dict(sampler__integrator="euler", sampler__gradient_noise="estimated",
                  sampler__mass="tensor"),
    "sgnht": dict(sampler__alpha=2, sampler__gradient_noise="estimated"),
    "sgld": dict(sampler__alpha="", schedule__step_size="polynomial", store__lp="batch"),
    "psgld": dict(sampler__alpha=""),
    "rmsprop_sghmc": {},
    "adam": dict(sampler__temperature=0, sampler__alpha="", schedule__step_size="cosine"),
    "sgd": dict(sampler__temperature=0, sampler__alpha="", sampler__momentum=.9),
}.items():
    killed_and_resumed(sampler, [random.choice(every) for _ in range(5)], sampler__name=sampler,
                       sampler__step_size=.002, **keys)
killed_and_resumed("2 shards", [2, 4, 8], grid__shards=2, grid__slices=4)
larger()
refused()

"""A run that is stopped, killed and made larger has the bits of the run that was not.
ctest: timeout 900; processors 2"""
import json
import os
import pty
import random
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, sys.argv[2] + "/tests/python")
import bens_faults  # noqa: E402
from bens_faults import finish, start, stop  # noqa: E402
from bens_run import BENS, assert_same_bits, draws, run, source  # noqa: E402

PIMA = os.path.join(source, "examples", "pima.ini")
random.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 7)


def command(output, ranks, *more, **settings):
    return bens_faults.command(PIMA, output, ranks, *more, **settings)


def killed_and_resumed(name, ways, **settings):
    common = dict(grid__chains=8, chain__draws=300, chain__thin=200, data__batch=32,
                  data__order="iid", checkpoint__every="0.02 s")
    bens_faults.killed_and_resumed(name, PIMA, ways, **common | settings)


def larger():
    """More draws, then more chains, then both: the run that had them from the start."""
    small = dict(chain__draws=100, grid__chains=4)
    for after in (dict(chain__draws=250, grid__chains=4), dict(chain__draws=250, grid__chains=10),
                  dict(chain__draws=400, grid__chains=13)):
        shutil.rmtree("whole", ignore_errors=True)
        run(PIMA, "whole", ranks=1, **after)
        if small["chain__draws"] == 100:
            run(PIMA, "cut", ranks=1, **small)
        code, text = finish(command("cut", 2, "--resume", "must", **after))
        assert code == 0, text
        a, b = draws("whole"), draws("cut")
        assert_same_bits(a, b, f"from {small} to {after}: {sorted(os.listdir('cut'))}")
        small = after


def refused():
    run(PIMA, "run", chain__draws=50, grid__chains=2)

    def says(text, *more, code=2, **settings):
        found, said = finish(command("run", 1, *more, **settings))
        assert found == code and re.search(text, said), (settings, found, said)

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


def expect(text, code, output, **settings):
    """Of --resume auto."""
    found, said = finish(command(output, 1, "--resume", "auto", **settings))
    assert found == code and re.search(text, said), (text, code, found, said)


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
    process = start(command("cut", 1, **long))
    while not os.path.exists("cut/config.ini"):
        assert process.poll() is None, process.communicate()
        time.sleep(.05)

    def state():
        return subprocess.run([BENS, "status", "cut"], check=True, capture_output=True,
                              text=True).stdout

    assert not re.search("^state +stopped", state(), re.M), state()
    code, text = stop(process, signal.SIGTERM)
    assert code == 75 and "with 0 of " in text and "ArviZ" not in text, (code, text)
    kind = subprocess.run(["stat", "-f", "-c", "%T", "cut"], capture_output=True, text=True).stdout
    if kind.strip() in ("ext2/ext3", "xfs", "btrfs", "tmpfs", "zfs", "overlayfs"):
        assert re.search("^state +stopped; .*--resume auto", state(), re.M), state()
        assert " to go\n" not in state(), state()
    else:
        print(f"SKIPPED status: a lock on {kind.strip()} may be another machine's")


def steps_done(output):
    return json.loads(subprocess.run([BENS, "status", "--json", output], check=True,
                                     capture_output=True).stdout)["steps"]


def on_terminal(words):
    """What a program writes to its terminal."""
    ours, its = pty.openpty()
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=its, stderr=its,
                               env={k: v for k, v in os.environ.items() if k != "SLURM_JOB_ID"})
    os.close(its)
    said = b""
    try:
        while more := os.read(ours, 4096):
            said += more
    except OSError:  # Linux, when nobody has the other end any more
        pass
    os.close(ours)
    return process.wait(60), said.decode()


def rates_shown(seconds, **settings):
    words = command("cut", 1, "--resume", "must", run__time_limit=f"{seconds} s", **settings)
    code, text = on_terminal([word for word in words if word != "--quiet"])
    assert code == 75, (code, text)
    return [float(number) * {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}[unit]
            for number, unit in re.findall(r"([\d.]+) ?([kMG]?) steps/s", text)]


def progress_bar():
    """Its rate counts the steps of this run, not those before a resume. It is drawn first after
    0.2 s, so that no true rate is beyond all steps in that time."""
    thin = 100
    endless = dict(grid__chains=1, chain__draws=2 * 10**5, chain__thin=thin)
    shutil.rmtree("cut", ignore_errors=True)
    code, text = finish(command("cut", 1, run__time_limit="3 s", **endless))
    assert code == 75, (code, text)
    rates, seconds = [], .4
    while not rates:  # of a computer that has much else to do it takes longer
        begin, seconds = steps_done("cut"), 1.5 * seconds
        rates = rates_shown(seconds, **endless)
    # steps since the last draw are not counted; three figures are rounded by up to 0.5 %
    most = 1.005 * (steps_done("cut") + thin - begin) / .2
    assert max(rates) <= most, (rates, most, begin)
    print(f"the bar after a resume from step {begin:.0f}: {max(rates):.3g} steps/s at most, which "
          f"is not beyond {most:.3g}")


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
    again = bens_faults.command(schools, "run", 1, "--resume", "auto", **settings)
    build_plugin(changed)
    code, said = finish(again)
    assert code == 2 and "the model is not the one that made the draws" in said, (code, said)
    build_plugin(text)
    code, said = finish(again)
    assert code == 0, said
    print("refused: a plug-in with another density")


lost_and_foreign()
other_model()
stopped()
progress_bar()
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
    killed_and_resumed(sampler, every, sampler__name=sampler, sampler__step_size=.002, **keys)
# ranks that wait for each other in every step
killed_and_resumed("2 shards", [2, 4, 8], grid__shards=2, grid__slices=4, chain__thin=20,
                   chain__draws=100)
larger()
refused()

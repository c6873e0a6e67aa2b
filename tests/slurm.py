"""The scripts of jobs/slurm under a real Slurm of four nodes, started here for the test: signals,
checkpoints, the queue again, arrays, GPUs as sites bind them, a killed rank.
ctest: timeout 300; processors 2; label slurm"""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
import slurm_fixture as slurm
from bens_run import BENS, assert_same_bits, draws, h5py, run, source

PIMA = os.path.join(source, "examples", "pima.ini")
FOUR = ("--nodes=2", "--ntasks-per-node=2")


def said(name, turn, ranks):
    """What the stand-ins of a job say: [first line, arguments...] of each rank."""
    files = [f"said.{name}.{turn}.{rank}" for rank in range(ranks)]
    slurm.until(f"all of {files}", lambda: all(map(os.path.exists, files)))
    return [open(f).read().split("\n")[:-1] for f in files]


def stand_in(script, name, role, *arguments, flags=(), path=None):
    """A job of stand-ins for bens, whose output is in NAME.out."""
    return slurm.submit(script, *arguments, STAND_IN=role, PATH=f"{path or os.getcwd()}:{PATH}",
                        flags=(f"--job-name={name}", f"--output={name}.out", *flags))


def train(script, name, *arguments, flags=()):
    """A job of the real bens, whose output is in NAME.out."""
    return slurm.submit(script, *arguments, PATH=PATH,
                        flags=(f"--job-name={name}", f"--output={name}.out", *flags))


def dependent(name, dependency, command):
    return slurm.call("sbatch", "--parsable", f"--dependency={dependency}", f"--output={name}.out",
                      "--wrap", command, PATH=PATH).strip()


def config(path, **settings):
    """The Pima example with other settings, anywhere."""
    with open(PIMA) as f:
        text = f.read().replace("data/pima.csv", os.path.join(source, "examples/data/pima.csv"))
    for key, value in settings.items():
        text, n = re.subn(rf"(?m)^{key} *=.*", f"{key} = {value}", text)
        assert n == 1, f"{key} is not in {PIMA}"
    with open(path, "w") as f:
        f.write(text)


def output(name):
    with open(f"{name}.out") as f:
        return f.read()


def begin_time_limit():
    """300 s before the end of one minute is now, or when Slurm next looks at its clock."""
    return stand_in("train.sbatch", "limit", "finish", "a.ini", flags=(*FOUR, "--time=1"))


def end_time_limit(number):
    slurm.ended(number, "COMPLETED", "0:0", 1, seconds=150)
    print("time limit: Slurm's own signal, then the queue again, then the end")


def signal_and_queue():
    number = stand_in("train.sbatch", "again", "finish", "a.ini", "--set", "b.c=d e", flags=FOUR)
    first = said("again", 0, 4)
    assert first == [["", "train", "--resume=auto", "--set", "run.threads=1", "a.ini", "--set",
                      "b.c=d e"]] * 4, first
    slurm.signal_shell(number)
    slurm.ended(number, "COMPLETED", "0:0", 1)
    assert said("again", 1, 4) == first, "the second turn was started in another way"
    assert output("again").count("in the queue again") == 1, output("again")
    print("signal: 4 ranks left with 75 one after another; started again, ended with 0")


def cancel():
    """TERM makes bens leave with 75 too, but a job that was cancelled stays away."""
    number = stand_in("train.sbatch", "cancel", "forever", "a.ini", flags=FOUR)
    said("cancel", 0, 4)
    slurm.call("scancel", number)
    slurm.ended(number, "CANCELLED", "75:0", 0)
    time.sleep(1)
    assert slurm.job(number)["JobState"] == "CANCELLED", slurm.job(number)
    assert "queue again" not in output("cancel"), output("cancel")
    print("scancel: the job does not come back")


def failure():
    number = stand_in("train.sbatch", "fail", "fail", "a.ini", flags=FOUR)
    slurm.ended(number, "FAILED", "2:0", 0)
    print("exit code 2: the job's own, and no second try")


def array_tasks():
    """The task that bears the number of the whole array is the last one to start."""
    array = stand_in("array.sbatch", "array", "finish", "a.ini", "runs/x", "4", "--set", "b.c=d",
                     flags=("--array=0-2",))
    for task in range(3):
        words = said(f"array{task}", 0, 1)[0][1:]
        assert words == ["train", "a.ini", "--resume=auto", "--set", "run.threads=1", "--set",
                         f"run.output=runs/x/000{task}", "--set", "grid.chains=4", "--set",
                         f"grid.first_chain={4 * task}", "--set", "b.c=d"], words
    same, = [t for t in range(3) if slurm.job(f"{array}_{t}")["JobId"] == array]
    slurm.signal_shell(f"{array}_{same}")
    slurm.ended(f"{array}_{same}", "COMPLETED", "0:0", 1)
    others = [t for t in range(3) if t != same]
    for task in others:
        found = slurm.job(f"{array}_{task}")
        assert found["JobState"] == "RUNNING" and found["Restarts"] == "0", found
        slurm.call("scancel", f"{array}_{task}")
    print(f"array: task {same}, whose number is the array's, went through the queue alone")


def gpus():
    """Two pretended GPUs a node, two ranks: all of them in sight, or one's own."""
    flags = (*FOUR, "--exclusive=user", "--cpus-per-task=2")
    number = stand_in("pretrain.sbatch", "gpus1", "once", "a.ini",
                      flags=(*flags, "--gpus-per-node=2"))
    slurm.ended(number, "COMPLETED", "0:0", 0)
    # --gpu-bind=none: Slurm 22.05 leaves CUDA_VISIBLE_DEVICES out, which means all of the node's
    assert {x[0] for x in said("gpus1", 0, 4)} <= {"", "0,1"}, said("gpus1", 0, 4)

    with open(os.path.join(slurm.SCRIPTS, "pretrain.sbatch")) as f:
        text = f.read()
    for line, other in (("#SBATCH --gpus-per-node=4", ""), ("bind=--gpu-bind=none", ""),
                        ("##SBATCH --gpus-per-task=1", "#SBATCH --gpus-per-task=1"),
                        ("#bind=", "bind=")):
        assert text.count(f"\n{line}\n") == 1, f"pretrain.sbatch has not one line '{line}'"
        text = text.replace(f"\n{line}\n", f"\n{other}\n")
    with open("second.sbatch", "w") as f:
        f.write(text)
    number = stand_in(os.path.abspath("second.sbatch"), "gpus2", "once", "a.ini", flags=flags)
    slurm.ended(number, "COMPLETED", "0:0", 0)
    assert sorted(x[0] for x in said("gpus2", 0, 4)) == ["0", "0", "1", "1"], said("gpus2", 0, 4)
    print("GPUs: both in sight of every rank, or one each")


def whole_run(reference):
    """Two nodes, to the end; then the job of a finished run says so and ends at once."""
    for turn in range(2):
        number = train("train.sbatch", "whole", "short.ini", "--set", "run.output=whole",
                       flags=FOUR)
        slurm.ended(number, "COMPLETED", "0:0", 0)
    assert_same_bits(reference, draws("whole"), "4 ranks on 2 nodes of Slurm, and 1 outside")
    assert "finished" in output("whole").splitlines()[-1], output("whole")


def interrupted(reference):
    """Two signals, two turns more: the bits of the run that nobody disturbed."""
    number = train("train.sbatch", "cut", "long.ini", "--set", "run.output=cut", flags=FOUR)
    before = 0
    for turn in range(2):
        at_work("cut")
        slurm.signal_shell(number)
        slurm.until("the queue again", lambda: slurm.job(number)["Restarts"] == str(turn + 1))
        now = reported("cut")
        assert before < now < reference["sample_stats/done"].size, (turn, before, now)
        before = now
    slurm.ended(number, "COMPLETED", "0:0", 2)
    assert_same_bits(reference, draws("cut"), "cut twice by signals, and whole")


def at_work(folder, ranks=4):
    """Waits until the ranks of a run compute; returns their numbers. Nothing but the time that
    they have used tells: draws are written and reported every 10 s."""
    def busy():
        found = subprocess.run(["pgrep", "-f", f"bens train .*run.output={folder}"],
                               capture_output=True, text=True).stdout.split()
        pids.clear()
        for pid in found:
            try:
                with open(f"/proc/{pid}/stat") as f:
                    name, times = f.read().rsplit(")", 1)
            except FileNotFoundError:
                continue
            if name.endswith("(bens") and int(times.split()[11]) > .7 * os.sysconf("SC_CLK_TCK"):
                pids.append(int(pid))
        return len(pids) == ranks
    pids = []
    slurm.until(f"{ranks} busy ranks in {folder}", busy)
    return pids


def killed(reference):
    """One rank dies: the step ends, the job fails, nothing comes back by itself; the next job
    goes on, on other nodes."""
    number = train("train.sbatch", "killed", "long.ini", "--set", "run.output=killed", flags=FOUR)
    os.kill(at_work("killed")[1], signal.SIGKILL)
    slurm.ended(number, "FAILED", "137:0", 0)
    number = train("train.sbatch", "killed", "long.ini", "--set", "run.output=killed",
                   flags=("--nodes=1", "--ntasks-per-node=2"))
    slurm.ended(number, "COMPLETED", "0:0", 0)
    assert_same_bits(reference, draws("killed"), "a rank killed, then 2 ranks, and whole")


def array_run(reference):
    """Chains over tasks of one process; their folders joined by a dependent job."""
    array = train("array.sbatch", "tasks", "short.ini", "tasks", "2", flags=("--array=0-1",))
    after = dependent("index", f"afterok:{array}", "bens index tasks")
    for task in range(2):
        slurm.ended(f"{array}_{task}", "COMPLETED", "0:0", 0)
        mine = {k: v[2 * task:2 * task + 2] if v.ndim > 1 or k.endswith("/chain") else v
                for k, v in reference.items()}
        assert_same_bits(mine, draws(f"tasks/000{task}"), f"chains of task {task}")
    slurm.ended(after, "COMPLETED", "0:0", 0)
    assert_same_bits(reference, draws("tasks"), "2 tasks of 2 chains, joined, and 4 chains")


def predict():
    number = train("predict.sbatch", "predict", "whole", "--data",
                   os.path.join(source, "examples/data/pima.csv"),
                   flags=("--nodes=2", "--ntasks-per-node=2"))
    slurm.ended(number, "COMPLETED", "0:0", 0)
    subprocess.run([BENS, "predict", "whole", "--output", "alone.h5", "--quiet", "--data",
                    os.path.join(source, "examples/data/pima.csv")], check=True)
    with h5py.File("whole/predictions.h5") as a, h5py.File("alone.h5") as b:
        assert (a["predictive/p"][()] == b["predictive/p"][()]).all()
    print("predict: the bits of one process")


def reported(folder):
    """Draws that are on disk as far as metrics.jsonl says, of all chains."""
    most = {}
    for path in glob.glob(f"{folder}/metrics*.jsonl"):
        with open(path) as f:
            for line in filter(lambda x: x.endswith("\n"), f):
                line = json.loads(line)
                most[line["chain"]] = max(most.get(line["chain"], 0), line["draws"])
    return sum(most.values())


def sweep():
    """Values as folders, and a table over them by a dependent job."""
    config("sweep.ini", draws=500)
    array = train("sweep.sbatch", "sweep", "sweep.ini", "sweep", "sampler.temperature", "0.25", "1",
                  flags=("--array=0-1", "--ntasks=2"))
    table = os.path.join(slurm.SCRIPTS, "table.py")
    after = dependent("table", f"afterany:{array}", f"{table} --key sampler.temperature sweep/*")
    slurm.ended(after, "COMPLETED", "0:0", 0)
    head, *rows = [re.split(r"  +", line) for line in output("table").splitlines()]
    column = {name: [row[i] for row in rows] for i, name in enumerate(head)}
    assert column["run"] == ["sweep/0.25", "sweep/1"], rows
    assert column["sampler.temperature"] == ["0.25", "1"], rows
    assert column["draws"] == ["1000/1000"] * 2, rows
    # 1000 draws of 8 momenta: the error of their mean square is below 3 %
    for temperature, kinetic in zip((.25, 1), map(float, column["kinetic"])):
        assert abs(kinetic / temperature - 1) < .15, rows
    print(output("table"), end="")


PATH = f"{os.path.dirname(BENS)}:{os.environ['PATH']}"
start = time.time()
slurm.start(limit=285)
shutil.rmtree("work", ignore_errors=True)
os.mkdir("work")
os.chdir("work")
os.symlink(os.path.join(slurm.FIXTURE, "stand_in.py"), "bens")
print(f"Slurm is up after {time.time() - start:.1f} s")

limit = begin_time_limit()
signal_and_queue()
cancel()
failure()
array_tasks()
gpus()

config("short.ini", draws=500, chains=4)
config("long.ini", draws=2000, thin=1500, chains=4)
run("short.ini", "short")
run("long.ini", "long")
short, long = draws("short"), draws("long")
whole_run(short)
array_run(short)
predict()
sweep()
interrupted(long)
killed(long)
end_time_limit(limit)
print(f"all in {time.time() - start:.0f} s")

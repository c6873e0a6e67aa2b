#!/usr/bin/env python3
"""Stands in for bens under the batch scripts: says how it was started, in a file for each rank and
turn, and leaves as bens would. STAND_IN tells what to do: "once" ends at once with exit code 0,
"fail" with 2; "forever" works until USR1 or TERM, and leaves with 75; "finish" does so in its
first turn and ends in its second."""
import os
import signal
import sys
import time

rank, turn = int(os.environ["SLURM_PROCID"]), os.environ.get("SLURM_RESTART_COUNT", "0")
task = os.environ.get("SLURM_ARRAY_TASK_ID", "")
role = os.environ["STAND_IN"]


def checkpoint(number, frame):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a second one ends it
    time.sleep(.2 * rank)  # not all ranks leave at the same time
    sys.exit(75)


signal.signal(signal.SIGUSR1, checkpoint)
signal.signal(signal.SIGTERM, checkpoint)
name = "said.{}{}.{}.{}".format(os.environ["SLURM_JOB_NAME"], task, turn, rank)
with open(name + ".new", "w") as out:
    print(os.environ.get("CUDA_VISIBLE_DEVICES", ""), *sys.argv[1:], sep="\n", file=out)
os.rename(name + ".new", name)
if role == "fail":
    sys.exit(2)
while role == "forever" or role == "finish" and turn == "0":
    time.sleep(.05)

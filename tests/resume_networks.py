"""Networks that are killed and stopped at random, and gone on with on other numbers of ranks, have
the bits of those that were not: every sampler, each network, with shards and with a monitor.
ctest: timeout 600; processors 2"""
import random
import re
import subprocess
import sys

sys.path.insert(0, sys.argv[2] + "/tests/python")
from bens_faults import killed_and_resumed  # noqa: E402
from bens_networks import write_networks  # noqa: E402
from bens_run import BENS  # noqa: E402

random.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 7)
MONITOR = dict(data__test_fraction=.2, monitor__data="test", monitor__every="3 epochs")
# ranks that wait for each other in every step
SHARDS = dict(grid__shards=2, grid__slices=4, grid__chains=4, chain__thin=3)
NOISE = dict(data__order="iid", sampler__gradient_noise="estimated", sampler__mass="tensor")
OPTIMISER = dict(sampler__temperature=0, sampler__alpha="", sampler__integrator="")
RUNS = {
    "baoa": ("resnet20", MONITOR),
    "sghmc": ("cnn_lstm", SHARDS | MONITOR | dict(sampler__integrator="euler")),
    "sgnht": ("mlp", NOISE),
    "sgld": ("cnn_lstm", NOISE | dict(sampler__alpha="")),
    "psgld": ("mlp", dict(sampler__alpha="", schedule__step_size="polynomial")),
    "rmsprop_sghmc": ("cnn_lstm", {}),
    "sgd": ("resnet20", OPTIMISER | dict(sampler__momentum=.9)),
    "adam": ("mlp", OPTIMISER | MONITOR),
    "adamw": ("cnn_lstm", OPTIMISER | dict(prior__name="flat", prior__scale="",
                                           schedule__step_size="cosine")),
}
# a second or two of one core each
LENGTH = {"mlp": dict(chain__burn_in=50, chain__thin=150, chain__draws=40),
          "cnn_lstm": dict(chain__burn_in=20, chain__thin=25, chain__draws=20),
          "resnet20": dict(chain__burn_in=6, chain__thin=3, chain__draws=6)}

listed = subprocess.run([BENS, "options", "sampler"], capture_output=True, text=True).stdout
names = set(re.findall(r"^  name = (\w+):", listed, re.M))
assert names == RUNS.keys(), f"not tested here: {names ^ RUNS.keys()}"
configs, n_ends = write_networks(), 0
for sampler, (network, keys) in RUNS.items():
    ways = [2, 4, 8] if "grid__shards" in keys else [1, 2, 3, 4, 8]
    settings = dict(checkpoint__every="0.1 s", sampler__name=sampler) | LENGTH[network] | keys
    if sampler != "sghmc":
        settings["sampler__integrator"] = ""
    n_ends += killed_and_resumed(f"{network}, {sampler}", configs[network], ways, **settings)
print(f"{len(RUNS)} runs, ended {n_ends} times")

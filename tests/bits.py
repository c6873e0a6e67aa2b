"""The bits of the draws do not depend on ranks, threads, or how chains are dealt out.
ctest: timeout 600; processors 2"""
import os
import re
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
from bens_networks import write_networks
from bens_run import BENS, assert_same_bits, draws, h5py, np, run, source

PIMA = os.path.join(source, "examples", "pima.ini")
SHORT = dict(chain__burn_in=40, chain__thin=3, chain__draws=25)


def rank_counts():
    for name, extra in {"full batch": {},
                        "batch 32": dict(data__batch=32),
                        "batch 50, iid": dict(data__batch=50, data__order="iid"),
                        "sghmc": dict(sampler__name="sghmc", sampler__integrator="symplectic",
                                      sampler__step_size=0.1)}.items():
        settings = SHORT | dict(grid__chains=8) | extra
        run(PIMA, "one", ranks=1, **settings)
        reference = draws("one")
        assert np.isfinite(reference["posterior/weight"]).all()
        assert reference["sample_stats/done"].all()
        for ranks in (2, 3, 4, 8):
            run(PIMA, "other", ranks=ranks, **settings)
            assert_same_bits(reference, draws("other"), f"{name}, 1 and {ranks} ranks")
        run(PIMA, "other", ranks=2, run__threads=2, **settings)
        assert_same_bits(reference, draws("other"), f"{name}, 1 and 2 threads")


MOMENTA = dict(sampler__alpha=1)
OPTIMISER = dict(sampler__temperature=0, sampler__alpha="")
NOISE = dict(sampler__gradient_noise="estimated", sampler__mass="tensor")
SAMPLERS = {
    "baoa": MOMENTA | NOISE,
    "sghmc": MOMENTA | NOISE | dict(sampler__integrator="euler"),
    "sgnht": MOMENTA | NOISE,
    "sgld": NOISE | dict(sampler__alpha=""),
    "psgld": dict(sampler__alpha="", sampler__step_size=0.001),
    "rmsprop_sghmc": MOMENTA,
    "sgd": OPTIMISER | dict(sampler__momentum=0.9, sampler__nesterov="true"),
    "adam": OPTIMISER,
    "adamw": OPTIMISER | dict(sampler__weight_decay=0.01),
}


def every_sampler():
    """With schedules, estimated noise and masses, a prior of its own kind: ranks, shards,
    instruction sets."""
    listed = subprocess.run([BENS, "options", "sampler"], capture_output=True, text=True).stdout
    names = set(re.findall(r"^  name = (\w+):", listed, re.M))
    assert names == SAMPLERS.keys(), f"not tested here: {names ^ SAMPLERS.keys()}"
    for name, keys in SAMPLERS.items():
        settings = SHORT | dict(
            grid__slices=2, grid__chains=2, data__batch=50, data__order="iid", sampler__name=name,
            sampler__step_size=0.02, prior__name="laplace", model__intercept="true",
            schedule__step_size="cosine", schedule__warmup=10) | keys
        run(PIMA, "one", ranks=1, **settings)
        reference = draws("one")
        assert np.isfinite(reference["posterior/weight"]).all(), name
        for ranks, shards in (2, 2), (4, 2):
            run(PIMA, "other", ranks=ranks, grid__shards=shards, **settings)
            assert_same_bits(reference, draws("other"), f"{name}, {ranks} ranks, {shards} shards")
        os.environ["BENS_ISA"] = "v1"
        run(PIMA, "other", **settings)
        del os.environ["BENS_ISA"]
        assert_same_bits(reference, draws("other"), f"{name}, instruction set v1")


def part_runs():
    """Chain 5 is the same chain in a run of its own."""
    run(PIMA, "all", ranks=2, grid__chains=8, **SHORT)
    whole = draws("all")
    run(PIMA, "part", ranks=2, grid__chains=3, grid__first_chain=5, **SHORT)
    part = draws("part")
    cut = {name: v[5:8] if v.ndim > 1 or name.endswith("/chain") else v
           for name, v in whole.items() if not name.endswith("_dim_0")}
    assert_same_bits({k: v for k, v in cut.items() if k in part}, part, "chains 5-7 of 8")


def instruction_sets():
    with open("/proc/cpuinfo") as f:
        flags = f.read()
    levels = ["v1"] + (["v3"] if "avx2" in flags else []) + (["v4"] if "avx512bw" in flags else [])
    results = []
    for level in levels:
        os.environ["BENS_ISA"] = level
        run(PIMA, "isa", grid__chains=2, data__batch=32, **SHORT)
        results.append(draws("isa"))
    del os.environ["BENS_ISA"]
    for level, other in zip(levels[1:], results[1:]):
        assert_same_bits(results[0], other, f"instruction sets v1 and {level}")


def shards():
    for name, extra in {"full batch": {}, "batch 50": dict(data__batch=50),
                        "lp of the batch": dict(data__batch=50, store__lp="batch")}.items():
        settings = SHORT | extra
        run(PIMA, "s1", ranks=1, grid__chains=1, grid__slices=4, **settings)
        reference = draws("s1")
        for n in (2, 4):
            run(PIMA, "sn", ranks=n, grid__chains=1, grid__shards=n, grid__slices=4, **settings)
            assert_same_bits(reference, draws("sn"), f"{name}, 1 and {n} shards of 4 slices")

    run(PIMA, "grid", ranks=4, grid__chains=2, grid__shards=2, data__batch=50, **SHORT)
    both = draws("grid")
    for c in (0, 1):
        run(PIMA, "alone", ranks=2, grid__chains=1, grid__first_chain=c, grid__shards=2,
            data__batch=50, **SHORT)
        alone = draws("alone")
        cut = {k: v[c:c + 1] if v.ndim > 1 or k.endswith("/chain") else v for k, v in both.items()}
        assert_same_bits({k: v for k, v in cut.items()}, alone, f"chain {c} of 2 chains x 2 shards")


def networks():
    """Of a size that the threads of the backend share; with last batches that are short."""
    steps = dict(chain__burn_in=2, chain__thin=3, chain__draws=2)
    ways = ((dict(grid__chains=4), ((1, 1, 2), (2, 1, 1), (4, 1, 1))),
            (dict(grid__chains=1, grid__slices=4), ((2, 2, 1), (4, 4, 1))))
    for name, config in write_networks(large=True).items():
        for work, grids in ways:
            run(config, "one", **work, **steps)
            reference = draws("one")
            assert reference["sample_stats/done"].all()
            assert not reference["sample_stats/diverging"].any()
            for ranks, shards, threads in grids:
                run(config, "other", ranks=ranks, grid__shards=shards, run__threads=threads,
                    **work, **steps)
                assert_same_bits(reference, draws("other"), f"{name}, {ranks} ranks, {shards} "
                                                            f"shards, {threads} threads")


def many_rows():
    """Threads share the rows of a regression."""
    x = np.random.default_rng(5).normal(size=(40000, 4)).astype("f4")
    y = (x[:, 0] > 0).astype("u1")
    with h5py.File("rows.h5", "w") as f:
        f["two/x"], f["two/y"] = x, y
        f["three/x"], f["three/y"] = x, y + (x[:, 1] > 0)
    for group, likelihood in ("two", "bernoulli"), ("three", "categorical"):
        settings = SHORT | dict(data__source="hdf5", data__train=f"rows.h5:/{group}",
                                data__target="", data__standardize="false", grid__chains=2,
                                likelihood__name=likelihood)
        run(PIMA, "one", **settings)
        run(PIMA, "other", run__threads=2, **settings)
        assert_same_bits(draws("one"), draws("other"), f"{likelihood}, 1 and 2 threads")


rank_counts()
networks()
many_rows()
every_sampler()
part_runs()
instruction_sets()
shards()

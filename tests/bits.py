"""The bits of the draws do not depend on ranks, threads, or how chains are dealt out.
ctest: timeout 300"""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
from bens_run import assert_same_bits, draws, np, run, source

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


rank_counts()
part_runs()
instruction_sets()
shards()

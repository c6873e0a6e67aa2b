"""64 ranks on whatever cores there are: rectangles and their index open as one data set.
ctest: timeout 300; processors 2"""
import os
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
from bens_run import assert_same_bits, draws, np, run, source

PIMA = os.path.join(source, "examples", "pima.ini")
start = time.time()
run(PIMA, "many", ranks=64, grid__chains=64, timeout=240)
print(f"64 ranks x the whole example: {time.time() - start:.1f} s")
assert sorted(os.listdir("many")) == sorted(
    ["config.ini", "metrics.jsonl", "samples.h5", "checkpoint.h5"]
    + [f"samples.{i:04d}.h5" for i in range(4)]
    + [f"checkpoint.{i:04d}.h5" for i in range(1, 4)])
many = draws("many")
assert many["sample_stats/done"].all() and np.isfinite(many["posterior/weight"]).all()

short = dict(chain__burn_in=20, chain__thin=2, chain__draws=10)
run(PIMA, "one", ranks=1, grid__chains=70, **short)
run(PIMA, "many_short", ranks=40, grid__chains=70, **short)
assert_same_bits(draws("one"), draws("many_short"), "70 chains on 1 and on 40 ranks")
done = run(PIMA, "idle", ranks=20, grid__chains=3, **short)
assert "17 of 20 ranks have no chain" in done.stderr, done.stderr
assert_same_bits({k: v[:3] if v.ndim > 1 or k.endswith("/chain") else v for k, v in draws("one").items()},
                 draws("idle"), "3 chains on 1 and on 20 ranks")

try:
    import arviz
    import xarray
except ImportError as e:
    print(f"SKIPPED the readers: {e}")
    sys.exit(77)
idata = arviz.from_netcdf("many/samples.h5")
assert dict(idata.posterior.sizes)["chain"] == 64
summary = arviz.summary(idata, var_names=["weight"])
assert summary.r_hat.max() < 1.01, summary
tree = xarray.open_datatree("many/samples.h5")
assert tree["posterior"].sizes["chain"] == 64
print("opens as one data set in ArviZ", arviz.__version__, "and xarray", xarray.__version__)

"""Runs that begin where another ended: chains from its draws, a prior from its moments.
ctest: timeout 120"""
import csv
import os
import shutil
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
from bens_run import assert_same_bits, draws, h5py, np, run, source

PIMA = os.path.join(source, "examples", "pima.ini")
CHAINS, DRAWS, N = 3, 40, 768


def starts(output, **settings):
    """The states after one step that moves no float: where each chain starts."""
    done = run(PIMA, output, sampler__step_size=1e-12, init__momenta="zero", chain__burn_in=0,
               chain__thin=1, chain__draws=1, **settings)
    return draws(output)["posterior/weight"][:, 0] if done.returncode == 0 else None


def chains_start_from_draws(first):
    """Chain c from the last draw of chain c mod 3, one draw earlier for each time around."""
    wanted = np.array([first[c % CHAINS, DRAWS - 1 - c // CHAINS] for c in range(8)])
    for ranks in (1, 2, 4):
        found = starts("warm", ranks=ranks, init__from="first", grid__chains=8)
        assert (found == wanted).all(), f"{ranks} ranks: other starts"
    found = starts("file", init__from="first/samples.h5", grid__chains=8)
    assert (found == wanted).all(), "by the path of the file: other starts"
    found = starts("super", init__from="first", grid__chains=8, init__superchain=2)
    assert (found == np.repeat(wanted[:4], 2, axis=0)).all(), "superchains: other starts"
    found = starts("part", init__from="first", grid__chains=2, grid__first_chain=4)
    assert (found == wanted[4:6]).all(), "chains 4 and 5 alone: other starts"
    run("warm/config.ini", "again")
    assert_same_bits(draws("warm"), draws("again"), "a warm start and its own config.ini")


def data(output):
    with open(os.path.join(source, "examples", "data", "pima.csv")) as f:
        rows = list(csv.DictReader(f))
    with h5py.File(f"{output}/samples.h5") as f:
        names = [n.decode() for n in f["constant_data/feature"][()]]
        x = np.array([[float(r[n]) for n in names] for r in rows])
        return (x - f["constant_data/x_mean"][()]) / f["constant_data/x_sd"][()], \
            f["observed_data/y"][()]


def prior_has_the_moments(first):
    flat = first.astype(float).reshape(-1, 8)
    mean, sd = flat.mean(0), flat.std(0, ddof=1)

    run(PIMA, "next", ranks=2, prior__from="first", chain__burn_in=100, chain__draws=20,
        grid__chains=2)
    d = draws("next")
    theta = d["posterior/weight"].astype(float)
    found = d["sample_stats/lp"] + N * d["sample_stats/loss"]
    wanted = -(((theta - mean) / sd)**2).sum(-1) / 2
    # mean and sd are rounded to float: 2^-24 each, of terms that are squares
    error = np.abs(found / wanted - 1).max()
    print(f"log prior from a run: within {error:.1e} of NumPy's")
    assert error < 1e-5

    # [init] from = prior draws from it: 8 means and sds of 4,000 starts, 4.5 errors each
    start = starts("drawn", prior__from="first", init__from="prior", grid__chains=4000)
    z = np.r_[(start.mean(0) - mean) / sd * np.sqrt(4000),
              (start.std(0, ddof=1) / sd - 1) * np.sqrt(2 * 4000)]
    print(f"starts from that prior: largest |z| {np.abs(z).max():.2f}")
    assert np.abs(z).max() < 4.5

    # At temperature 0 the chain ends where the gradients of the two parts cancel.
    run(PIMA, "mode", prior__from="first", sampler__temperature=0, chain__burn_in=3000,
        chain__thin=0, chain__draws=1, grid__chains=1)
    theta = draws("mode")["posterior/weight"][0, 0].astype(float)
    x, y = data("mode")
    likelihood = x.T @ (y - 1 / (1 + np.exp(-x @ theta)))
    prior = -(theta - mean) / sd**2
    rest = np.abs(likelihood + prior).max()
    print(f"mode: gradients of up to {np.abs(prior).max():.1f} cancel to {rest:.1e}")
    # floats of 1 bring the mean gradient to 1e-7, its sum over 768 to 1e-4
    assert np.abs(prior).max() > 1 and rest < 2e-3


def refused(text, code=2, ranks=1, config=PIMA, **settings):
    done = run(config, "refused", ranks=ranks, check=None, **settings)
    lines = [x for x in done.stderr.splitlines() if x.startswith("bens")]
    assert done.returncode == code and len(lines) == 1 and text in lines[0], \
        f"wanted exit {code} and '{text}', found exit {done.returncode}:\n{done.stderr}"
    assert not os.path.exists("refused/samples.h5"), "a refused run left a file"


def what_does_not_fit_is_refused():
    for ranks in (1, 4):
        refused("wanted bias [], found none", ranks=ranks, init__from="first",
                model__intercept="true")
    refused("wanted bias [], found none", prior__from="first", model__intercept="true")
    refused("wanted x [3], found none; wanted no weight [8]", init__from="first",
            config=os.path.join(source, "examples", "gaussian.ini"))
    refused("chain 120 wants to start from chain 0", init__from="first",
            grid__chains=CHAINS * DRAWS + 1)
    refused("wanted at least 2 draws", prior__from="mode")
    refused("No such file", code=4, init__from="nowhere")
    refused("is no whole samples file", code=4, init__from=PIMA)
    refused("has no samples.h5", code=4, prior__from=source)
    shutil.rmtree("cut", ignore_errors=True)
    os.mkdir("cut")
    with open("first/samples.h5", "rb") as whole, open("cut/samples.h5", "wb") as part:
        part.write(whole.read()[:-5000])
    refused("truncated file", code=4, init__from="cut")


# A narrow prior: the mode of a run that starts from these draws is not theirs.
run(PIMA, "first", ranks=2, grid__chains=CHAINS, chain__burn_in=200, chain__draws=DRAWS,
    prior__scale=.1)
weight = draws("first")["posterior/weight"]
chains_start_from_draws(weight)
prior_has_the_moments(weight)
what_does_not_fit_is_refused()

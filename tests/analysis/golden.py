"""Writes golden.h beside this file: what ArviZ 0.23.4, SciPy and a plain NumPy nested R-hat
say about draws that draws.h makes too.  Usage: python golden.py"""
import itertools
import logging
import math
import pathlib

import arviz as az
import numpy as np
from scipy import stats

logging.disable(logging.WARNING)  # ArviZ on NaN and on few draws
np.seterr(all="ignore")

# name, shape, chains, draws, rho
CASES = [
    ("independent", "PLAIN", 4, 500, 0.0),
    ("autocorrelated", "PLAIN", 4, 500, 0.7),
    ("antithetic", "PLAIN", 4, 500, -0.6),
    ("slow", "PLAIN", 4, 1000, 0.98),
    ("slower than 128 lags", "PLAIN", 2, 3000, 0.998),
    ("one slow chain", "PLAIN", 1, 4001, 0.997),
    ("heavy tails", "HEAVY", 4, 400, 0.3),
    ("odd number of draws", "PLAIN", 4, 501, 0.5),
    ("odd, heavy tails", "HEAVY", 3, 333, 0.5),
    ("one chain", "PLAIN", 1, 200, 0.5),
    ("many short chains", "PLAIN", 64, 16, 0.5),
    ("ties", "TIED", 4, 300, 0.5),
    ("two modes", "APART", 4, 300, 0.5),
    ("scales that differ", "SCALES", 4, 300, 0.5),
    ("drift", "DRIFT", 4, 300, 0.5),
    ("far from zero", "FAR", 4, 300, 0.5),
    ("constant", "CONSTANT", 4, 50, 0.0),
    ("each chain constant", "STUCK", 4, 50, 0.0),
    ("a missing draw", "HOLED", 4, 50, 0.0),
    ("five draws", "PLAIN", 4, 5, 0.5),
    ("four draws", "PLAIN", 4, 4, 0.5),
    ("three draws", "PLAIN", 4, 3, 0.5),
    ("one draw", "PLAIN", 4, 1, 0.5),
]

# name, shape, superchains, chains in each, draws, rho
NESTED = [
    ("one draw a chain", "PLAIN", 16, 32, 1, 0.0),
    ("few draws a chain", "PLAIN", 8, 16, 5, 0.5),
    ("one chain a superchain", "PLAIN", 8, 1, 20, 0.5),
    ("superchains apart", "APART", 2, 1, 20, 0.5),
    ("heavy tails", "HEAVY", 16, 8, 1, 0.0),
    ("ties", "TIED", 4, 25, 1, 0.0),
    ("no variance within", "STUCK", 4, 1, 1, 0.0),
]


def draws(shape, chains, n, rho, seed):
    x = np.empty((chains, n))
    for c in range(chains):
        state, at = seed + 1000 * c, 0.0
        for t in range(n):
            u = []
            for _ in range(3):
                state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
                word = state >> 32
                u.append((word - 2**32 if word >= 2**31 else word) * 2.0**-31)
            a, b, d = u
            at = rho * at + (a / (1.0001 - a * a) if shape == "HEAVY" else a + b + d)
            x[c, t] = {
                "TIED": math.floor(at),
                "APART": at + 5 * (c % 2),
                "SCALES": at * (1 + c),
                "DRIFT": at + 2 * (t / n),
                "FAR": at + 1e6,
                "CONSTANT": 1.5,
                "STUCK": float(c),
                "HOLED": math.nan if (c, t) == (1, 7) else at,
            }.get(shape, at)
    return x


def arviz(x):
    """In the order of golden_value."""
    kinds = ("rank", "z_scale", "folded", "split", "identity")
    rhat = [az.rhat(x, method=m) for m in kinds]
    ess = [az.ess(x, method=m) for m in ("bulk", "mean", "sd", "identity")]
    ess.append(az.ess(x, method="tail", prob=(0.05, 0.95)))
    ess += [az.ess(x, method="quantile", prob=p) for p in (0.25, 0.5)]
    mcse = [az.mcse(x, method=m) for m in ("mean", "sd")]
    if np.isnan(ess[-1]):
        mcse += [math.nan] * 2
    else:
        mcse += [az.mcse(x, method="quantile", prob=p) for p in (0.05, 0.5)]
    used = x.shape[0] * (x.shape[1] // 2 * 2)
    return rhat + ess + mcse + [used / ess[1]]


def nested(x, k, m, ranked):
    """Margossian et al. 2024; x [k m][n]."""
    n = x.shape[1]
    if ranked:
        rank = stats.rankdata(x.ravel()).reshape(x.shape)
        x = stats.norm.ppf((rank - 3 / 8) / (x.size + 1 / 4))
    f = x.reshape(k, m, n)
    between_chains = f.mean(axis=2).var(axis=1, ddof=1) if m > 1 else np.zeros(k)
    within_chains = f.var(axis=2, ddof=1).mean(axis=1) if n > 1 else np.zeros(k)
    b = f.mean(axis=(1, 2)).var(ddof=1)
    return np.sqrt(1 + b / (between_chains + within_chains).mean())


def c(value):
    value = float(value)
    if math.isnan(value):
        return "NAN"
    return ("-INFINITY", "INFINITY")[value > 0] if math.isinf(value) else f"{value:.17g}"


def wrapped(values):
    text = [c(v) for v in values]
    rows = [", ".join(text[i : i + 3]) for i in range(0, len(text), 3)]
    return "{" + ",\n      ".join(rows) + "}"


def distributions():
    for p in (1e-300, 1e-20, 1e-5, 0.02, 0.3, 0.5, 0.61, 0.97, 1 - 1e-9):
        yield "'n'", p, 0, 0, stats.norm.ppf(p)
    for a, b in itertools.product((1, 3.3, 400, 1e5, 1e6), repeat=2):
        for p in (0.001, 0.1586553, 0.8413447):
            yield "'b'", p, a, b, stats.beta.ppf(p, a, b)
    for dof in (0.5, 1, 7.7, 100, 12345, 999999, 1000001, 1e9):
        for p in (0.001, 0.025, 0.5, 0.975):
            yield "'c'", p, dof, 0, stats.chi2.ppf(p, dof)


def main():
    lines = []
    say = lines.append
    say("/* golden.h - written by golden.py (ArviZ " + az.__version__ + "). */")
    say("#ifndef BENS_TESTS_ANALYSIS_GOLDEN_H")
    say("#define BENS_TESTS_ANALYSIS_GOLDEN_H")
    say("")
    say('#include "analysis/draws.h"')
    say("")
    say("/* clang-format off */")
    say("enum { N_GOLDEN = 17 };")
    say("static const struct golden {")
    say("    const char *name;")
    say("    shape kind;")
    say("    size_t n_chains, n_draws;")
    say("    double rho;")
    say("    uint64_t seed;")
    say("    double mean, value[N_GOLDEN];")
    say("} golden[] = {")
    for seed, (name, shape, chains, n, rho) in enumerate(CASES, 1):
        x = draws(shape, chains, n, rho, seed)
        say(f'    {{"{name}", {shape}, {chains}, {n}, {c(rho)}, {seed}, {c(x.mean())},')
        say("     " + wrapped(arviz(x)) + "},")
    say("};")
    say("")
    say("static const struct golden_nested {")
    say("    const char *name;")
    say("    shape kind;")
    say("    size_t k, m, n; /* superchains, chains in each, draws */")
    say("    double rho;")
    say("    uint64_t seed;")
    say("    double plain, ranked;")
    say("} golden_nested[] = {")
    for seed, (name, shape, k, m, n, rho) in enumerate(NESTED, 101):
        x = draws(shape, k * m, n, rho, seed)
        value = [nested(x, k, m, ranked) for ranked in (False, True)]
        say(f'    {{"{name}", {shape}, {k}, {m}, {n}, {c(rho)}, {seed},')
        say(f"     {c(value[0])}, {c(value[1])}}},")
    say("};")
    say("")
    say("/* n: normal, b: beta, c: chi-square */")
    say("static const struct golden_quantile {")
    say("    char distribution;")
    say("    double p, a, b, value;")
    say("} golden_quantile[] = {")
    for kind, p, a, b, value in distributions():
        say(f"    {{{kind}, {c(p)}, {c(a)}, {c(b)}, {c(value)}}},")
    say("};")
    say("/* clang-format on */")
    say("")
    say("#endif")
    pathlib.Path(__file__).with_name("golden.h").write_text("\n".join(lines) + "\n")


main()

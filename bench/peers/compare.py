#!/usr/bin/env python3
"""bens beside posteriors, BlackJAX, NumPyro and JAX by hand, on the Pima regression: Markdown tables.

    bench/peers/run.sh BUILD          sets up the packages, starts this on one core
    bench/peers/run.sh BUILD --part steps --turns 3

All programs run in turns on the core that this process is bound to, and what they all do is in
pima.py; how each is called is in use_NAME.py.
"""
import argparse
import datetime
import importlib
import importlib.metadata
import os
import platform
import subprocess
import sys
import time

import draws
import pima
import timing

PEERS = "posteriors", "torch", "blackjax", "numpyro", "jax", "arviz", "numpy"
SAMPLERS = "sghmc", "sgnht", "baoa"
COLUMNS = ("bens", "posteriors", "BlackJAX, step by step", "BlackJAX, whole",
           "BlackJAX, whole, gradient by hand", "JAX by hand, whole")
DRAWS = {
    "bens baoa, examples/pima.ini": ("use_bens", "draws", 1, 10),
    "bens baoa, step_size = 2, thin = 5": ("use_bens", "draws", 2, 5),
    "posteriors baoa, step size 1": ("use_posteriors", "draws"),
    "JAX by hand, baoa of examples/pima.ini": ("use_jax", "draws"),
    "BlackJAX NUTS": ("use_blackjax", "nuts", False),
    "BlackJAX NUTS, density by hand": ("use_blackjax", "nuts", True),
    "NumPyro NUTS": ("use_numpyro", "nuts", False),
    "NumPyro NUTS, density by hand": ("use_numpyro", "nuts", True),
}
WALL = 0.05  # seconds of drawing, after the warm-up, for the discrepancy


def row(cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def head(names):
    print()
    row(names)
    row(["---"] * len(names))


def processor():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores"


def about():
    version = subprocess.run([os.environ["BENS"], "--version"], check=True, text=True,
                             capture_output=True).stdout.strip()
    print(f"{datetime.date.today()}, {processor()}, {platform.system()} {platform.release()}, "
          f"Python {platform.python_version()}, on {len(os.sched_getaffinity(0))} of the cores, "
          f"load {os.getloadavg()[0]:.1f} at the start.")
    print(f"{version}; " + ", ".join(f"{p} {importlib.metadata.version(p)}" for p in PEERS) + ".")


def call(module, name, *arguments):
    """What a use_NAME.py has; imported only now, so that --once pays for its own package alone."""
    return getattr(importlib.import_module(module), name)(*arguments)


def steppers(sampler, batch, chains):
    """The columns of one row, those that there are."""
    runs = {"bens": call("use_bens", "steps", sampler, batch, chains),
            "posteriors": call("use_posteriors", "steps", sampler, batch, chains)}
    if sampler != "baoa":  # which BlackJAX has not
        if chains == 1:
            runs[COLUMNS[2]] = call("use_blackjax", "step_by_step", sampler, batch)
        for name, hand in (COLUMNS[3], False), (COLUMNS[4], True):
            runs[name] = call("use_blackjax", "whole", sampler, batch, chains, hand)
    runs[COLUMNS[5]] = call("use_jax", "steps", sampler, batch, chains)
    return runs


def times(bens, peer):
    """How many times as fast bens is, in bold."""
    ratio = bens / peer
    return f"**{ratio:,.0f}**" if ratio >= 100 else f"**{ratio:.2g}**"


def compare_steps(chains, options):
    columns = [c for c in COLUMNS if chains == 1 or c != COLUMNS[2]]
    head(["sampler", "batch", *columns])
    for sampler in SAMPLERS:
        for batch in None, 32:
            found = timing.rates(steppers(sampler, batch, chains), chains, options.turns,
                                 options.seconds)
            bens = found.pop("bens")
            peers = [f"{found[c]} {times(bens.median, found[c].median)}" if c in found else "-"
                     for c in columns[1:]]
            row([sampler, str(batch or "full"), str(bens), *peers])


def command_seconds(name, build):
    """Start to end of a program that makes such draws once, Python's start and compiling with it."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, __file__, build, "--once", name], check=True,
                   stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def compare_draws(options):
    programs = {name: call(*how) for name, how in DRAWS.items()}
    seen = draws.measure(programs, options.turns)
    head(["", "min-ESS/s", "with warm-up", "one command, start to end", "R-hat",
          f"IMQ-KSD after {WALL} s", "draws then", "of as many exact ones"])
    bens = None
    for name, some in seen.items():
        alone, warm = draws.ess_rates(some)
        whole = some[0].command if name.startswith("bens") else command_seconds(name, options.build)
        whole = pima.min_ess(some[0].values) / whole
        early = draws.first_part(some[0], WALL)
        ksd, exact = pima.ksd(early)
        bens = bens or (alone.median, warm.median, whole)
        row([name, f"{alone} {times(bens[0], alone.median)}", f"{warm} {times(bens[1], warm.median)}",
             f"{timing.count(whole)} {times(bens[2], whole)}",
             f"{max(pima.max_r_hat(d.values) for d in some):.3f}",
             f"{ksd:.3f}", f"{len(early):,}", f"{exact:.3f}"])


PARTS = {
    "steps": ("Steps a second, one chain", lambda options: compare_steps(1, options)),
    "chains": ("Chain-steps a second, 256 chains", lambda options: compare_steps(256, options)),
    "draws": ("Effective draws a second, 4 chains", compare_draws),
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("build", help="where bens was built")
    arguments.add_argument("--turns", type=int, default=5, help="repetitions of all programs")
    arguments.add_argument("--seconds", type=float, default=0.4, help="of one repetition")
    arguments.add_argument("--part", choices=PARTS, action="append", help="not all of it")
    arguments.add_argument("--once", metavar="NAME", help="draw once by the program of that name")
    options = arguments.parse_args()
    os.environ["BENS"] = os.path.join(options.build, "src", "bens")
    if options.once:
        call(*DRAWS[options.once])(1)
        return
    about()
    print(f"\nMedian of {options.turns} turns ± half the distance of their quartiles. In bold: how "
          "many times that bens does (the last table: its first line).")
    for part in options.part or PARTS:
        title, compare = PARTS[part]
        print(f"\n### {title}")
        compare(options)


if __name__ == "__main__":
    main()

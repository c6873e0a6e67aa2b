"""Rates of several programs on one core: turns are taken, so that what else the machine does
hits all alike; the median of the turns counts, and the quartiles say how far to believe it."""
import numpy as np


class Rate:
    """What is there a second: the median over the turns, and half the distance of the quartiles
    as a fraction of it."""

    def __init__(self, values):
        low, self.median, high = np.percentile(values, [25, 50, 75])
        self.spread = (high - low) / 2 / self.median

    def __str__(self):
        return f"{count(self.median)} ± {100 * self.spread:.0f} %"


def count(value):
    for unit, letter in (1e6, " M"), (1e3, " k"):
        if value >= unit:
            return f"{value / unit:.3g}{letter}"
    return f"{value:.3g}"


def calibrate(run, seconds):
    """A number of steps, by hundreds, that takes about so long. Each length is run twice, the last
    one too: a program that compiles for its length has then done so."""
    n = 100
    while True:
        run(n)
        took = run(n)
        if took > seconds / 20:
            break
        n *= 16
    n = max(100, 100 * round(n * seconds / took / 100))
    run(n)
    return n


def rates(programs, chains, turns, seconds):
    """Chain-steps a second of each: {name: run}, run(n) makes n steps and returns its seconds."""
    steps = {name: calibrate(run, seconds) for name, run in programs.items()}
    seen = {name: [] for name in programs}
    for _ in range(turns):
        for name, run in programs.items():
            seen[name].append(chains * steps[name] / run(steps[name]))
    return {name: Rate(values) for name, values in seen.items()}

"""What a program that draws hands back, and what is made of it."""
import dataclasses

import numpy as np

import pima
from timing import Rate


@dataclasses.dataclass
class Draws:
    values: np.ndarray  # [chain, draw, 8]
    seconds: float  # of the draws alone
    warm_up: float  # seconds of burn-in or adaptation before them
    command: float = float("nan")  # seconds of the whole program, where it is one


def first_part(d, seconds):
    """The draws [n, 8] that were there after so many seconds of drawing: of each chain alike."""
    n = max(1, min(d.values.shape[1], int(d.values.shape[1] * seconds / d.seconds)))
    return d.values[:, :n].reshape(-1, pima.D)


def measure(programs, turns):
    """{name: [Draws]} of {name: run}, run(seed), in turns; one more before, not counted, for those
    that compile."""
    seen = {name: [] for name in programs}
    for run in programs.values():
        run(1)
    for turn in range(turns):
        for name, run in programs.items():
            seen[name].append(run(2 + turn))
    return seen


def ess_rates(seen):
    """Minimum-ESS a second of the draws alone, and with the warm-up."""
    ess = [pima.min_ess(d.values) for d in seen]
    alone = Rate([e / d.seconds for e, d in zip(ess, seen)])
    return alone, Rate([e / (d.seconds + d.warm_up) for e, d in zip(ess, seen)])

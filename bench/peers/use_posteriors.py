"""posteriors: called from Python step by step, as its documentation does; it has no other way.

The kindest way found: the data in one tensor, rows taken by index (a DataLoader is slower), the
parameters one tensor, states replaced in place, and torch on one thread.
"""
import time
import warnings
from functools import partial

import numpy as np
import torch

import pima
from draws import Draws

warnings.filterwarnings("ignore", category=FutureWarning)  # tensordict's, on import
import posteriors

torch.set_num_threads(1)
X = torch.tensor(pima.x, dtype=torch.float32)
SIGN = torch.tensor(2 * pima.y - 1, dtype=torch.float32)
N = pima.N


def log_posterior(w, batch):
    """The mean over the batch, and 1 / N of the prior: posteriors' convention, and bens's."""
    x, sign = batch
    mean = torch.nn.functional.logsigmoid(sign * (x @ w)).mean()
    return mean - 0.5 * (w @ w) / N, torch.empty(0)


def transform(sampler, step_size, alpha):
    build = getattr(posteriors.sgmcmc, sampler).build
    return build(log_posterior, lr=step_size, alpha=alpha, temperature=1 / N, momenta=0.0)


def steps(sampler, batch, chains):
    """256 chains: torch.vmap over states, each chain with rows of its own."""
    t = transform(sampler, step_size=0.01, alpha=1.0)
    shape = (chains,) if chains > 1 else ()
    start = torch.zeros(*shape, pima.D)
    if chains > 1:
        state = torch.vmap(t.init)(start)
        over = None if batch is None else 0
        update = torch.vmap(t.update, in_dims=(0, over), randomness="different")
    else:
        state = t.init(start)
        update = partial(t.update, inplace=True)

    def run(n):
        nonlocal state
        begin = time.perf_counter()
        for _ in range(n):
            if batch is None:
                given = X, SIGN
            else:
                rows = torch.randint(N, (*shape, batch))
                given = X[rows], SIGN[rows]
            state, _ = update(state, given)
        return time.perf_counter() - begin

    return run


def draws():
    return sample


def sample(seed):
    """baoa with bens's step size and friction, 4 chains under torch.vmap, 100 steps of burn-in
    (20 times the autocorrelation time), then each of 2,000 states kept."""
    torch.manual_seed(seed)
    begin = time.perf_counter()
    t = transform("baoa", step_size=1.0, alpha=0.5)
    update = torch.vmap(t.update, in_dims=(0, None), randomness="different")
    state = torch.vmap(t.init)(torch.zeros(4, pima.D))
    for _ in range(100):
        state, _ = update(state, (X, SIGN))
    warm = time.perf_counter()
    kept = []
    for _ in range(2000):
        state, _ = update(state, (X, SIGN))
        kept.append(state.params)
    end = time.perf_counter()
    values = torch.stack(kept, dim=1).numpy().astype(np.float64)
    return Draws(values, end - warm, warm - begin)

#!/usr/bin/env python3
"""The peers of bench/pima.c: the same work in JAX, compiled whole (lax.scan, and vmap over chains).

    pip install jax blackjax numpy
    taskset -c 0 python3 bench/pima_peer.py examples/data/pima.csv

Everything on one core, best of 5. Full batch: the gradient of all rows; batch 32: indices drawn with
replacement inside the compiled loop. Two programs:
  blackjax  blackjax.sghmc with 10 integration steps on a batch; its integration steps are counted.
            (With 1 integration step the position does not depend on the gradient: the compiler
            drops it, and the figure, about 800,000, is that of the noise alone.)
  by hand   the recursion of bens's sghmc, a new batch each step, written for the compiler.
"""
import os
import sys
import time

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
import blackjax
import jax
import jax.numpy as jnp
import numpy as np

table = np.loadtxt(sys.argv[1], delimiter=",", skiprows=1)
x, y = table[:, :8], table[:, 8]
x = jnp.asarray((x - x.mean(0)) / x.std(0), jnp.float32)
sign = jnp.asarray(2 * y - 1, jnp.float32)
N = len(y)


def log_posterior(w, batch):
    xb, sb = batch
    return N * jnp.mean(jax.nn.log_sigmoid(sb * (xb @ w))) - 0.5 * w @ w


gradient = jax.grad(log_posterior)
sghmc = blackjax.sghmc(gradient, num_integration_steps=10)


def batch_of(key, size):
    if size is None:
        return x, sign
    rows = jax.random.randint(key, (size,), 0, N)
    return x[rows], sign[rows]


def blackjax_step(size):
    def step(w, key):
        k1, k2 = jax.random.split(key)
        return sghmc.step(k2, w, batch_of(k1, size), 1e-4), None
    return step, lambda w: w, 10


def step_by_hand(size):
    def step(state, key):
        w, m = state
        k1, k2 = jax.random.split(key)
        g = gradient(w, batch_of(k1, size)) / N
        noise = jnp.sqrt(2 * .01 / N) * jax.random.normal(k2, w.shape)
        m = m + .01 * g - .01 * m + noise
        return (w + .01 * m, m), None
    return step, lambda w: (w, jnp.zeros_like(w)), 1


def measure(name, make, chains, steps, size):
    step, start, per_step = make(size)

    def run(key, w):
        return jax.lax.scan(step, start(w), jax.random.split(key, steps // per_step))[0]

    if chains > 1:
        run = jax.vmap(run)
        key, w = jax.random.split(jax.random.key(0), chains), jnp.zeros((chains, 8), jnp.float32)
    else:
        key, w = jax.random.key(0), jnp.zeros(8, jnp.float32)
    run = jax.jit(run)
    jax.block_until_ready(run(key, w))
    best = 0
    for _ in range(5):
        begin = time.perf_counter()
        jax.block_until_ready(run(key, w))
        best = max(best, chains * steps / (time.perf_counter() - begin))
    work = "full batch" if size is None else f"batch {size}"
    print(f"{name:10s} {work:12s} {chains:4d} chains  {best:12,.0f} chain-steps/s", flush=True)


print("BlackJAX", blackjax.__version__, "JAX", jax.__version__)
for name, make in ("blackjax", blackjax_step), ("by hand", step_by_hand):
    measure(name, make, 1, 200_000, None)
    measure(name, make, 256, 400, None)
    measure(name, make, 1, 200_000, 32)
    measure(name, make, 256, 4000, 32)

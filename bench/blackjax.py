#!/usr/bin/env python3
"""The peer of bench/pima.c: the same work by BlackJAX's SGHMC, compiled whole (lax.scan).

    pip install jax blackjax numpy
    taskset -c 0 python3 bench/blackjax.py examples/data/pima.csv

One gradient a step (num_integration_steps = 1), everything on one core, best of 5. Full batch:
the gradient of all rows; batch 32: indices drawn with replacement inside the compiled loop.
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
sghmc = blackjax.sghmc(gradient, num_integration_steps=1)


def chain(steps, batch_size):
    def step(w, key):
        k1, k2 = jax.random.split(key)
        if batch_size is None:
            batch = (x, sign)
        else:
            rows = jax.random.randint(k1, (batch_size,), 0, N)
            batch = (x[rows], sign[rows])
        return sghmc.step(k2, w, batch, 1e-4), None

    def run(key, w):
        return jax.lax.scan(step, w, jax.random.split(key, steps))[0]
    return run


def measure(name, chains, steps, batch_size):
    run = chain(steps, batch_size)
    if chains > 1:
        run = jax.vmap(run)
        key = jax.random.split(jax.random.key(0), chains)
        w = jnp.zeros((chains, 8), jnp.float32)
    else:
        key, w = jax.random.key(0), jnp.zeros(8, jnp.float32)
    run = jax.jit(run)
    run(key, w).block_until_ready()
    best = 0
    for _ in range(5):
        start = time.perf_counter()
        run(key, w).block_until_ready()
        best = max(best, chains * steps / (time.perf_counter() - start))
    print(f"{name:12s} {chains:4d} chains  {best:12,.0f} chain-steps/s", flush=True)


print("BlackJAX", blackjax.__version__, "JAX", jax.__version__)
measure("full batch", 1, 200_000, None)
measure("full batch", 256, 400, None)
measure("batch 32", 1, 200_000, 32)
measure("batch 32", 256, 4000, 32)

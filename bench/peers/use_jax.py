"""JAX written by hand: the strongest peer, and what it takes. Each line below is worth a factor here:

    the gradient by hand, not by autodiff; the sign of y folded into the data, and those laid out
    with the rows along the vector (full batch); noise and rows for 100 steps drawn in one call,
    because counter-based numbers in small portions cost more than the gradient; 8 steps unrolled.

Everything is compiled whole: lax.scan over steps, vmap over chains. The same recursions as bens's:
256 chains of 6,000 steps have the means and sds of the posterior for each of the three samplers.
"""
import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
import time

import jax
import jax.numpy as jnp
import numpy as np

import pima
from draws import Draws

N, D = pima.N, pima.D
EPS, ALPHA = 0.01, 1.0
PORTION = 100
SIGN = 2 * pima.y - 1
X = jnp.asarray(SIGN[:, None] * pima.x, jnp.float32)
XT = jnp.asarray((SIGN[:, None] * pima.x).T, jnp.float32)


def gradient_full(w):
    return XT @ jax.nn.sigmoid(-(w @ XT)) / N - w / N


def gradient_of(w, rows):
    x = X[rows]
    return jax.nn.sigmoid(-(x @ w)) @ x / len(rows) - w / N


def sghmc(w, m, xi, g, z):
    return w + EPS * m, m + EPS * (g - ALPHA * m) + np.sqrt(2 * ALPHA * EPS / N) * z, xi


def sgnht(w, m, xi, g, z):
    noise = np.sqrt(2 * ALPHA * EPS / N) * z
    return w + EPS * m, m + EPS * (g - xi * m) + noise, xi + EPS * (N * (m @ m) / D - 1)


def baoa(w, m, xi, g, z):
    c = np.exp(-EPS * ALPHA)
    half = m + EPS * g
    m = c * half + np.sqrt((1 - c * c) / N) * z
    return w + EPS / 2 * (half + m), m, xi


def whole(sampler, batch, n):
    update = {"sghmc": sghmc, "sgnht": sgnht, "baoa": baoa}[sampler]
    portion = min(n, PORTION)

    def step(state, given):
        z, rows = given
        g = gradient_full(state[0]) if batch is None else gradient_of(state[0], rows)
        return update(*state, g, z), None

    def steps(state, key):
        k1, k2 = jax.random.split(key)
        z = jax.random.normal(k1, (portion, D))
        rows = jax.random.randint(k2, (portion, batch or 0), 0, N)
        return jax.lax.scan(step, state, (z, rows), unroll=8)[0], None

    def run(key, w):
        state = w, jnp.zeros_like(w), jnp.float32(ALPHA)
        return jax.lax.scan(steps, state, jax.random.split(key, n // portion))[0]

    return run


def timed(make, chains):
    """run(n) for timing.rates, from make(n), which returns a function of a key and a start."""
    compiled = {}

    def run(n):
        if n not in compiled:
            f = make(n)
            compiled[n] = jax.jit(jax.vmap(f) if chains > 1 else f)
        key = jax.random.key(n)
        key = jax.random.split(key, chains) if chains > 1 else key
        w = jnp.zeros((chains, D) if chains > 1 else D, jnp.float32)
        begin = time.perf_counter()
        jax.block_until_ready(compiled[n](key, w))
        return time.perf_counter() - begin

    return run


def steps(sampler, batch, chains):
    return timed(lambda n: whole(sampler, batch, n), chains)


def nuts_density(w):
    """log(1 + exp) in full is the form of the log-likelihood that XLA makes the fastest NUTS of, by
    a factor of two over jax.nn.log_sigmoid; it cannot overflow on these data."""
    return -jnp.sum(jnp.log(1 + jnp.exp(-(w @ XT)))) - 0.5 * w @ w


def sampled(warm, draw):
    """draws(seed) from two functions of keys [4], compiled here: warm(keys) -> tuned,
    draw(keys, tuned) -> [4, n, 8]."""
    warm, draw = jax.jit(warm), jax.jit(draw)

    def run(seed):
        k1, k2 = jax.random.split(jax.random.key(seed), (2, 4))
        begin = time.perf_counter()
        tuned = jax.block_until_ready(warm(k1))
        middle = time.perf_counter()
        values = jax.block_until_ready(draw(k2, tuned))
        end = time.perf_counter()
        return Draws(np.asarray(values, np.float64), end - middle, middle - begin)

    return run


def draws():
    """baoa by hand as in examples/pima.ini: step size 1, friction 0.5, a draw every 10 steps; noise
    in portions, the four chains under vmap."""
    c = np.exp(-0.5)

    def step(state, z):
        w, m = state
        half = m + gradient_full(w)
        m = c * half + np.sqrt((1 - c * c) / N) * z
        return (w + 0.5 * (half + m), m), None

    def draw(state, z):  # z [10, 8]
        state, _ = jax.lax.scan(step, state, z, unroll=10)
        return state, state[0]

    def portion(state, key):
        return jax.lax.scan(draw, state, jax.random.normal(key, (PORTION, 10, D)))

    def chain(key, state, n):
        state, kept = jax.lax.scan(portion, state, jax.random.split(key, n // PORTION))
        return state, kept.reshape(n, D)

    zero = jnp.zeros(D), jnp.zeros(D)
    return sampled(jax.vmap(lambda key: chain(key, zero, 100)[0]),
                   jax.vmap(lambda key, state: chain(key, state, 5000)[1]))

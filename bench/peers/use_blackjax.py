"""BlackJAX: its stochastic-gradient samplers called step by step and compiled whole, and NUTS.

BlackJAX's density is not divided by N: the same recursion has step size eps / sqrt(N) and friction
alpha sqrt(N) there. Its sghmc draws the momenta anew at every call, with 10 integration steps
(its default) on one batch; those are counted, so at batch 32 it draws a tenth of the batches. (With
one integration step the position does not depend on the gradient, and the compiler drops it.)
"""
import time

import use_jax  # first: it sets what XLA reads at its start
import blackjax
import jax
import jax.numpy as jnp
import numpy as np

import pima

N, D = pima.N, pima.D
STEP = use_jax.EPS / np.sqrt(N)
FRICTION = use_jax.ALPHA * np.sqrt(N)
X = jnp.asarray(pima.x, jnp.float32)
SIGN = jnp.asarray(use_jax.SIGN, jnp.float32)


def log_prior(w):
    return -0.5 * w @ w


def log_likelihood(w, datum):
    x, sign = datum
    return jax.nn.log_sigmoid(sign * (x @ w))


# As its documentation says; and the gradient that JAX by hand has.
BY_AUTODIFF = blackjax.sgmcmc.gradients.grad_estimator(log_prior, log_likelihood, N)


def by_hand(w, rows):
    return N * (use_jax.gradient_full(w) if rows is None else use_jax.gradient_of(w, rows))


def kernel(sampler, batch, hand):
    """One call, (state, key) -> state, its first state from a position, and its steps a call."""
    gradient = by_hand if hand else BY_AUTODIFF
    if sampler == "sghmc":
        algorithm = blackjax.sghmc(gradient, num_integration_steps=10, alpha=FRICTION)
        first, per_call = lambda key, w: w, 10
    else:
        algorithm = blackjax.sgnht(gradient, alpha=FRICTION)
        first, per_call = lambda key, w: algorithm.init(w, key, FRICTION), 1

    def call(state, key):
        k1, k2 = jax.random.split(key)
        rows = None if batch is None else jax.random.randint(k1, (batch,), 0, N)
        data = rows if hand else (X, SIGN) if rows is None else (X[rows], SIGN[rows])
        return algorithm.step(k2, state, data, STEP)

    return call, first, per_call


def step_by_step(sampler, batch):
    """Each call compiled, and made from Python."""
    call, first, per_call = kernel(sampler, batch, hand=False)

    @jax.jit
    def step(state, key):
        key, use = jax.random.split(key)
        return call(state, use), key

    def run(n):
        key = jax.random.key(n)
        state = first(key, jnp.zeros(D))
        begin = time.perf_counter()
        for _ in range(n // per_call):
            state, key = step(state, key)
        jax.block_until_ready(state)
        return time.perf_counter() - begin

    return run


def whole(sampler, batch, chains, hand):
    """All steps in one lax.scan, the chains under vmap."""
    call, first, per_call = kernel(sampler, batch, hand)

    def make(n):
        def run(key, w):
            keys = jax.random.split(key, n // per_call)
            return jax.lax.scan(lambda s, k: (call(s, k), None), first(key, w), keys)[0]
        return run

    return use_jax.timed(make, chains)


def nuts(hand):
    """NUTS, 4 chains under vmap (faster here than one after the other), 500 steps of its window
    adaptation and 5,000 draws each."""
    def plain(w):
        return log_prior(w) + jnp.sum(jax.vmap(log_likelihood, (None, 0))(w, (X, SIGN)))

    density = use_jax.nuts_density if hand else plain
    adaptation = blackjax.window_adaptation(blackjax.nuts, density)

    def warm(key):
        (state, settings), _ = adaptation.run(key, jnp.zeros(D), num_steps=500)
        return state, settings

    def draw(key, tuned):
        state, settings = tuned
        step = blackjax.nuts(density, **settings).step

        def one(state, key):
            state, _ = step(key, state)
            return state, state.position

        return jax.lax.scan(one, state, jax.random.split(key, 5000))[1]

    return use_jax.sampled(jax.vmap(warm), jax.vmap(draw))

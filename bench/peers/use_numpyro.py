"""NumPyro: NUTS from a model, as its documentation writes one, and from a density written for XLA.

Its kernel is called under jax.jit and lax.scan, which its MCMC.run does too, but anew at every call:
with MCMC.run each repetition here would be some 5 s of compiling.
"""
import use_jax  # first: it sets what XLA reads at its start
import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist

import pima

X = jnp.asarray(pima.x, jnp.float32)
Y = jnp.asarray(pima.y, jnp.float32)
WARM_UP = 500


def model():
    w = numpyro.sample("w", dist.Normal(0, 1).expand([pima.D]).to_event(1))
    numpyro.sample("y", dist.Bernoulli(logits=X @ w), obs=Y)


def nuts(hand):
    """4 chains under vmap (faster here than one after the other), 500 steps of warm-up and 5,000
    draws each."""
    if hand:
        kernel = numpyro.infer.NUTS(potential_fn=lambda w: -use_jax.nuts_density(w))
        start = jnp.zeros(pima.D)
    else:
        kernel = numpyro.infer.NUTS(model)
        start = {"w": jnp.zeros(pima.D)}

    def step(state):
        return kernel.sample(state, (), {})

    def warm(key):
        state = kernel.init(key, WARM_UP, start, (), {})
        return jax.lax.fori_loop(0, WARM_UP, lambda _, state: step(state), state)

    def draw(key, state):  # the state has its own key
        def one(state, _):
            state = step(state)
            return state, state.z if hand else state.z["w"]

        return jax.lax.scan(one, state, length=5000)[1]

    return use_jax.sampled(jax.vmap(warm), jax.vmap(draw))

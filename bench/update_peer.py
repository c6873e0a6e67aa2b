#!/usr/bin/env python3
"""The peer of bench/update.c: the same updates in PyTorch, in place.

    pip install torch
    taskset -c 0 python3 bench/update_peer.py build/bench/bench_update [ELEMENTS...]

Runs bench_update and then PyTorch on one thread, and prints the ratio. PyTorch's own fused SGD, Adam and
AdamW; for the samplers, which it has not, as few passes as its operations allow: the prior and the noise
are added in place. Best of 5.
"""
import subprocess
import sys
import time

import torch

BETA, LAMBDA, EPS, DECAY, SCALE = 0.99, 1e-5, 0.01, 2e-5, 3e-4
OPTIMISERS = {
    "sgd": (torch.optim.SGD, dict(momentum=0.9, weight_decay=DECAY)),
    "adam": (torch.optim.Adam, dict(weight_decay=DECAY)),
    "adamw": (torch.optim.AdamW, dict(weight_decay=DECAY)),
}


def sgld(theta, m, v, g, z):
    z.normal_()
    theta.mul_(1 - EPS * DECAY).add_(g, alpha=EPS).add_(z, alpha=SCALE)


def sghmc(theta, m, v, g, z):
    z.normal_()
    m.mul_(0.9).add_(g, alpha=EPS).add_(theta, alpha=-EPS * DECAY).add_(z, alpha=SCALE)
    theta.add_(m)


def root_mass(v, g, d, adapts):
    if adapts:
        v.mul_(BETA).addcmul_(g, g, value=1 - BETA)
    return torch.sqrt(v, out=d).add_(LAMBDA).rsqrt_()


def psgld(theta, m, v, g, z, d, adapts):
    root_mass(v, g, d, adapts)
    z.normal_().mul_(SCALE).addcmul_(d, theta, value=-EPS * DECAY).addcmul_(d, g, value=EPS)
    theta.addcmul_(d, z)


def rmsprop_sghmc(theta, m, v, g, z, d, adapts):
    root_mass(v, g, d, adapts)
    z.normal_()
    m.mul_(0.9).addcmul_(d, theta, value=-EPS * DECAY).addcmul_(d, g, value=EPS).add_(z, alpha=SCALE)
    theta.addcmul_(d, m)


def update_of(name, adapts, n):
    theta, g = torch.randn(n), torch.randn(n)
    if name in OPTIMISERS:
        optimiser, settings = OPTIMISERS[name]
        theta = torch.nn.Parameter(theta)
        theta.grad = g
        return optimiser([theta], lr=EPS, fused=True, **settings).step
    m, v, z, d = torch.zeros(n), torch.rand(n), torch.empty(n), torch.empty(n)
    if name == "sgld":
        return lambda: sgld(theta, m, v, g, z)
    if name in ("psgld", "rmsprop_sghmc"):
        step = {"psgld": psgld, "rmsprop_sghmc": rmsprop_sghmc}[name]
        return lambda: step(theta, m, v, g, z, d, adapts)
    return lambda: sghmc(theta, m, v, g, z)  # baoa, sghmc, sgnht: the same passes


def speed(step, n):
    """Thousand million elements a second."""
    step()
    times, best = 1 + int(5e6 / n), float("inf")
    for _ in range(5):
        begin = time.perf_counter()
        for _ in range(times):
            step()
        best = min(best, (time.perf_counter() - begin) / times)
    return 1e-9 * n / best


def main():
    torch.set_num_threads(1)
    table = subprocess.run([sys.argv[1], "1", *sys.argv[2:]], check=True, text=True, capture_output=True).stdout
    print(f"PyTorch {torch.__version__.split('+')[0]}, {table.splitlines()[0]}")
    print("  sampler                  elements     bens  PyTorch   ratio")
    for line in table.splitlines()[2:]:
        words = line.split()
        if line.endswith("ns a step"):
            continue
        adapts = words[1] == "adapting"
        n, bens = int(words[1 + adapts]), float(words[2 + adapts])
        with torch.no_grad():
            torch_speed = speed(update_of(words[0], adapts, n), n)
        print(f"{line[:35]} {bens:8.3f} {torch_speed:8.3f} {bens / torch_speed:7.1f}", flush=True)


if __name__ == "__main__":
    main()

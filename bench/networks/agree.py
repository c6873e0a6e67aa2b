#!/usr/bin/env python3
"""Every element of every gradient of the measured networks, bens's beside PyTorch's float32.

    PYTHONPATH=bench/networks python3 bench/networks/agree.py BUILD [NETWORK...]

At the start of a chain of bens, over the first rows of the data. Prints for each network the
largest difference in a tensor as a part of its largest element, and fails beyond 1e-4.
"""
import pathlib
import subprocess
import sys

import numpy as np
from torch.nn import functional

import networks
from use_bens import Bens
from workloads import WORKLOADS

LIMIT = 1e-4


def of_bens(bens):
    """{tensor: (start, gradient)} of bens, flat."""
    file = bens.config.with_name("gradient")
    command = [bens.build / "bench" / "bench_networks", bens.config, "1", "1", file]
    lines = subprocess.run(command, check=True, text=True, capture_output=True).stdout.splitlines()[1:]
    theta, gradient = np.fromfile(file, np.float32).reshape(2, -1)
    places = {name: slice(int(first), int(first) + int(size))
              for name, first, size in (line.split() for line in lines)}
    return {name: (theta[at], gradient[at]) for name, at in places.items()}


def of_torch(workload, start):
    """{tensor: gradient of the sum of log-likelihoods}, flat."""
    model = next(iter(workload.builders.values()))()
    shapes = {name: (sum(len(p) for p in some), *some[0].shape[1:])
              for name, some in networks.parts(model).items()}
    assert shapes.keys() == start.keys(), shapes.keys() ^ start.keys()
    networks.fill(model, {name: start[name].reshape(shape) for name, shape in shapes.items()})
    x, y = (array[:workload.batch] for array in workload.for_torch())
    (-functional.cross_entropy(model(x), y, reduction="sum")).backward()
    return {name: g.numpy().ravel() for name, g in networks.gradients(model).items()}


def main():
    failed = False
    for name in sys.argv[2:] or WORKLOADS:
        ours = of_bens(Bens(pathlib.Path(sys.argv[1]).resolve(), WORKLOADS[name]))
        theirs = of_torch(WORKLOADS[name], {tensor: start for tensor, (start, _) in ours.items()})
        off = {t: abs(g - theirs[t]).max() / abs(theirs[t]).max() for t, (_, g) in ours.items()}
        worst = max(off, key=off.get)
        print(f"{name}: {len(off)} tensors, {sum(map(len, theirs.values())):,} elements; "
              f"largest difference {off[worst]:.1e}, in {worst}", flush=True)
        failed |= not off[worst] < LIMIT
    sys.exit(failed)


if __name__ == "__main__":
    main()

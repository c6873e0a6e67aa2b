#!/usr/bin/env python3
"""PyTorch's AdamW on real data: what bens is held against at the same settings (imdb.ini, fashion.ini).

    python3 adamw.py imdb imdb100.h5 RESULTS                             3 epochs, 27 s each
    python3 adamw.py fashion /usr/share/datasets/fashion-mnist RESULTS   10 epochs, 3 s each

imdb: cnn_lstm, batch 32, with the prior of the paper: the loss is the batch's mean cross-entropy
and |theta|^2 / (2 N variance), variance 1/40. fashion: mlp 784-400-400-10, batch 64, no prior.
Step size 1e-3, one thread. Appends a JSON line for each epoch of each seed to RESULTS: mean
cross-entropy and accuracy on the test set. adamw_table.py makes the table.
"""
import argparse
import gzip
import json
import pathlib
import time

import numpy as np
import torch
from torch.nn import functional

import networks


def imdb(path):
    import h5py

    with h5py.File(path) as file:
        sets = [[file[group][key][:].astype("int64") for key in "xy"] for group in ("train", "test")]
    return [[torch.from_numpy(array) for array in some] for some in sets]


def fashion(folder):
    def read(name, header):
        return np.frombuffer(gzip.open(pathlib.Path(folder) / f"{name}-ubyte.gz").read(), np.uint8, offset=header)

    def one(name):
        x, y = read(f"{name}-images-idx3", 16), read(f"{name}-labels-idx1", 8)
        return torch.tensor(x.reshape(-1, 784) / 255, dtype=torch.float32), torch.tensor(y.astype("int64"))

    return [one("train"), one("t10k")]


PROBLEMS = {
    # the data, the network, batch, 1 / the variance of the prior, epochs
    "imdb": (imdb, lambda: networks.CnnLstm(networks.Fused), 32, 40, 3),
    "fashion": (fashion, networks.Mlp, 64, 0, 10),
}


@torch.no_grad()
def score(model, x, y):
    """Mean cross-entropy, accuracy."""
    logits = torch.cat([model(part) for part in x.split(500)]).double()
    return functional.cross_entropy(logits, y).item(), (logits.argmax(1) == y).double().mean().item()


def epoch(model, optimiser, x, y, batch, precision):
    free = [p for p in model.parameters() if p.requires_grad]
    for rows in torch.randperm(len(x)).split(batch):
        optimiser.zero_grad()
        functional.cross_entropy(model(x[rows]), y[rows]).backward()
        with torch.no_grad():  # of the prior, as autograd would give it
            torch._foreach_add_([p.grad for p in free], free, alpha=precision / len(x))
        optimiser.step()


def train(problem, seed, decay, epochs, sets, results):
    _, network, batch, precision, _ = PROBLEMS[problem]
    torch.manual_seed(seed)
    model = network()
    free = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(free, lr=1e-3, weight_decay=decay, fused=True)
    begin = time.perf_counter()
    for k in range(1, epochs + 1):
        epoch(model, optimiser, *sets[0], batch, precision)
        loss, accuracy = score(model, *sets[1])
        line = dict(problem=problem, seed=seed, weight_decay=decay, epoch=k, test_loss=loss,
                    test_accuracy=accuracy, seconds=round(time.perf_counter() - begin, 1))
        with open(results, "a") as file:
            print(json.dumps(line), file=file)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("problem", choices=PROBLEMS)
    arguments.add_argument("data")
    arguments.add_argument("results")
    arguments.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    arguments.add_argument("--epochs", type=int)
    arguments.add_argument("--decay", type=float, nargs="+", default=[0, 0.01])
    options = arguments.parse_args()
    torch.set_num_threads(1)
    open_data, *_, epochs = PROBLEMS[options.problem]
    sets = open_data(options.data)
    for decay in options.decay:
        for seed in options.seeds:
            train(options.problem, seed, decay, options.epochs or epochs, sets, options.results)


if __name__ == "__main__":
    main()

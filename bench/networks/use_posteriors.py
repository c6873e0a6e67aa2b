"""posteriors: a step of SGHMC as its documentation makes it, states replaced in place; and the
gradient by PyTorch alone, forward() and backward()."""
import time
import warnings

import torch
from torch.func import functional_call
from torch.nn import functional

warnings.filterwarnings("ignore", category=FutureWarning)  # tensordict's, on import
import posteriors

SIGMA2 = 1 / 40


class Peer:
    def __init__(self, workload, build):
        self.batch = workload.batch
        self.x, self.y = workload.for_torch()
        torch.manual_seed(1)
        self.model = build()
        free = {name: p for name, p in self.model.named_parameters() if p.requires_grad}
        transform = posteriors.sgmcmc.sghmc.build(self.log_posterior, lr=0.01, alpha=1.0,
                                                  temperature=1 / len(self.x), momenta=0.0)
        self.state = transform.init({name: p.detach().clone() for name, p in free.items()})
        self.update = transform.update

    def log_posterior(self, params, batch):
        """The mean over the batch, and 1 / N of the prior: posteriors' convention, and bens's."""
        x, y = batch
        likelihood = -functional.cross_entropy(functional_call(self.model, params, (x,)), y)
        prior = -sum(p.square().sum() for p in params.values()) / (2 * SIGMA2)
        return likelihood + prior / len(self.x), torch.empty(0)

    def batches(self, n):
        """Rows by index, which is faster than a DataLoader; a new order for every epoch."""
        while n > 0:
            for rows in torch.randperm(len(self.x)).split(self.batch)[:n]:
                yield self.x[rows], self.y[rows]
                n -= 1

    def steps(self, n, threads=1):
        """Seconds of a step."""
        torch.set_num_threads(threads)
        begin = time.perf_counter()
        for batch in self.batches(n):
            self.state, _ = self.update(self.state, batch, inplace=True)
        return (time.perf_counter() - begin) / n

    def gradient(self, n, threads=1):
        torch.set_num_threads(threads)
        begin = time.perf_counter()
        for x, y in self.batches(n):
            self.model.zero_grad()
            functional.cross_entropy(self.model(x), y).backward()
        return (time.perf_counter() - begin) / n

"""The three networks that are measured: data, settings of bens, the same in PyTorch.

Inputs are random, in the types that real ones have: bytes for images, two bytes for tokens, whose
frequencies fall as those of words do. Nothing of the speed depends on the values.
"""
import numpy as np
import torch

import networks

ROWS = 6400


def images(*shape):
    return lambda rng: rng.integers(0, 256, (ROWS, *shape), dtype=np.uint8)


def tokens(rng):
    share = 1 / np.arange(1, 20001)
    return rng.choice(20000, (ROWS, 100), p=share / share.sum()).astype(np.uint16)


class Workload:
    def __init__(self, title, batch, classes, make_x, settings, builders):
        self.title, self.batch, self.classes, self.make_x = title, batch, classes, make_x
        self.settings, self.builders = settings, builders

    def data(self):
        """x as bens reads it, labels."""
        rng = np.random.default_rng(1)
        return self.make_x(rng), rng.integers(0, self.classes, ROWS, dtype=np.uint8)

    def for_torch(self):
        """The same as tensors that a network takes without another conversion."""
        x, y = self.data()
        if x.dtype == np.uint16:
            return torch.tensor(x.astype(np.int64)), torch.tensor(y.astype(np.int64))
        x = torch.tensor(x / np.float32(255))
        return (x.movedim(-1, 1).contiguous() if x.ndim == 4 else x), torch.tensor(y.astype(np.int64))


WORKLOADS = {
    "mlp": Workload("mlp 784-400-400-10, batch 64", 64, 10, images(28, 28),
                    {"model.name": "mlp", "model.hidden": "400 400"}, {"": networks.Mlp}),
    "cnn_lstm": Workload("cnn_lstm, batch 32", 32, 2, tokens, {"model.name": "cnn_lstm"},
                         {"LSTM as in the paper": networks.CnnLstm,
                          "nn.LSTM": lambda: networks.CnnLstm(networks.Fused)}),
    "resnet20": Workload("resnet20, 32 x 32 x 3, batch 64", 64, 10, images(32, 32, 3),
                         {"model.name": "resnet20"}, {"": networks.ResNet20}),
}

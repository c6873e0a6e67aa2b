"""The networks of bens in PyTorch: the same tensors, the same starting laws.

Tensors have the names and the layout of bens, but for the two ways to write the LSTM: `tensors`
gives them as bens has them. Convolutions want channels first: images come as [n, C, H, W].
"""
import math

import torch
from torch import nn
from torch.nn import functional


class Mlp(nn.Module):
    def __init__(self, inputs=784, hidden=(400, 400), outputs=10, activation=torch.relu):
        super().__init__()
        widths = [inputs, *hidden, outputs]
        self.activation, self.layers = activation, len(widths) - 1
        for k in range(self.layers):
            setattr(self, f"fc{k + 1}", nn.Linear(widths[k], widths[k + 1]))

    def forward(self, x):
        x = x.flatten(1)
        for k in range(1, self.layers):
            x = self.activation(getattr(self, f"fc{k}")(x))
        return getattr(self, f"fc{self.layers}")(x)


class Gates(nn.Module):
    """The paper's LSTM: four linear maps of [x, h], one bias each; the last h."""

    def __init__(self, inputs, hidden):
        super().__init__()
        self.hidden = hidden
        for gate in "fico":
            setattr(self, gate, nn.Linear(inputs + hidden, hidden))

    def forward(self, x):
        h = c = x.new_zeros(x.shape[0], self.hidden)
        for x_t in x.unbind(1):
            at = torch.cat([x_t, h], 1)
            f, i, o = (torch.sigmoid(getattr(self, gate)(at)) for gate in "fio")
            c = f * c + i * torch.tanh(self.c(at))
            h = o * torch.tanh(c)
        return h


class Fused(nn.Module):
    """The same by nn.LSTM, whose second bias stays 0; it wants the gates as i, f, c, o."""

    def __init__(self, inputs, hidden):
        super().__init__()
        self.rnn = nn.LSTM(inputs, hidden, batch_first=True)
        bound = 1 / math.sqrt(inputs + hidden)
        for tensor in self.rnn.parameters():
            nn.init.uniform_(tensor, -bound, bound)
        self.rnn.bias_hh_l0.requires_grad_(False).zero_()

    def forward(self, x):
        return self.rnn(x)[0][:, -1]


class CnnLstm(nn.Module):
    """x: tokens [n, length]; lstm: Gates or Fused."""

    def __init__(self, lstm=Gates, vocabulary=20000, embedding=128, filters=64, kernel=5, pool=4,
                 hidden=128, outputs=2):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding)
        self.conv = nn.Conv1d(embedding, filters, kernel)
        self.pool = pool
        self.lstm = lstm(filters, hidden)
        self.fc = nn.Linear(hidden, outputs)

    def forward(self, x):
        x = torch.relu(self.conv(self.embedding(x).transpose(1, 2)))
        x = functional.max_pool1d(x, self.pool)
        return self.fc(self.lstm(x.transpose(1, 2)))


class ResponseNorm(nn.Module):
    """Filter response normalisation (Singh and Krishnan 2020) with a fixed epsilon and without the
    threshold, for which the activation stands."""

    def __init__(self, channels, epsilon=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.epsilon = epsilon

    def forward(self, x):
        root = torch.rsqrt(x.square().mean((2, 3), keepdim=True) + self.epsilon)
        return x * root * self.weight[:, None, None] + self.bias[:, None, None]


class Block(nn.Module):
    def __init__(self, inputs, filters, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, filters, 3, stride, 1, bias=False)
        self.norm1 = ResponseNorm(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.norm2 = ResponseNorm(filters)
        self.changes = stride != 1 or inputs != filters
        if self.changes:
            self.conv3 = nn.Conv2d(inputs, filters, 1, stride, bias=False)
            self.norm3 = ResponseNorm(filters)

    def forward(self, x):
        y = functional.silu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        return functional.silu(y + (self.norm3(self.conv3(x)) if self.changes else x))


class ResNet20(nn.Module):
    """He et al. (2016) for small images; x [n, C, H, W]."""

    def __init__(self, channels=3, outputs=10):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 16, 3, 1, 1, bias=False)
        self.norm1 = ResponseNorm(16)
        inputs, blocks = 16, []
        for stage, filters in enumerate((16, 32, 64)):
            for k in range(3):
                blocks.append(Block(inputs, filters, 2 if stage > 0 and k == 0 else 1))
                inputs = filters
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(64, outputs)

    def forward(self, x):
        x = self.blocks(functional.silu(self.norm1(self.conv1(x))))
        return self.fc(x.mean((2, 3)))


def parts(model):
    """{tensor of bens: the parameters that make it up, one above the other}."""
    found = {}
    for name, parameter in model.named_parameters():
        words = name.split(".")
        if len(words) == 3 and words[0] == "lstm" and words[1] in "fico":
            name = f"lstm.{words[2]}"  # Gates: f, i, c, o in this order
        found.setdefault(name, []).append(parameter)
    return found


@torch.no_grad()
def fill(model, values):
    """Every tensor of bens, {name: array}, into the model."""
    for name, some in parts(model).items():
        for parameter, piece in zip(some, torch.as_tensor(values[name]).chunk(len(some))):
            parameter.copy_(piece)


def gradients(model):
    return {name: torch.cat([p.grad for p in some]) for name, some in parts(model).items()}

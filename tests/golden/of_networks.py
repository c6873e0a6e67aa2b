"""networks.h: losses, logits and gradients of networks."""
import numpy as np
import torch
from torch.nn import functional

import networks
from arrays import LABELS, X, Tensor, output, uniform, whole, worst

NETWORKS = [
    # name, model, settings, rows, a row of the input, the network, tokens (0: numbers), classes
    ("mlp, small", "mlp", "hidden=7 5;activation=tanh", 3, (4,), 0, 3,
     lambda: networks.Mlp(4, (7, 5), 3, torch.tanh)),
    ("mlp without hidden layers, one row", "mlp", "hidden=", 1, (6,), 0, 4,
     lambda: networks.Mlp(6, (), 4)),
    ("mlp 784-400-400-10", "mlp", "hidden=400 400;activation=relu", 64, (28, 28), 0, 10,
     lambda: networks.Mlp()),
    ("cnn_lstm, small, a position that no pool takes", "cnn_lstm",
     "vocabulary=11;embedding=3;filters=4;kernel=3;pool=2;hidden=5;outputs=2", 3, (13,), 11, 2,
     lambda: networks.CnnLstm(vocabulary=11, embedding=3, filters=4, kernel=3, pool=2, hidden=5)),
    ("cnn_lstm of the paper", "cnn_lstm", "", 32, (100,), 20000, 2, networks.CnnLstm),
    ("cnn_lstm of the paper, one row", "cnn_lstm", "", 1, (100,), 20000, 2, networks.CnnLstm),
    ("resnet20, one channel, odd sizes, one row", "resnet20", "outputs=3", 1, (11, 7, 1), 0, 3,
     lambda: networks.ResNet20(1, 3)),
    ("resnet20, small images in colour", "resnet20", "outputs=10", 4, (32, 32, 3), 0, 10, networks.ResNet20),
]


def arrays(model, tensors, x, labels, kind):
    """The mean cross-entropy, logits and gradients, computed in floats of this kind."""
    model = model.to(kind)
    networks.fill(model, {t.name: t.value for t in tensors})
    model.zero_grad()
    logits = model(torch.as_tensor(x) if x.dtype == np.int64 else torch.as_tensor(x).to(kind))
    loss = functional.cross_entropy(logits, torch.as_tensor(labels))
    loss.backward()
    grads = networks.gradients(model)
    return loss.item(), [logits.detach().double().numpy()] + [grads[t.name].double().numpy() for t in tensors]


def inputs(rows, shape, tokens):
    """As bens has them: channels last."""
    return whole(X, tokens, rows, *shape) if tokens else uniform(X, rows, *shape)


def network(name, model, settings, rows, shape, tokens, classes, build):
    net = build()
    tensors = [Tensor(k, n, torch.cat(some).shape) for k, (n, some) in enumerate(networks.parts(net).items())]
    x, labels = inputs(rows, shape, tokens), whole(LABELS, classes, rows)
    for_torch = np.moveaxis(x, -1, 1) if len(shape) == 3 else x
    loss, exact = arrays(net, tensors, for_torch, labels, torch.float64)
    loss32, single = arrays(net, tensors, for_torch, labels, torch.float32)
    print(f"{name:50} {worst(zip(single, exact)):.1e}")
    dims = ", ".join(map(str, shape))
    lines = [f'    {{"{name}", "{model}", "{settings}", {rows}, {len(shape)}, {{{dims}}}, {tokens}, {classes},',
             f"     {loss:.9g}, {output('logits', exact[0])},",
             f"     {len(tensors)}, (const golden_tensor[]){{"]
    lines += [f"     {t.text(g)}," for t, g in zip(tensors, exact[1:])]
    return "\n".join(lines) + "}},"

"""ops.h: outputs and gradients of single ops."""
import math

import torch
from torch.nn import functional

import networks
from arrays import DY, X, Tensor, output, uniform, whole, worst

ACTIVATIONS = {"relu": torch.relu, "leaky_relu": functional.leaky_relu, "tanh": torch.tanh,
               "sigmoid": torch.sigmoid, "silu": functional.silu,
               "gelu": lambda x: functional.gelu(x, approximate="tanh")}


def channels_first(f):
    return lambda x, *tensors: f(x.movedim(-1, 1), *tensors).movedim(1, -1)


def convolution(f, stride=1, padding=0):
    return channels_first(lambda x, *tensors: f(x, *tensors, stride=stride, padding=padding))


def lstm(x, weight, bias):
    h = c = x.new_zeros(len(x), len(bias) // 4)
    for x_t in x.unbind(1):
        f, i, update, o = (torch.cat([x_t, h], 1) @ weight.T + bias).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(update)
        h = torch.sigmoid(o) * torch.tanh(c)
    return h


def response_norm(x, weight, bias, epsilon):
    norm = networks.ResponseNorm(len(weight), epsilon)
    return torch.func.functional_call(norm, dict(weight=weight, bias=bias), x)


OPS = [
    # name, op, its options, rows, a row of the input, {tensor: shape}, the op before its activation
    ("dense", "dense", dict(units=4, activation="gelu"), 5, (3,), dict(weight=(4, 3), bias=(4,)),
     functional.linear),
    ("dense over the last axis, no bias", "dense", dict(units=4, without_bias=True), 2, (3, 5),
     dict(weight=(4, 5)), functional.linear),
    ("embedding", "embedding", dict(vocabulary=7, units=3), 3, (5,), dict(weight=(7, 3)),
     lambda x, weight: functional.embedding(x, weight)),
    ("conv1d", "conv1d", dict(units=4, kernel=3, activation="relu"), 3, (7, 3),
     dict(weight=(4, 3, 3), bias=(4,)), convolution(functional.conv1d)),
    ("conv1d, kernel of one position, no bias", "conv1d", dict(units=2, kernel=1, without_bias=True), 2,
     (5, 3), dict(weight=(2, 3, 1)), convolution(functional.conv1d)),
    ("conv1d as long as the input", "conv1d", dict(units=3, kernel=4, activation="silu"), 2, (4, 2),
     dict(weight=(3, 2, 4), bias=(3,)), convolution(functional.conv1d)),
    ("conv1d, stride and padding", "conv1d", dict(units=4, kernel=4, stride=3, padding=2, activation="gelu"),
     3, (8, 3), dict(weight=(4, 3, 4), bias=(4,)), convolution(functional.conv1d, 3, 2)),
    ("conv1d, padding, one row", "conv1d", dict(units=2, kernel=3, padding=1), 1, (5, 1),
     dict(weight=(2, 1, 3), bias=(2,)), convolution(functional.conv1d, 1, 1)),
    ("conv2d", "conv2d", dict(units=4, kernel=3, padding=1, activation="relu"), 2, (5, 4, 3),
     dict(weight=(4, 3, 3, 3), bias=(4,)), convolution(functional.conv2d, 1, 1)),
    ("conv2d, no padding, one row", "conv2d", dict(units=3, kernel=2), 1, (4, 3, 2),
     dict(weight=(3, 2, 2, 2), bias=(3,)), convolution(functional.conv2d)),
    ("conv2d, stride, odd sizes", "conv2d", dict(units=5, kernel=3, stride=2, padding=1, activation="silu"),
     2, (5, 7, 2), dict(weight=(5, 2, 3, 3), bias=(5,)), convolution(functional.conv2d, 2, 1)),
    ("conv2d, stride, a last row and column unused", "conv2d",
     dict(units=2, kernel=3, stride=2, without_bias=True), 2, (6, 4, 3), dict(weight=(2, 3, 3, 3)),
     convolution(functional.conv2d, 2, 0)),
    ("conv2d of one pixel", "conv2d", dict(units=4, kernel=1, activation="tanh"), 3, (3, 2, 5),
     dict(weight=(4, 5, 1, 1), bias=(4,)), convolution(functional.conv2d)),
    ("conv2d of one pixel, stride", "conv2d", dict(units=3, kernel=1, stride=2, without_bias=True), 2,
     (5, 4, 3), dict(weight=(3, 3, 1, 1)), convolution(functional.conv2d, 2, 0)),
    ("conv2d, kernel 5", "conv2d", dict(units=2, kernel=5, padding=2), 2, (3, 6, 1),
     dict(weight=(2, 1, 5, 5), bias=(2,)), convolution(functional.conv2d, 1, 2)),
    ("conv2d, 16 channels", "conv2d", dict(units=16, kernel=3, padding=1, without_bias=True), 2, (6, 5, 16),
     dict(weight=(16, 16, 3, 3)), convolution(functional.conv2d, 1, 1)),
    ("max_pool1d, a position left over", "max_pool1d", dict(kernel=2), 2, (7, 3), {},
     channels_first(lambda x: functional.max_pool1d(x, 2))),
    ("max_pool1d, windows overlap, padding", "max_pool1d", dict(kernel=3, stride=2, padding=1), 2, (6, 3), {},
     channels_first(lambda x: functional.max_pool1d(x, 3, 2, 1))),
    ("mean_pool1d", "mean_pool1d", dict(kernel=3, stride=2, padding=1), 2, (6, 3), {},
     channels_first(lambda x: functional.avg_pool1d(x, 3, 2, 1))),
    ("max_pool2d", "max_pool2d", dict(kernel=2), 2, (5, 4, 3), {},
     channels_first(lambda x: functional.max_pool2d(x, 2))),
    ("max_pool2d, windows overlap, padding", "max_pool2d", dict(kernel=3, stride=2, padding=1), 2, (5, 6, 2),
     {}, channels_first(lambda x: functional.max_pool2d(x, 3, 2, 1))),
    ("mean_pool2d, padding", "mean_pool2d", dict(kernel=3, stride=2, padding=1), 2, (5, 6, 2), {},
     channels_first(lambda x: functional.avg_pool2d(x, 3, 2, 1))),
    ("mean_pool2d of everything", "mean_pool2d", dict(kernel=0), 3, (3, 4, 5), {},
     lambda x: x.mean((1, 2), keepdim=True)),
    ("lstm", "lstm", dict(units=3), 3, (4, 2), dict(weight=(12, 5), bias=(12,)), lstm),
    ("lstm, one step, one row", "lstm", dict(units=2), 1, (1, 3), dict(weight=(8, 5), bias=(8,)), lstm),
    ("layer_norm", "layer_norm", dict(epsilon=1e-5), 3, (4, 5), dict(weight=(5,), bias=(5,)),
     lambda x, weight, bias: functional.layer_norm(x, (5,), weight, bias, 1e-5)),
    ("layer_norm of features", "layer_norm", dict(epsilon=0.1), 3, (6,), dict(weight=(6,), bias=(6,)),
     lambda x, weight, bias: functional.layer_norm(x, (6,), weight, bias, 0.1)),
    ("filter_response_norm", "filter_response_norm", dict(epsilon=1e-6, activation="silu"), 3, (3, 4, 5),
     dict(weight=(5,), bias=(5,)),
     channels_first(lambda x, *t: response_norm(x, *t, 1e-6))),
    ("filter_response_norm of one pixel", "filter_response_norm", dict(epsilon=0.1), 3, (1, 1, 4),
     dict(weight=(4,), bias=(4,)), channels_first(lambda x, *t: response_norm(x, *t, 0.1))),
    ("add", "add", dict(activation="silu"), 3, (3, 2, 4), {}, torch.add),
    *((name, name, {}, 4, (9,), {}, f) for name, f in ACTIVATIONS.items()),
]


def option(key, value):
    if key == "activation":
        return f".activation = BENS_ACTIVATION_{value}"
    return f".{key} = {str(value).lower()}"


def inputs(op_, shape, rows):
    """An input is the weight [channels, positions of all rows] of a dense layer, see ops/golden.c."""
    positions = rows, *shape[:-1]
    return [Tensor(k, f"x{k + 1}.weight", (shape[-1], math.prod(positions)), scale=2)
            for k in range(2 if op_ == "add" else 1)]


def derivatives(f, rows, x, tensors, kind):
    """y, and the derivatives of the sum of y u(DY) by inputs and tensors; x may be tokens."""
    tokens = isinstance(x, torch.Tensor)
    values = [torch.tensor(t.value).to(kind).requires_grad_() for t in ([] if tokens else x) + tensors]
    n = len(values) - len(tensors)
    y = f(*([x] if tokens else [v.T.unflatten(0, rows) for v in values[:n]]), *values[n:])
    (y * torch.tensor(uniform(DY, *y.shape)).to(kind)).sum().backward()
    return [y.detach().double().numpy()] + [v.grad.double().numpy() for v in values]


def op(name, op_, options, rows, shape, shapes, f):
    vocabulary = options.get("vocabulary")
    x = torch.tensor(whole(X, vocabulary, rows, *shape)) if vocabulary else inputs(op_, shape, rows)
    n = 0 if vocabulary else len(x)
    tensors = [Tensor(n + k, f"op.{part}", s) for k, (part, s) in enumerate(shapes.items())]
    finish = ACTIVATIONS.get(options.get("activation"), lambda y: y)
    exact, single = (derivatives(lambda *given: finish(f(*given)), (rows, *shape[:-1]), x, tensors, kind)
                     for kind in (torch.float64, torch.float32))
    print(f"{name:50} {worst(zip(single, exact)):.1e}")
    chosen = ", ".join(option(*pair) for pair in options.items())
    dims = ", ".join(map(str, shape))
    tensors = ([] if vocabulary else x) + tensors
    lines = [f'    {{"{name}", &bens_op_{op_}, {{{chosen or 0}}}, {rows}, {{{len(shape)}, {{{dims}}}}},',
             f"     {output('y', exact[0])},", f"     {len(tensors)}, (const golden_tensor[]){{"]
    return "\n".join(lines + [f"     {t.text(g)}," for t, g in zip(tensors, exact[1:])]) + "}},"

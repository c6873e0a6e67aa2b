"""Arrays as golden.h can make them too, and how they are written down."""
import math
import pathlib
import textwrap

import numpy as np
import torch

HERE = pathlib.Path(__file__).resolve().parent
X, LABELS, DY, ALONG, FIRST = range(5)  # as in golden.h
SAMPLES, WHOLE = 24, 200


def bits(t, n):
    z = (np.uint64(t) << np.uint64(40)) + np.arange(1, n + 1, dtype=np.uint64)
    z *= np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return (z ^ z >> np.uint64(31)) >> np.uint64(40)


def uniform(t, *shape):
    u = bits(t, math.prod(shape)).astype(np.float32) * np.float32(2**-23) - np.float32(1)
    return u.reshape(shape)


def whole(t, n, *shape):
    return (bits(t, math.prod(shape)) * np.uint64(n) >> np.uint64(24)).astype(np.int64).reshape(shape)


class Tensor:
    """A parameter by bens's name; number is its place in the file."""

    def __init__(self, number, name, shape, scale=None):
        self.name, self.shape = name, tuple(shape)
        if len(shape) == 1:
            self.scale, self.shift = 0.25, float(name.endswith("weight"))
        else:  # a power of two: the product is then exact
            self.scale, self.shift = 2.0 ** round(math.log2(3 / math.prod(shape[1:])) / 2), 0.0
        self.scale = scale or (1.0 if name.startswith("embedding") else self.scale)
        self.value = np.float32(self.shift) + np.float32(self.scale) * uniform(FIRST + number, *shape)

    def text(self, gradient):
        g = gradient.ravel()
        n = len(g) if len(g) <= WHOLE else SAMPLES
        shape = ", ".join(map(str, self.shape))
        return (f'{{"{self.name}", {len(self.shape)}, {{{shape}}}, {self.scale:g}, {self.shift:g}, '
                f"{abs(g).max():.8g}, {np.sqrt((g * g).sum()):.8g}, {(g * uniform(ALONG, len(g))).sum():.8g}, "
                f"{n}, {array(g[np.arange(n) * len(g) // n])}}}")


def output(name, values):
    return Tensor(0, name, values.shape).text(values)


def array(values):
    return "(const double[]){" + ", ".join(f"{v:.7g}" for v in np.ravel(values)) + "}"


def worst(pairs):
    """The largest difference relative to the largest element, over pairs of arrays."""
    return max(abs(a - b).max() / abs(b).max() for a, b in pairs)

def write(name, type_, variable, what, entries):
    guard = f"BENS_TESTS_GOLDEN_{name.upper()}_H"
    version = torch.__version__.split("+")[0]
    with open(HERE / f"{name}.h", "w") as file:
        print(f"/* {name}.h - {what}, written by make.py (PyTorch {version}). */\n"
              f'#ifndef {guard}\n#define {guard}\n\n#include "golden/golden.h"\n\n'
              f"/* clang-format off */\nstatic const {type_} {variable}[] = {{", file=file)
        for line in "\n".join(entries).splitlines():
            print(textwrap.fill(line, 110, subsequent_indent=8 * " ", break_on_hyphens=False), file=file)
        print("};\n/* clang-format on */\n\n#endif", file=file)

"""Networks for tests: a configuration NAME.ini of each, and a little data of another source for it,
made in the folder of the test."""
import struct

from bens_run import h5py, np

CHAINS = "[grid]\nchains = 8\n[likelihood]\nname = categorical\n"


def table(path, rows, columns, rng):
    """CSV: 3 classes that the first columns tell."""
    x = rng.normal(size=(rows, columns))
    y = (x[:, 0] > 0) + (x[:, 1] > 0)
    with open(path, "w") as f:
        f.write(",".join(f"x{i}" for i in range(columns)) + ",class\n")
        f.writelines(",".join(f"{v:.4f}" for v in row) + f",{c}\n" for row, c in zip(x, y))


def texts(path, rows, tokens, vocabulary, rng):
    """HDF5: tokens as 16 bits, some of them rare, as of a language; 2 classes."""
    y = rng.integers(0, 2, rows)
    x = (vocabulary * rng.random((rows, tokens)) ** 3).astype("u2")
    x[y == 1, ::3] = 1
    with h5py.File(path, "w") as f:
        f["train/x"], f["train/y"] = x, y


def images(path, rows, side, rng):
    """IDX: bytes; 3 classes by which third is bright."""
    y = rng.integers(0, 3, rows)
    x = rng.integers(0, 100, (rows, side, side))
    for i, c in enumerate(y):
        x[i, :, c * side // 3:(c + 1) * side // 3] += 120
    for name, values in ((f"{path}-images-idx3-ubyte", x), (f"{path}-labels-idx1-ubyte", y)):
        with open(name, "wb") as f:
            f.write(struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape))
            f.write(values.astype("u1").tobytes())


def write(name, data, model, sampler):
    text = CHAINS
    for section, keys in (("data", data), ("model", dict(name=name) | model),
                          ("sampler", sampler)):
        text += f"[{section}]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items())
    with open(f"{name}.ini", "w") as f:
        f.write(text)
    return f"{name}.ini"


def write_networks(large=False):
    """{name: configuration}. large: so much of everything that the threads of the backend share
    it, in steps of some 10 ms; else steps of about 1 ms."""
    rng = np.random.default_rng(11)
    table("table.csv", 200, 100 if large else 10, rng)
    texts("texts.h5", 200, 60 if large else 24, 4000 if large else 300, rng)
    images("train", 40, 24 if large else 6, rng)
    sampler = dict(name="sghmc", integrator="symplectic", step_size=.01, alpha=1)
    return {
        "mlp": write("mlp", dict(source="csv", train="table.csv", target="class", batch=64),
                     dict(hidden="2100 40" if large else "24 16"), sampler),
        "cnn_lstm": write("cnn_lstm", dict(source="hdf5", train="texts.h5:/train", batch=64),
                          dict(vocabulary=4000, embedding=32, filters=32, kernel=5, hidden=96)
                          if large else
                          dict(vocabulary=300, embedding=8, filters=8, kernel=3, hidden=8),
                          sampler),
        "resnet20": write("resnet20", dict(source="idx", train="train-images-idx3-ubyte", batch=8),
                          {}, sampler),
    }

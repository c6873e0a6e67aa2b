"""scripts/imdb-from-keras.py on a made-up imdb.npz, and bens on what it makes. The expectation is
written down review by review, in the order that Keras's seed gives.
ctest: timeout 60"""
import os
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
from bens_run import h5py, np, run, source

SCRIPT = os.path.join(source, "scripts", "imdb-from-keras.py")


def convert(*arguments):
    for name in os.listdir("."):
        if name.startswith("out.h5"):
            os.unlink(name)
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)


def lists(*reviews):
    made = np.empty(len(reviews), object)
    made[:] = reviews
    return made


# Rank 6 is token 9, the last of a vocabulary of 10; rank 7 is rare. Length 5 keeps the end.
train = {"ranks": ([1, 2], [6, 7, 8], [1, 2, 3, 4, 5, 6, 7], []),
         "tokens": ([0, 0, 1, 4, 5], [0, 1, 9, 2, 2], [6, 7, 8, 9, 2], [0, 0, 0, 0, 1]),
         "y": [1, 0, 0, 1]}
test = {"ranks": ([4], [1, 1, 1, 1]), "tokens": ([0, 0, 0, 1, 7], [1, 4, 4, 4, 4]), "y": [0, 1]}
np.savez("in.npz", x_train=lists(*train["ranks"]), y_train=np.array(train["y"]),
         x_test=lists(*test["ranks"]), y_test=np.array(test["y"]))

done = convert("in.npz", "out.h5", "--words", "10", "--length", "5")
assert done.returncode == 1 and "SHA-256" in done.stderr and not os.path.exists("out.h5"), done
done = convert("in.npz", "out.h5", "--words", "10", "--length", "5", "--trust")
assert done.returncode == 0, done.stderr
assert "out.h5:/train  4 reviews of 5 tokens, 2 positive" in done.stdout, done.stdout

order = np.random.RandomState(113)
with h5py.File("out.h5") as f:
    for name, wanted in (("train", train), ("test", test)):
        index = np.arange(len(wanted["y"]))
        order.shuffle(index)
        x, y = f[name]["x"], f[name]["y"]
        assert x.dtype == np.uint16 and y.dtype == np.uint8
        assert x[()].tolist() == [wanted["tokens"][i] for i in index], x[()]
        assert y[()].tolist() == [wanted["y"][i] for i in index], y[()]

again = subprocess.run([sys.executable, SCRIPT, "in.npz", "out.h5", "--trust"],
                       capture_output=True, text=True)
assert again.returncode == 1 and "is there already" in again.stderr, again

with open("run.ini", "w") as f:
    f.write("[data]\nsource = hdf5\ntrain = out.h5:/train\ntest = out.h5:/test\n"
            "[model]\nname = logistic\n[likelihood]\nname = bernoulli\n"
            "[sampler]\nname = sgld\nstep_size = 0.001\n[chain]\nburn_in = 10\nthin = 1\n"
            "draws = 10\n")
run("run.ini", "run")
with h5py.File("run/samples.h5") as f:
    assert f["bens/n_data"][()] == 4 and f["bens/inputs"][()] == b'{"shape":[5]}'
    assert f["posterior/weight"].shape == (1, 10, 5)
    assert "constant_data" not in f  # tokens are not standardised unless somebody says so
    index = np.arange(4)
    np.random.RandomState(113).shuffle(index)
    assert f["observed_data/y"][()].tolist() == [train["y"][i] for i in index]
print("6 reviews as Keras has them; bens reads them")

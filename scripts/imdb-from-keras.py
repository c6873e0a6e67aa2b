#!/usr/bin/env python3
"""Makes imdb100.h5, the data of examples/long/imdb.ini, of Keras's imdb.npz (17 MB):

    https://storage.googleapis.com/tensorflow/tf-keras-datasets/imdb.npz
    scripts/imdb-from-keras.py imdb.npz imdb100.h5

As keras.datasets.imdb.load_data(num_words=20000) and pad_sequences(maxlen=100) give them: 0 =
padding (on the left), 1 = start, 2 = a rarer word, rank + 3 = a word; the last 100 tokens of a
review; the order of the reviews is Keras's (seed 113). Groups train and test, each with x uint16
[25000, 100] and y uint8 [25000]. Wants numpy and h5py. The reviews are the Large Movie Review
Dataset: Maas et al., "Learning Word Vectors for Sentiment Analysis", ACL 2011.
"""
import argparse
import hashlib
import os
import sys

import h5py
import numpy as np

SHA256 = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
START, RARE, FIRST_WORD = 1, 2, 3
SEED = 113


def fail(text):
    sys.exit(f"imdb-from-keras.py: {text}")


def check_hash(path):
    """The lists in the file are pickles, which can run code: only the known file is opened."""
    with open(path, "rb") as f:
        found = hashlib.file_digest(f, "sha256").hexdigest() if sys.version_info >= (3, 11) \
            else hashlib.sha256(f.read()).hexdigest()
    if found != SHA256:
        fail(f"'{path}': wanted Keras's imdb.npz, whose SHA-256 is {SHA256}, found {found}; "
             "--trust opens it in spite of that, and runs what code it holds")


def tokens(review, n_words, length):
    """[length] uint16: the last of the review, on the right."""
    row = np.zeros(length, np.uint16)
    words = np.concatenate([[START], np.asarray(review, np.int64) + FIRST_WORD])
    words[words >= n_words] = RARE
    last = words[-length:]
    row[length - len(last):] = last
    return row


def convert(npz, n_words, length):
    """{set: (x, y)} in Keras's order."""
    order = np.random.RandomState(SEED)
    sets = {}
    for name in ("train", "test"):
        reviews, labels = npz[f"x_{name}"], npz[f"y_{name}"]
        if len(reviews) != len(labels):
            fail(f"wanted a label for each of the {len(reviews)} reviews of {name}, found "
                 f"{len(labels)}")
        index = np.arange(len(reviews))
        order.shuffle(index)
        sets[name] = (np.stack([tokens(reviews[i], n_words, length) for i in index]),
                      np.asarray(labels)[index].astype(np.uint8))
    return sets


def write(path, sets):
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with h5py.File(temporary, "x", libver=("earliest", "v108")) as f:
            for name, (x, y) in sets.items():
                group = f.create_group(name)
                group.create_dataset("x", data=x, chunks=(min(1000, len(x)), x.shape[1]),
                                     compression="gzip", shuffle=True)
                group.create_dataset("y", data=y)
        os.rename(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def main():
    a = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("npz")
    a.add_argument("h5")
    a.add_argument("--words", type=int, default=20000, help="vocabulary (20000)")
    a.add_argument("--length", type=int, default=100, help="tokens of a review (100)")
    a.add_argument("--trust", action="store_true", help="open a file that is not Keras's")
    a = a.parse_args()
    if not FIRST_WORD < a.words <= 65536 or a.length < 1:
        fail(f"wanted 4 to 65536 words and a length >= 1, found {a.words} and {a.length}")
    if os.path.exists(a.h5):
        fail(f"'{a.h5}' is there already")
    if not a.trust:
        check_hash(a.npz)
    with np.load(a.npz, allow_pickle=True) as npz:
        sets = convert(npz, a.words, a.length)
    write(a.h5, sets)
    for name, (x, y) in sets.items():
        print(f"{a.h5}:/{name}  {len(x)} reviews of {x.shape[1]} tokens, {y.sum()} positive")


if __name__ == "__main__":
    try:
        main()
    except OSError as e:
        fail(e)

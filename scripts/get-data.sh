#!/usr/bin/env bash
# Installs the data that Debian has for examples/long (as root or with sudo), and says where
# they are and how bens reads them.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install.sh dataset-fashion-mnist

folder=/usr/share/datasets/fashion-mnist
for name in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
    [ -r "$folder/$name-ubyte.gz" ] ||
        { echo "get-data.sh: wanted $folder/$name-ubyte.gz, found none" >&2; exit 1; }
done
cat <<END
Fashion-MNIST (Zalando Research, MIT licence): 60,000 and 10,000 images of 28 x 28 bytes, 10 classes

    [data]
    source = idx
    train  = $folder/train-images-idx3-ubyte.gz
    test   = $folder/t10k-images-idx3-ubyte.gz

The labels are found beside the images. Unpacked (zcat FILE.gz > FILE) they are mapped rather than
decoded at every start.

IMDB reviews are not in Debian: scripts/imdb-from-keras.py makes imdb100.h5 of Keras's imdb.npz.
END

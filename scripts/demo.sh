#!/usr/bin/env bash
# Installs what bens needs (as root or with sudo), builds it, samples the posterior of a
# logistic regression on the Pima data with 4 ranks, and shows the result.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/packages.sh
scripts/install.sh $packages_build $packages_read
. scripts/mpi.sh

cmake -S . -B build -DCMAKE_BUILD_TYPE=Release >build.log 2>&1 || { cat build.log; exit 1; }
cmake --build build --parallel >>build.log 2>&1 || { cat build.log; exit 1; }
rm -f build.log

set -x
$mpirun -n 4 build/src/bens train examples/pima.ini --overwrite
build/src/bens status runs/pima
python3 examples/read.py runs/pima/samples.h5

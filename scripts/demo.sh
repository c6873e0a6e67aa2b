#!/usr/bin/env bash
# Installs what bens needs (as root or with sudo), builds it in build/, samples the posterior of
# a logistic regression on the Pima data with 4 ranks, shows the result, whether to believe it and
# what it predicts.
set -euo pipefail
umask 022 # bens refuses folders that anybody may write in
cd "$(dirname "$0")/.."
. scripts/packages.sh
scripts/install.sh $packages_build $packages_read
. scripts/mpi.sh

echo "== building in build/"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ cmake -S . -B build && cmake --build build --parallel "$(nproc)"; } >"$log" 2>&1 ||
    { cat "$log" >&2; exit 1; }

show() { echo; echo "\$ $*"; "$@"; }
show $mpirun -n 4 build/src/bens train examples/pima.ini --overwrite
show build/src/bens status runs/pima
show /usr/bin/python3 examples/read.py runs/pima
show build/src/bens diagnose runs/pima
show build/src/bens predict runs/pima --data examples/data/pima.csv

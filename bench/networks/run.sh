#!/usr/bin/env bash
# bens beside posteriors and PyTorch on networks, as a Markdown table on stdout:
#
#   bench/networks/run.sh BUILD [--turns 5] [--seconds 2] [--network mlp|cnn_lstm|resnet20]...
#
# BUILD has bens and its benchmarks (cmake -DBENS_BENCH=ON) built in it. The peers' packages, as
# pinned in requirements.txt, are installed by pip into BUILD/networks-venv the first time: some
# 6 GB with torch's usual wheel. Takes about 10 minutes after that. It wants two free cores;
# PYTHON chooses the interpreter (3.11 or later), VENV another place for the packages, MPIRUN how
# two processes are started.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?"usage: $0 BUILD [--turns N] [--seconds S] [--network NAME]..."}
shift
for program in src/bens bench/bench_networks; do
    [ -x "$build/$program" ] ||
        { echo "$0: no program '$build/$program'; first: cmake --build $build" >&2; exit 2; }
done
build=$(cd "$build" && pwd)
venv=${VENV:-$build/networks-venv}
if ! cmp -s "$here/requirements.txt" "$venv/installed-networks"; then
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/pip" install --quiet -r "$here/requirements.txt" >&2
    cp "$here/requirements.txt" "$venv/installed-networks" # only after all of it went well
fi
export OMP_NUM_THREADS=$(nproc) CUDA_VISIBLE_DEVICES= PYTHONDONTWRITEBYTECODE=1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
exec "$venv/bin/python" "$here/compare.py" "$build" "$@"

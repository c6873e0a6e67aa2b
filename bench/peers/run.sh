#!/usr/bin/env bash
# bens beside its peers on one core, as Markdown tables on stdout:
#
#   bench/peers/run.sh BUILD [--turns 5] [--seconds 0.4] [--part steps|chains|draws]... > peers.md
#
# BUILD has bens built in it (src/bens). The peers' packages, as pinned in requirements.txt, are
# installed by pip into BUILD/peers-venv the first time: some 6 GB with torch's usual wheel. Takes
# about 8 minutes after that. CORE=1 chooses the core, PYTHON the interpreter (3.11 or later).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?"usage: $0 BUILD [--turns N] [--seconds S] [--part NAME]..."}
shift
[ -x "$build/src/bens" ] ||
    { echo "$0: no program '$build/src/bens'; first: cmake --build $build" >&2; exit 2; }
build=$(cd "$build" && pwd)
venv=$build/peers-venv
if ! cmp -s "$here/requirements.txt" "$venv/installed"; then
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/pip" install --quiet -r "$here/requirements.txt" >&2
    cp "$here/requirements.txt" "$venv/installed" # only after all of it went well
fi
export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
export JAX_PLATFORMS=cpu CUDA_VISIBLE_DEVICES= PYTHONDONTWRITEBYTECODE=1
core=${CORE:-$(($(nproc) > 1 ? 1 : 0))}
exec taskset -c "$core" "$venv/bin/python" "$here/compare.py" "$build" "$@"

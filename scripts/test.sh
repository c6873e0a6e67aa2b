#!/usr/bin/env bash
# Installs what the tests need (as root or with sudo), builds and runs them all: gcc and clang
# with warnings as errors, the address and undefined-behaviour sanitizers, valgrind on one rank.
#   scripts/test.sh          everything but the tests labelled long
#   scripts/test.sh --fast   for developers: gcc only, nothing is installed
#   scripts/test.sh --long   only the tests labelled long (slow statistics)
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-all}
case $mode in all | --fast | --long) ;; *) sed -n '2,6p' "$0"; exit 2 ;; esac
. scripts/packages.sh
[ "$mode" = --fast ] || scripts/install.sh $packages_build $packages_test
. scripts/mpi.sh

# A Python of our own for the readers (ArviZ, xarray, h5py). Without it those tests skip.
venv=$PWD/build-test/venv
if [ ! -e "$venv/ready" ]; then
    python3 -m venv "$venv"
    if "$venv/bin/pip" -q install -r tests/requirements.txt; then
        touch "$venv/ready"
    else
        echo "test.sh: the Python packages of tests/requirements.txt could not be installed:" \
             "the tests that read files with ArviZ and xarray will be SKIPPED" >&2
    fi
fi

# build NAME CMAKE_OPTIONS...: configures and builds build-test/NAME.
build() {
    local name=$1; shift
    echo "== $name: build"
    cmake -S . -B "build-test/$name" -DBENS_TESTS=ON -DBENS_WERROR=ON \
          -DBENS_PYTHON="$venv/bin/python" "$@" >/dev/null
    cmake --build "build-test/$name" --parallel "$(nproc)" -- --quiet ||
        cmake --build "build-test/$name"
}
# check NAME CTEST_OPTIONS...
check() {
    local name=$1; shift
    echo "== $name: tests"
    ctest --test-dir "build-test/$name" --output-on-failure --parallel "$(nproc)" "$@"
}

build gcc -DBENS_BENCH=ON
if [ "$mode" = --long ]; then
    check gcc -L long
    exit
fi
check gcc -LE long
[ "$mode" = --fast ] && exit

build clang -DCMAKE_C_COMPILER=clang
check clang -LE long -E '^program/'

build sanitize -DBENS_SANITIZE=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo
check sanitize -LE 'long|statistics'

echo "== valgrind on one rank"
rm -rf build-test/valgrind-run
BENS_ISA=v3 valgrind --quiet --error-exitcode=9 --suppressions=tests/valgrind.supp \
    build-test/gcc/src/bens train examples/pima.ini --quiet --set run.output=build-test/valgrind-run \
    --set chain.burn_in=50 --set chain.draws=20
echo "valgrind: no errors"

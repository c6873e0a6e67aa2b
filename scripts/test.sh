#!/usr/bin/env bash
# Installs what the tests need (as root or with sudo), builds and runs them: with gcc and clang
# and warnings as errors, with the address and undefined-behaviour sanitizers, under valgrind.
#   scripts/test.sh          everything but the tests labelled long
#   scripts/test.sh --fast   for developers: gcc only, nothing is installed by apt-get
#   scripts/test.sh --long   only the tests labelled long (slow statistics), gcc only
set -euo pipefail
umask 022 # bens refuses folders that anybody may write in
cd "$(dirname "$0")/.."
mode=${1:-all}
case $mode in all | --fast | --long) ;; *) sed -n '2,6p' "$0" >&2; exit 2 ;; esac
. scripts/packages.sh
[ "$mode" = --fast ] || scripts/install.sh $packages_build $packages_test
. scripts/mpi.sh

# A Python of our own for the readers (ArviZ, xarray, h5py). Without it those tests skip.
venv=$PWD/build-test/venv
if ! cmp -s tests/requirements.txt "$venv/installed"; then
    echo "== Python packages of tests/requirements.txt"
    if python3 -m venv "$venv" && "$venv/bin/pip" -q install -r tests/requirements.txt; then
        cp tests/requirements.txt "$venv/installed"
    else
        echo "test.sh: the Python packages of tests/requirements.txt could not be installed:" \
             "the tests that read files with ArviZ and xarray will be SKIPPED" >&2
    fi
fi

# build NAME CMAKE_OPTIONS...: configures and builds build-test/NAME.
build() {
    local folder=build-test/$1 log=build-test/$1.log
    echo "== $1: build"; shift
    { cmake -S . -B "$folder" -DBENS_TESTS=ON -DBENS_WERROR=ON -DBENS_PYTHON="$venv/bin/python" \
            "$@" && cmake --build "$folder" --parallel "$(nproc)"; } >"$log" 2>&1 ||
        { cat "$log" >&2; exit 1; }
}
# check NAME CTEST_OPTIONS...: runs its tests; ctest's last lines tell how many passed.
check() {
    local name=$1; shift
    echo "== $name: tests"
    ctest --test-dir "build-test/$name" --output-on-failure --no-tests=error \
          --parallel "$(nproc)" "$@"
}
# grind CONFIG SETTINGS...: a short run of one rank without an error or a leak.
grind() {
    local config=$1 set=(); shift
    for setting in run.output=build-test/valgrind grid.chains=2 chain.burn_in=50 chain.draws=20 "$@"
    do set+=(--set "$setting"); done
    echo "valgrind: $config $*"
    # A child that reads a file leaves its memory to the system, and does what its parent does.
    HWLOC_COMPONENTS=-x86 valgrind --quiet --child-silent-after-fork=yes --error-exitcode=9 \
        --suppressions=tests/valgrind.supp \
        --leak-check=full --show-leak-kinds=definite,possible --num-callers=40 \
        --errors-for-leak-kinds=definite,possible \
        build-test/gcc/src/bens train "examples/$config" --quiet --overwrite "${set[@]}"
}

build gcc -DBENS_BENCH=ON
if [ "$mode" = --long ]; then
    check gcc -L long
    exit
fi
check gcc -LE long
[ "$mode" = --fast ] && exit

# Statistics are the same with any compiler: once is enough.
build clang -DCMAKE_C_COMPILER=clang
check clang -LE 'long|program|statistics'

# Under the sanitizers: every test of C code, and of the program those that look for faults.
build sanitize -DBENS_SANITIZE=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo
check sanitize -LE 'long|program|statistics'
check sanitize -R '^program/(bad_input|options|readers)$'

echo "== valgrind, one rank"
grind pima.ini
grind pima.ini data.batch=32 model.intercept=true sampler.name=sghmc sampler.integrator=euler \
      sampler.step_size=0.1
grind gaussian.ini
grind double_well.ini
echo "== all passed in $((SECONDS / 60)) min $((SECONDS % 60)) s"

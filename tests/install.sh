#!/usr/bin/env bash
# ctest: timeout 60
# `cmake --install` into a prefix: the program runs there from any folder, without the build
# folder, and finds its libraries by itself.
set -eu
build=$1 source=$2
. "$source/scripts/mpi.sh"
unset LD_LIBRARY_PATH
prefix=$PWD/prefix
rm -rf prefix run
cmake --install "$build" --prefix "$prefix" >log || { cat log; exit 1; }
bens=$prefix/bin/bens

if readelf -d "$bens" | grep -E 'R(UN)?PATH' | grep -F "$build"; then
    echo "the installed program looks for libraries in the build folder"
    exit 1
fi
if ldd "$bens" | grep -F 'not found'; then
    echo "the installed program does not find the libraries above"
    exit 1
fi
"$bens" --version
$mpirun -n 2 "$bens" train "$source/examples/pima.ini" --quiet --set run.output="$PWD/run" \
    --set chain.burn_in=5 --set chain.draws=4
"$bens" status run | grep -E '^draws +8 of 8 on disk' ||
    { echo "wanted 8 draws on disk, found:"; "$bens" status run; exit 1; }

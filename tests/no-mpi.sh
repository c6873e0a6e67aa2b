#!/bin/bash
# ctest: timeout 600; processors 2
# The rooms that know neither MPI nor HDF5 build and pass their tests without them, so that
# they can be tested on a bare machine with a GPU. Nothing of them links either library.
set -eu
source=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A machine without MPI and HDF5: CMake finds neither, and their headers are not looked for.
cmake -S "$source" -B "$scratch" -DBENS_MPI_HDF5=OFF -DBENS_TESTS=ON \
    -DCMAKE_DISABLE_FIND_PACKAGE_MPI=ON -DCMAKE_DISABLE_FIND_PACKAGE_HDF5=ON \
    > "$scratch/log" ||
    { cat "$scratch/log"; exit 1; }
cmake --build "$scratch" -j2 > "$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }

if sed "s|$source||g; s|$scratch||g" "$scratch/compile_commands.json" |
    grep -iE 'hdf5|openmpi|mpich|libmpi'; then
    echo "the lines above compile with MPI or HDF5"
    exit 1
fi
programs=$(find "$scratch/tests" -maxdepth 1 -type f -name 'test_*' -perm -u+x)
for room in core backend samplers; do
    [[ $programs == *"/test_${room}_"* ]] ||
        { echo "room $room has no test program"; exit 1; }
done
for program in $programs; do
    if ldd "$program" | grep -iE 'libmpi|libmpich|hdf5|libopen-(rte|pal)'; then
        echo "the libraries above are linked into $(basename "$program")"
        exit 1
    fi
done

cd "$scratch"
ctest --output-on-failure -L fast -R '^(core|backend|samplers)/' -j2

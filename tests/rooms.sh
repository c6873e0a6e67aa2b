#!/bin/bash
# ctest: timeout 60
# The include rule: a file includes only its own room and rooms to the left; mpi.h only in
# comm/, hdf5.h only in io/, CUDA only in backend/*.cu and comm/nccl.c. Every header has its
# own guard or says that it has none. HDF5 never opens a file for writing. Each violation is
# named with file and line; the check is then shown to find planted ones.
set -u
source=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The order of the rooms has one home, the top CMakeLists.txt.
rooms=$(sed -nE 's/^ *(set\(|list\(APPEND )BENS_ROOMS ([a-z ]+)\).*/\2/p' \
    "$source/CMakeLists.txt" | tr '\n' ' ')

# check ROOT: violations in ROOT/src, one "FILE:LINE: TEXT" a line.
check() {
    local private files
    files=$(cd "$1" && find src -type f -name '*.c' -o -name '*.h' -o -name '*.cu' | sort)
    # Headers that show MPI or HDF5 are for their own room.
    private=$(cd "$1" &&
        grep -lE '^ *# *include *[<"](mpi|hdf5|hdf5_hl|nccl)\.h[>"]' $files |
        sed -n 's|^src/\(.*\.h\)$|\1|p' | tr '\n' ' ')
    (cd "$1" && awk -v rooms="$rooms" -v private="$private" '
        function violation(text) { printf "%s:%d: %s\n", FILENAME, FNR, text }
        function end_of_file() {
            if (header && !guarded)
                printf "%s:1: wanted the guard %s around the header\n", name, guard
        }
        BEGIN {
            n = split(rooms, list, " ")
            for (i = 1; i <= n; i++) place[list[i]] = i
            n = split(private, list, " ")
            for (i = 1; i <= n; i++) shows[list[i]] = 1
        }
        FNR == 1 {
            end_of_file()
            name = FILENAME
            split(name, part, "/")
            room = part[3] == "" ? "main" : part[2]
            own = room == "main" ? n_rooms() + 1 : place[room]
            if (own == 0) violation("room " room " is not in the list of CMakeLists.txt")
            guard = toupper(name)
            sub(/^SRC\//, "BENS_", guard)
            gsub(/[^A-Z0-9]/, "_", guard)
            header = name ~ /\.h$/
            guarded = asked = 0
        }
        # A registry is included again and again, and so is what says so.
        /^X\(/ || /No include guard/ { header = 0 }
        $1 == "#ifndef" && $2 == guard { asked = 1 }
        $1 == "#define" && $2 == guard && asked { guarded = 1 }
        /H5F_ACC_RDWR/ { violation("HDF5 opens no file for writing: it creates, we pwrite") }
        /^ *# *include/ {
            what = $0
            sub(/^ *# *include *[<"]/, "", what)
            sub(/[>"].*/, "", what)
            if (what == "mpi.h" && room != "comm") violation("mpi.h is for comm/ only")
            if (what ~ /^(hdf5|hdf5_hl|H5[A-Za-z]*)\.h$/ && room != "io")
                violation(what " is for io/ only")
            if (what == "nccl.h" && name != "src/comm/nccl.c")
                violation("nccl.h is for comm/nccl.c only")
            if (what ~ /^(cuda|cublas)/ && name !~ /^src\/backend\/.*\.cu$/ &&
                name != "src/comm/nccl.c")
                violation(what " is for backend/*.cu and comm/nccl.c only")
            if ($0 !~ /include *"/) next
            split(what, part, "/")
            if (part[1] == "bens") next # include/bens/plugin.h, which users see too
            if (part[2] == "" || !(part[1] in place))
                violation("wanted \"ROOM/FILE\" with a room of src/, found \"" what "\"")
            else if (place[part[1]] > own)
                violation("room " room " must not know " what ": its room is to the right")
            else if (what in shows && part[1] != room)
                violation(what " is for " part[1] "/ only: it includes the library itself")
        }
        END { end_of_file() }
        function n_rooms(  r, k) { k = 0; for (r in place) k++; return k }
        ' $files)
}

# plant FILE LINE TEXT WANTED: the text, put in at this line of a copy, must be found there.
plant() {
    local file=$1 line=$2 text=$3 wanted=$4 found
    rm -rf "$scratch/src"
    cp -r "$source/src" "$scratch/src"
    sed -i "${line}i $text" "$scratch/$file"
    found=$(check "$scratch")
    if [[ $found != "$file:$line: $wanted"* ]]; then
        echo "planted '$text' at $file:$line, wanted '$wanted', found: ${found:-nothing}"
        failed=1
    fi
}

failed=0
found=$(check "$source")
if [[ -n $found ]]; then
    echo "$found"
    exit 1
fi
plant src/core/status.c 3 '#include "comm/comm.h"' 'room core must not know comm/comm.h'
plant src/backend/backend.h 12 '#include "samplers/sampler.h"' 'room backend must not know'
plant src/comm/grid.c 2 '#  include "io/ini.h"' 'room comm must not know io/ini.h'
plant src/samplers/registry.c 2 '#include <mpi.h>' 'mpi.h is for comm/ only'
plant src/comm/grid.c 2 '#include <hdf5.h>' 'hdf5.h is for io/ only'
plant src/comm/grid.c 2 '#include <H5Dpublic.h>' 'H5Dpublic.h is for io/ only'
plant src/io/samples_put.c 9 'static unsigned mode = H5F_ACC_RDWR;' 'HDF5 opens no file'
plant src/core/params.c 1 '#include <cuda_runtime.h>' 'cuda_runtime.h is for backend'
plant src/comm/grid.c 2 '#include <nccl.h>' 'nccl.h is for comm/nccl.c only'
plant src/io/metrics.h 8 '#include "comm/wire.h"' 'comm/wire.h is for comm/ only'
plant src/core/status.c 3 '#include "text.h"' 'wanted "ROOM/FILE" with a room of src/'
plant src/main.c 1 '#include "kitchen/sink.h"' 'wanted "ROOM/FILE" with a room of src/'

rm -rf "$scratch/src"
cp -r "$source/src" "$scratch/src"
sed -i 's/BENS_COMM_GRID_H/BENS_GRID_H/' "$scratch/src/comm/grid.h"
found=$(check "$scratch")
if [[ $found != 'src/comm/grid.h:1: wanted the guard BENS_COMM_GRID_H'* ]]; then
    echo "planted a wrong guard in src/comm/grid.h, found: ${found:-nothing}"
    failed=1
fi
[[ $failed = 0 ]] && echo "rooms: $rooms; nothing to say, 13 planted violations found"
exit $failed

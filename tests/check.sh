#!/usr/bin/env bash
# ctest: timeout 120
# `bens check` accepts files that are whole, names what is wrong with others, and survives HDF5.
set -u
bens=$1/src/bens corpus=$2/tests/fuzz/corpus known=$2/tests/fuzz/known
. "$2/scripts/mpi.sh"
rm -rf work && mkdir work && cd work
failed=0

# check CODE TEXT ARGUMENTS...: the exit code, and a regular expression that a line must match.
check() {
    local code=$1 text=$2; shift 2
    timeout 60 "$bens" check "$@" >out 2>&1 </dev/null
    local got=$?
    [ $got = "$code" ] && grep -qE -- "$text" out && return
    echo "FAILED: bens check $*"
    echo "  wanted exit $code and /$text/; found exit $got and:"
    sed 's/^/  | /' out
    failed=$((failed + 1))
}
# Files of bens.
"$bens" train "$2/examples/gaussian.ini" --quiet --set run.output=run --set grid.chains=2 \
    --set chain.draws=500 --set chain.burn_in=10 >log 2>&1 || { cat log; exit 1; }
check 0 '^verdict +whole, and safe to open' run/samples.h5
check 0 'draws +1000 of 1000 are done: every checksum is right' run/samples.h5
check 0 'metrics +1000 draws were reported' run/samples.h5
[ ! -e run/checkpoint.h5 ] || check 0 'states +2 chains have one that is whole' run/checkpoint.h5

# One bit wrong, at 60 places: the parameters and the checksums of the draws are 16,000 bytes of
# the file, so that several of the places are there; some of the others do not matter.
size=$(stat -c %s run/samples.h5)
mkdir bits && found=0
for ((i = 1; i < 60; i++)); do
    cp run/samples.h5 bits/samples.h5
    at=$((size * i / 60))
    byte=$(od -An -tu1 -j$at -N1 bits/samples.h5)
    printf "\\x$(printf %x $((byte ^ 1)))" |
        dd of=bits/samples.h5 bs=1 seek=$at conv=notrunc status=none
    timeout 60 "$bens" check bits/samples.h5 >out 2>&1
    got=$?
    [ $got = 0 ] || [ $got = 4 ] || { echo "FAILED: bit at $at: exit $got"; failed=1; }
    grep -q '1 draws are damaged; the first: .* wanted the checksum' out && found=$((found + 1))
done
[ $found -ge 4 ] || { echo "FAILED: $found damaged draws were found"; failed=$((failed + 1)); }

cp -r run torn
head -c $((size - 4096)) run/samples.h5 >torn/samples.h5
check 4 'truncated|it was cut' torn/samples.h5
cp run/samples.h5 torn/samples.h5
sed -i 's/"draws":[0-9]*/"draws":501/' torn/metrics.jsonl
check 4 'reported 501 draws .* draws were lost' torn/samples.h5

# Files of others.
check 0 'filters +deflate or shuffle on 1 data sets' "$corpus/check/chunks.h5"
check 0 'verdict' "$corpus/check/texts.h5"
check 0 'verdict' "$corpus/check/old.h5"
check 4 'wanted hard links only, found (a soft|an external) link' "$corpus/check/links.h5"
check 4 'wanted numbers or texts in /c, found compounds' "$corpus/check/types.h5"
check 4 "virtual source 'samples.0000.h5': cannot open" "$corpus/check/virtual.h5"

# An index whose rectangles are there, and one that a link leads out of the folder.
mkdir index && cp "$corpus/samples/index.h5" index/samples.h5
cp "$corpus/samples/rectangle.h5" index/samples.0000.h5
cp "$corpus/rectangle/0001.h5" index/samples.0001.h5
check 0 'virtual .* over 2 files' index/samples.h5
check 0 'draws +10 of 12 are done' index/samples.h5
mv index/samples.0001.h5 away.h5 && ln -s ../away.h5 index/samples.0001.h5
check 4 "'samples.0001.h5' leads out" index/samples.h5
rm index/samples.0001.h5 && mkfifo index/samples.0001.h5
check 4 'no regular file' index/samples.h5

# HDF5 1.10.8 goes round in circles on this one; a later one may refuse it.
check 4 'more than 1 s of processor time|cannot read' "$known/heap_loop.h5" --seconds 1

check 4 'no regular file' .
check 4 'No such file' nothing.h5
check 4 'file signature not found' "$2/README.md"
check 2 'wanted one file, found 0'
check 2 'wanted one file, found 2' a b
check 2 'unknown flag' --fast a
check 2 'seconds: wanted' --seconds 0 a
[ $failed = 0 ]

#!/usr/bin/env bash
# ctest: timeout 300
# Plug-ins as a user meets them: the installed header under every compiler here, the two ways to
# build one, settings that reach create(), a density that is no number, and bad plug-ins: exit
# code 2 and one line each, on 1 and on 4 ranks.
set -u
build=$1 source=$2
bens=$build/src/bens plugins=$build/tests/plugins
. "$source/scripts/mpi.sh"
rm -rf work && mkdir work && cd work
failed=0 n=0
fail() { echo "FAILED: $1"; shift; sed 's/^/  | /' "$@"; failed=$((failed + 1)); }

# The header and the sources of plug-ins without a warning, from what was installed.
cmake --install "$build" --prefix "$PWD/prefix" >log || fail "cmake --install" log
warnings="-Wall -Wextra -Wpedantic -Wconversion -Werror"
compile() { # COMPILER SOURCE OUTPUT FLAGS...
    local compiler=$1 from=$2 to=$3; shift 3
    command -v "$compiler" >/dev/null ||
        { echo "SKIPPED $(basename "$from") by $compiler: there is none here"; return; }
    "$compiler" "$@" -O2 $warnings -shared -fPIC -I prefix/include "$from" -o "$to" -lm 2>err &&
        echo "compiled $(basename "$from") by $compiler $*" || fail "$compiler $from" err
}
example=$source/examples/plugins/eight_schools.c
compile gcc "$example" gcc.so -std=c99
compile gcc "$example" gcc.so -std=c17 -fvisibility=hidden
compile clang "$example" clang.so -std=c17
compile g++ "$source/tests/plugins/bare.cpp" cpp.so -std=c++11
compile g++ "$source/tests/plugins/bare.cpp" cpp.so -std=c++17 -fvisibility=hidden
compile clang++ "$source/tests/plugins/bare.cpp" clang_cpp.so -std=c++17

# train ARGUMENTS...: a short run of eight schools; the last of repeated settings counts.
schools=$source/examples/eight_schools.ini
train() {
    timeout 60 "$bens" train "$schools" --quiet --overwrite --set run.output="$PWD/run" \
        --set grid.chains=4 --set chain.burn_in=10 --set chain.draws=5 "$@" >out 2>err </dev/null
}
runs() { # WHAT ARGUMENTS...: must succeed without a word
    local what=$1; shift
    train "$@" && [ ! -s err ] || fail "$what: wanted a run without a word, found" out err
}

# A user's own project: the files of examples/plugins, somewhere else, and nothing of bens but
# the installed header.
mkdir project && cp "$source"/examples/plugins/{CMakeLists.txt,eight_schools.c} project
cmake -S project -B project/build -D CMAKE_PREFIX_PATH="$PWD/prefix" >log 2>&1 &&
    cmake --build project/build >>log 2>&1 || fail "the project of a user" log
runs "a plug-in built by CMake" --set model.path="$PWD/project/build/eight_schools.so"
for made in gcc clang; do
    [ -e $made.so ] && runs "a plug-in built by $made" --set model.path=$made.so
done
printf '[run]\noutput = run\n[model]\nname = plugin\npath = cpp.so\ndim = 5\n[sampler]\nname = baoa\nstep_size = 0.5\nalpha = 1\n[chain]\ndraws = 5\n' >cpp.ini
if [ -e cpp.so ]; then
    timeout 60 "$bens" train cpp.ini --quiet --overwrite >out 2>err </dev/null && [ ! -s err ] ||
        fail "a plug-in in C++" out err
fi

# Settings: those of the file and of --set reach create(), the later of two counts.
rows=(--set model.path="$plugins/rows.so" --set model.seen="$PWD/seen")
runs settings "${rows[@]}" --set model.some_key='two words' --set model.scale_tau=7
printf 'scale_tau=7\nseen=%s\nsome_key=two words\n' "$PWD/seen" >wanted
sort seen | cmp -s - wanted || fail "settings: wanted 'wanted', found 'seen'" wanted seen
grep -q '^some_key *= *two words' run/config.ini || fail "the run does not keep them" run/config.ini

# A density that is no number: the chains are flagged, whatever rank they are on.
for fault in nan_value minus_infinity nan_gradient inf_gradient nan_prior; do
    train --set model.path="$plugins/rows.so" --set model.fault=$fault
    [ $? = 0 ] && grep -q '4 of 4 chains diverged' err || fail "$fault: wanted 4 of 4 diverged" err
done

# refuse TEXT ARGUMENTS...: exit code 2 within 20 s and one line with TEXT, on 1 and 4 ranks.
refuse() {
    local text=$1 ranks; shift
    for ranks in 1 4; do
        n=$((n + 1))
        if [ $ranks = 1 ]; then timeout 20 "$bens" train "$@" >out 2>err </dev/null
        else timeout 20 $mpirun -n 4 "$bens" train "$@" >out 2>err </dev/null; fi
        local got=$? lines
        lines=$(grep -c '^bens train: ' err)
        [ $got = 2 ] && grep -qE -- "^bens train: .*$text" err && [ "$lines" = 1 ] ||
            fail "on $ranks ranks: $*: wanted exit 2 and one line with /$text/, found $got and" err
    done
    grep '^bens train: ' err
}
# bad NAME TEXT SETTINGS...: the example's run with a plug-in of the tests.
bad() {
    local name=$1 text=$2 set=(); shift 2
    for setting in "$@"; do set+=(--set "$setting"); done
    refuse "$text" "$schools" --set run.output="$PWD/bad" --set model.path="$plugins/$name" \
        "${set[@]}"
}
bad nothing.so "found no file to read at '.*nothing.so'"
bad ../CTestTestfile.cmake 'cannot be loaded: '
bad no_symbol.so "wanted the object 'bens_plugin_v1'"
bad other_abi.so 'wanted one of ABI 1, found 2'
bad other_size.so 'wanted a table of [0-9]+ bytes, found 8'
bad no_create.so 'wanted the function create'
bad no_log_lik.so 'wanted the function log_lik'
bad no_log_prior.so 'wanted the function log_prior'
bad no_output.so 'wanted the function output'
for fault in "twice:'a' is there twice" "name:'b c'" 'rank:rank from 0 to 4, found 5' \
    'zero:found 0 along axis 1' "huge:tensor 'c'" 'axis:the file does not need itself' \
    "output_name:another name.*found 'c'" "create:rows.so': the file of the user" \
    'silent:gave no reason' 'lines:one line and another'; do
    bad rows.so "${fault#*:}" "model.fault=${fault%%:*}"
done
bad rows.so 'wanted n_data from 0' model.n_data=-1
bad eight_schools.so "scale_tau: wanted a number > 0, found 'wide'" model.scale_tau=wide
bad eight_schools.so "wanted the key scale_tau, found 'scale_mu'" model.scale_mu=1
bad rows.so 'batch.*7.*found 8' data.batch=8
bad rows.so "data.*train|train.*data" data.train=x.csv
bad rows.so 'likelihood' likelihood.name=normal
bad rows.so 'prior' prior.name=normal
[ ! -e bad ] || fail "a run that was refused left its folder" <(ls bad)
sed '/^path/d' "$schools" >nopath.ini
refuse 'path' nopath.ini --set run.output="$PWD/bad"
echo "$n refusals tried, $failed failed"
[ $failed = 0 ]

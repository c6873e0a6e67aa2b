#!/usr/bin/env bash
# ctest: timeout 60
# The command line as a user meets it before any run: help, version, the list of settings, and
# what is said to a word that does not exist.
set -u
bens=$1/src/bens
failed=0

# try CODE OUT ERR ARGUMENTS...: the exit code, and a regular expression for each stream ("" wants
# an empty one).
try() {
    local code=$1 out=$2 err=$3; shift 3
    "$bens" "$@" >out 2>err </dev/null
    local got=$?
    if [ $got != "$code" ] || ! matches out "$out" || ! matches err "$err"; then
        echo "FAILED: bens $*: wanted exit $code, /$out/ and /$err/, found exit $got and:"
        sed 's/^/  out | /' out; sed 's/^/  err | /' err
        failed=$((failed + 1))
    fi
}
matches() { if [ -z "$2" ]; then [ ! -s "$1" ]; else grep -qE -- "$2" "$1"; fi; }

try 0 '^bens [0-9]+\.[0-9]+' '' --version
try 0 'bens train' '' --help
try 2 '' 'bens options'
try 2 '' "^bens: unknown command 'trian'; did you mean 'train'" trian
try 2 '' "^bens: unknown flag '--colour'" --colour
try 2 '' "^bens train: unknown flag '-x'" train --quiet -xyz a.ini
try 2 '' "^bens train: unknown flag '--quiet=3'" train --quiet=3 a.ini
try 2 '' "^bens train: '--set' wants a value" train a.ini --set
try 2 '' "^bens status: unknown flag '-x'" status -xyz
for command in train status diagnose predict index check options info; do
    try 0 "^usage: bens $command" '' $command --help
done

try 0 '^\[sampler\]' '' options
try 0 '^  step_size +required +a number > 0 ' '' options sampler
try 2 '' "^bens options: wanted a section .*did you mean 'sampler'" options smapler
try 2 '' '^bens options: wanted at most one section' options run grid
"$bens" options | awk 'length > 90 { bad = 1 } END { exit bad }' ||
    { echo "FAILED: a line of more than 90 columns"; failed=$((failed + 1)); }
if [ -e /dev/full ]; then
    "$bens" options >/dev/full 2>err
    [ $? = 4 ] && grep -q 'standard output' err ||
        { echo "FAILED: a full disk behind the standard output"; failed=$((failed + 1)); }
fi
[ $failed = 0 ]

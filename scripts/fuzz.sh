#!/usr/bin/env bash
# A long search with libFuzzer under the sanitizers: scripts/fuzz.sh TARGET SECONDS [FLAGS...]
# TARGET is a name of tests/fuzz/*.c. What is found new stays in build-fuzz/corpus/TARGET, what
# fails in build-fuzz/failed/TARGET. Flags are libFuzzer's, as -runs=10000000.
#
# Targets that read HDF5 do it in the process of the fuzzer, which then finds the errors of HDF5
# too. With -fork=1 the search goes on behind a failure, in processes of their own, and this ends with
# the places of all failures: in HDF5 or not, which function, and where bens called it. With
# FUZZ_APART=1 in the environment they read as bens does, in a process of its own first. Coverage
# does not reach there: tests/fuzz/driver.c mutates what was found before (-runs=, -seed=).
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 2 ] && [ -f "tests/fuzz/$1.c" ] && [ "$1" != driver ] || { sed -n '2,10p' "$0" >&2; exit 2; }
target=$1 seconds=$2; shift 2
build=$PWD/build-fuzz words=()
program=$build/tests/fuzz/fuzz_$target
failed=$build/failed/$target
mkdir -p "$build/corpus/$target" "$failed"
# Leaks are looked for once, at the end: looking after each execution takes longer than the execution.
export LSAN_OPTIONS=suppressions=$PWD/tests/fuzz/lsan.supp:print_suppressions=0
if [ -n "${FUZZ_APART:-}" ]; then
    cmake -S . -B "$build/apart" -DBENS_TESTS=ON -DBENS_SANITIZE=ON -DCMAKE_C_COMPILER=clang >"$build/log"
    cmake --build "$build/apart" --parallel "$(nproc)" --target "fuzz_$target" >>"$build/log"
    program=$build/apart/tests/fuzz/fuzz_$target
    if [ -n "$(ls "$failed")" ]; then "$program" "$failed"; fi
    exec nice -n 19 "$program" -max_total_time="$seconds" "$@" "tests/fuzz/corpus/$target" "$build/corpus/$target"
fi
cmake -S . -B "$build" -DBENS_TESTS=ON -DBENS_FUZZ=ON -DCMAKE_C_COMPILER=clang \
      -DCMAKE_BUILD_TYPE=RelWithDebInfo >"$build/log"
cmake --build "$build" --parallel "$(nproc)" --target "fuzz_$target" >>"$build/log"
[ ! -f "tests/fuzz/$target.dict" ] || words+=(-dict="tests/fuzz/$target.dict")
case " $* " in *" -fork="*) words+=(-ignore_crashes=1 -ignore_timeouts=1 -ignore_ooms=1) ;; esac
limits=(-timeout=10 -rss_limit_mb=4096 -detect_leaks=0)
touch "$build/start"
status=0
nice -n 19 "$program" -max_total_time="$seconds" "${limits[@]}" -print_final_stats=1 \
     -artifact_prefix="$failed/" ${words[@]+"${words[@]}"} "$@" \
     "$build/corpus/$target" "tests/fuzz/corpus/$target" || status=$?

# The innermost frames of HDF5 and of bens, of each input that failed.
place() {
    { "$program" "${limits[@]}" "$1" 2>&1 || true; } | awk '
        !/^ *#[0-9]+ 0x/ { next }
        /libhdf5/ && ours == "" && theirs == "" { theirs = $4 ~ /^H5/ ? $4 : "HDF5" }
        /\/src\// && ours == "" { ours = $4; sub(/.*\/src\//, "src/", $5); at = $5 }
        END {
            if (ours == "") print "not repeated"
            else printf "%s %s %s\n", theirs == "" ? "bens" : theirs, ours, at
        }'
}
mapfile -t inputs < <(find "$failed" -type f -newer "$build/start")
[ ${#inputs[@]} -gt 0 ] || exit "$status"
echo "${#inputs[@]} failed; where, how often:"
for input in "${inputs[@]}"; do place "$input"; done | sort | uniq -c | sort -rn
exit 1

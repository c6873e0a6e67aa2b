#!/usr/bin/env bash
# A long search with libFuzzer under the sanitizers: scripts/fuzz.sh TARGET SECONDS [FLAGS...]
# TARGET is a name of tests/fuzz/*.c. What is found new stays in build-fuzz/corpus/TARGET, what
# fails in build-fuzz/failed/TARGET-*. Flags are libFuzzer's, as -runs=10000000.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 2 ] && [ -f "tests/fuzz/$1.c" ] && [ "$1" != driver ] || { sed -n '2,4p' "$0" >&2; exit 2; }
target=$1 seconds=$2; shift 2
build=$PWD/build-fuzz words=()
mkdir -p "$build/corpus/$target" "$build/failed"
cmake -S . -B "$build" -DBENS_TESTS=ON -DBENS_FUZZ=ON -DCMAKE_C_COMPILER=clang \
      -DCMAKE_BUILD_TYPE=RelWithDebInfo >"$build/log"
cmake --build "$build" --parallel "$(nproc)" --target "fuzz_$target" >>"$build/log"
[ ! -f "tests/fuzz/$target.dict" ] || words=(-dict="tests/fuzz/$target.dict")
# Leaks are looked for once, at the end: looking after each execution takes longer than the execution.
export LSAN_OPTIONS=suppressions=$PWD/tests/fuzz/lsan.supp:print_suppressions=0
exec nice -n 19 "$build/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=10 -detect_leaks=0 \
     -rss_limit_mb=4096 -print_final_stats=1 -artifact_prefix="$build/failed/$target-" \
     ${words[@]+"${words[@]}"} "$@" "$build/corpus/$target" "tests/fuzz/corpus/$target"

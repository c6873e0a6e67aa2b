#!/usr/bin/env bash
# ctest: timeout 60
# `bens train --dry-run` says what a run would do and what would stop it, and writes nothing;
# `bens info` says what a job gets.
set -u
bens=$1/src/bens pima=$2/examples/pima.ini wells=$2/examples/double_well.ini
. "$2/scripts/mpi.sh"
rm -rf work && mkdir work && cd work
failed=0

# dry RANKS CODE TEXT ARGUMENTS...: the exit code, a regular expression that one line of the
# output must match, and no file.
dry() {
    local ranks=$1 code=$2 text=$3; shift 3
    timeout 20 $mpirun -n "$ranks" "$bens" train "$@" --dry-run --set run.output=run \
        >../out 2>../err </dev/null
    local got=$?
    if [ $got != "$code" ] || ! cat ../out ../err | grep -qE -- "$text" || [ -e run/config.ini ]; then
        echo "FAILED on $ranks ranks: bens train $* --dry-run"
        echo "  wanted exit $code, /$text/ and no run; found exit $got and:"
        sed 's/^/  | /' ../out ../err
        failed=$((failed + 1))
    fi
}

# The largest curvature at weight 0 is .524 (the largest eigenvalue of X^T X / 4 N, and 1 / N), so
# baoa is stable up to 2 / sqrt(.524) = 2.76.
for ranks in 1 4; do
    dry $ranks 0 'largest stable one is 2\.76 .*curvature 0\.524\)$' "$pima"
    dry $ranks 0 'TOO LARGE' "$pima" --set sampler.step_size=3
done
dry 4 0 'chains +3 \(numbers 5 to 7\), 2 ranks each, on 4 ranks' "$pima" --set grid.shards=2 \
    --set grid.chains=3 --set grid.first_chain=5
dry 4 0 'largest stable one is 2\.76' "$pima" --set grid.shards=4 --set data.batch=32
dry 1 0 'time +about .* steps/s' "$pima"
dry 1 0 'time +not known: the first chain diverges' "$wells" --set sampler.step_size=1
dry 2 4 'the run needs .*, which has .* free' "$pima" --set chain.draws=1000000000000
[ ! -e run ] || { echo "FAILED: a dry run made the folder"; failed=$((failed + 1)); }
mkdir run && touch run/notes.txt
dry 2 2 "holds 'notes.txt' and no run" "$pima"

# A run that is there, made larger: only what is new is counted, and nothing happens to it.
rm -r run && $mpirun -n 1 "$bens" train "$pima" --quiet --set run.output=made \
    --set grid.chains=2 --set chain.draws=20 >../out 2>../err && mv made run
before=$(ls -lR run)
for more in 20 30; do
    timeout 20 $mpirun -n 2 "$bens" train "$pima" --dry-run --resume auto --set run.output=run \
        --set chain.draws=$more >../out 2>../err </dev/null && grep -q 'nothing was written' ../out &&
        [ ! -s ../err ] && [ "$before" = "$(ls -lR run)" ] ||
        { echo "FAILED: a dry run of $more draws over 20"; cat ../out ../err; failed=$((failed + 1)); }
done

$mpirun -n 3 "$bens" info . >out 2>&1 && grep -qE '^ranks +3 on 1 node: .*\(3\)$' out &&
    grep -qE '^folder +\.: .* free' out && grep -qE '^compiler .*-ffp-contract=off' out ||
    { echo "FAILED: bens info:"; cat out; failed=$((failed + 1)); }
[ $failed = 0 ]

#!/usr/bin/env bash
# ctest: timeout 300
# Whatever a user gets wrong: one line that says what was wanted and found, the documented exit
# code, no hang on 4 ranks, nothing lost.
set -u
build=$1 source=$2
bens=$build/src/bens
. "$source/scripts/mpi.sh"
rm -rf work && mkdir work && cd work
failed=0 n=0

# refuse CODE TEXT ARGUMENTS...: `bens train ARGUMENTS` must exit with CODE within 20 s and print
# exactly one line of its own, with TEXT (a regular expression), on 1 and on 4 ranks.
refuse() {
    local code=$1 text=$2 ranks; shift 2
    for ranks in 1 4; do
        n=$((n + 1))
        if [ $ranks = 1 ]; then timeout 20 "$bens" train "$@" >out 2>err </dev/null
        else timeout 20 $mpirun -n 4 "$bens" train "$@" >out 2>err </dev/null; fi
        local got=$? lines
        lines=$(grep '^bens train: ' err | grep -vc ': warning: ')
        if [ $got != "$code" ] || ! grep -qE -- "$text" err || [ "$lines" != 1 ]; then
            echo "FAILED on $ranks ranks: bens train $*"
            echo "  wanted exit $code and one line with /$text/; found exit $got and:"
            sed 's/^/  | /' err
            failed=$((failed + 1))
        fi
    done
}
show() { grep '^bens train: ' err; }

pima=$source/examples/pima.ini
good=(--set run.output="$PWD/run" --set chain.burn_in=5 --set chain.draws=4)
csv() { printf "$1" >data.csv; }
with_data=(--set data.train="$PWD/data.csv")

refuse 2 "nothing.ini': wanted a file of settings, found no such file" nothing.ini; show
refuse 2 'wanted one INI file' ; show
refuse 2 "unknown flag '--colour'" "$pima" --colour; show
: >empty.ini; refuse 2 'output' empty.ini; show
printf '[run]\noutput = x\n[modle]\nname = logistic\n' >a.ini; refuse 2 'a.ini:3: .*modle.*model' a.ini; show
printf '[run]\noutput = x\nsede = 3\n' >a.ini; refuse 2 'a.ini:3: .*sede.*seed' a.ini; show
refuse 2 'sampler.*baao.*baoa' "$pima" "${good[@]}" --set sampler.name=baao; show
refuse 2 'model.*logisitc.*logistic' "$pima" "${good[@]}" --set model.name=logisitc; show
refuse 2 "step_size: wanted .*> 0, found '0'" "$pima" "${good[@]}" --set sampler.step_size=0; show
refuse 2 "step_size: .*found '-1'" "$pima" "${good[@]}" --set sampler.step_size=-1; show
refuse 2 "step_size: .*found 'nan'" "$pima" "${good[@]}" --set sampler.step_size=nan; show
refuse 2 "chains: wanted .*found '0'" "$pima" "${good[@]}" --set grid.chains=0; show
refuse 2 'shards' "$pima" "${good[@]}" --set grid.shards=3; show
refuse 2 "draws" "$pima" "${good[@]}" --set chain.thin=0; show
refuse 2 "batch: wanted at most .*768.*found 1000" "$pima" "${good[@]}" --set data.batch=1000; show
refuse 2 "cuda.*built without" "$pima" "${good[@]}" --set run.backend=cuda; show

refuse 2 'nofile.csv' "$pima" "${good[@]}" --set data.train="$PWD/nofile.csv"; show
csv ''; refuse 2 'data.csv.*empty' "$pima" "${good[@]}" "${with_data[@]}"; show
csv 'a,b,class\n'; refuse 2 'data.csv.*(row|header)' "$pima" "${good[@]}" "${with_data[@]}"; show
csv 'a,b,class\n1,2,0\n1,2\n3,4,1\n'; refuse 2 'data.csv:3.*3.*2' "$pima" "${good[@]}" "${with_data[@]}"; show
csv 'a,b,class\n1,2,0\n1,tall,1\n'; refuse 2 "data.csv:3.*'b'.*tall" "$pima" "${good[@]}" "${with_data[@]}"; show
csv 'a,b,class\n1,2,0\n,3,1\n'; refuse 2 "data.csv:3.*'a'.*missing|data.csv:3.*missing.*'a'" "$pima" "${good[@]}" "${with_data[@]}"; show
csv 'a,b,class\n1,2,0\n2,nan,1\n'; refuse 2 "data.csv:3.*'b'" "$pima" "${good[@]}" "${with_data[@]}"; show
csv 'a,b,class\n1,2,1\n2,3,1\n'; refuse 2 "one class" "$pima" "${good[@]}" "${with_data[@]}"; show
csv 'a,b,class\n1,2,1\n2,3,0\n4,5,2\n'; refuse 2 "two classes|2 classes" "$pima" "${good[@]}" "${with_data[@]}"; show
csv 'a,b,class\n1,2,1\n2,3,0\n'; refuse 2 "clas.*class|target" "$pima" "${good[@]}" "${with_data[@]}" --set data.target=clas; show

# An output folder that holds something is refused; --overwrite removes a run's files only.
"$bens" train "$pima" "${good[@]}" --quiet </dev/null || failed=$((failed + 1))
refuse 2 'overwrite' "$pima" "${good[@]}"; show
touch run/notes.txt
"$bens" train "$pima" "${good[@]}" --quiet --overwrite </dev/null || { echo FAILED: --overwrite; failed=$((failed + 1)); }
[ -e run/notes.txt ] || { echo "FAILED: --overwrite removed a file that is not the run's"; failed=$((failed + 1)); }
touch file; refuse 4 'file' "$pima" --set run.output="$PWD/file/run"; show
if [ "$(id -u)" != 0 ]; then
    mkdir -p closed && chmod 555 closed
    refuse 4 'closed' "$pima" --set run.output="$PWD/closed/run"; show
fi

# A chain that diverges is flagged; the others go on; strict turns it into exit 3.
printf '[run]\noutput = wells\n[model]\nname = double_well\n[sampler]\nstep_size = .55\nalpha = 1\n[chain]\nburn_in = 2000\ndraws = 5\n[grid]\nchains = 8\n' >wells.ini
timeout 20 $mpirun -n 4 "$bens" train wells.ini >out 2>err </dev/null
got=$?
grep -q '[1-7] of 8 chains diverged' err && [ $got = 0 ] || { echo "FAILED: diverging chains: exit $got"; cat err; failed=$((failed + 1)); }
refuse 3 'diverged' wells.ini --overwrite --set run.strict=true; show

# A step that is too large for the data but never overflows: the thermometers see it.
hot=(--set run.output="$PWD/hot" --overwrite --set sampler.step_size=6 --set chain.draws=200)
timeout 20 "$bens" train "$pima" "${hot[@]}" >out 2>err </dev/null
got=$?
n=$((n + 1))
grep -q 'configurational temperature is .* where 1 was asked for' err && [ $got = 0 ] ||
    { echo "FAILED: a step too large: exit $got"; cat err; failed=$((failed + 1)); }
refuse 3 'not to be trusted' "$pima" "${hot[@]}" --set run.strict=true; show
timeout 20 "$bens" train "$pima" --overwrite --set run.output="$PWD/hot" >out 2>err </dev/null
[ -s err ] && { echo "FAILED: a warning about a good run"; cat err; failed=$((failed + 1)); }

# A run that is going on keeps its folder, also from --overwrite.
"$bens" train "$pima" --quiet --set run.output="$PWD/busy" --set chain.thin=10000 </dev/null &
busy=$!
while [ ! -e busy/config.ini ]; do sleep 0.1; done
refuse 2 'a run is going on in the folder' "$pima" --overwrite --set run.output="$PWD/busy"; show
kill $busy
wait $busy 2>/dev/null
timeout 20 "$bens" train "$pima" --overwrite --quiet --set run.output="$PWD/busy" </dev/null ||
    { echo "FAILED: the folder of a killed run stays locked"; failed=$((failed + 1)); }

# A folder that is not writable, as a user who is not root.
mkdir -p closed && chmod 555 closed
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    chmod 755 .
    setpriv --reuid=65534 --regid=65534 --clear-groups "$bens" train "$pima" \
        --set run.output="$PWD/closed/run" >out 2>err </dev/null
    got=$?
    n=$((n + 1))
    grep -q "cannot write in the folder .*closed" err && [ $got = 4 ] ||
        { grep -q 'ermission denied' err && ! grep -q closed err &&
              echo "SKIPPED the folder that is not writable: another user cannot come here" ||
              { echo "FAILED: not writable: exit $got"; cat err; failed=$((failed + 1)); }; }
    show
fi

# A full disk: a small tmpfs, where this user may mount one.
mkdir -p small
if mount -t tmpfs -o size=256k none small 2>/dev/null; then
    refuse 4 'small.*(free|space)' "$pima" --set run.output="$PWD/small/run" --set chain.burn_in=1; show
    [ -z "$(find small -name '*.h5*')" ] || { echo "FAILED: files left on the full disk"; failed=$((failed + 1)); }
    umount small
else
    echo "SKIPPED the full disk: no right to mount a tmpfs here"
fi
# A second prior by weight decay: not refused, but said.
two_priors() {
    local wanted=$1; shift
    n=$((n + 1))
    timeout 20 "$bens" train "$pima" --overwrite --quiet --set run.output="$PWD/decay" \
        --set sampler.name=adamw --set sampler.temperature=0 --set sampler.alpha= \
        --set sampler.step_size=0.01 "$@" >out 2>err </dev/null
    [ "$(grep -c 'weight_decay = .* acts beside the prior of tensor' err)" = "$wanted" ] ||
        { echo "FAILED: weight decay, $*: wanted $wanted warning"; cat err; failed=$((failed + 1)); }
}
two_priors 0 --set sampler.weight_decay=0
two_priors 1 --set sampler.weight_decay=0.01
two_priors 0 --set sampler.weight_decay=0.01 --set prior.name=flat

echo "$n refusals tried, $failed failed"
[ $failed = 0 ]

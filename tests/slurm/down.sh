#!/usr/bin/env bash
# Ends the Slurm that up.sh started in FOLDER, and nothing else. The folder stays.
#   tests/slurm/down.sh FOLDER
set -euo pipefail
[ $# = 1 ] && [ -e "$1/slurm.conf" ] || { sed -n '2,3p' "$0" >&2; exit 2; }
folder=$(cd "$1" && pwd)
export SLURM_CONF=$folder/slurm.conf

# ours NAME: the processes of that name that were started with this slurm.conf; a number in a
# file could be another's by now.
ours() {
    local pid
    for pid in $(pgrep -x "$1" || true); do
        tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | grep -qxF "SLURM_CONF=$SLURM_CONF" &&
            echo "$pid"
    done || true
}
alive() { for name in slurmstepd slurmd slurmctld munged; do ours $name; done; }

# The jobs first: their processes end with the slurmstepd that watches them.
if [ -n "$(ours slurmctld)" ]; then
    scancel --state=PENDING --user="$(id -un)" 2>/dev/null || true
    scancel --user="$(id -un)" 2>/dev/null || true
    for _ in {1..100}; do [ -z "$(squeue -h 2>/dev/null)" ] && break; sleep 0.1; done
fi
for signal in TERM KILL; do
    kill -$signal $(alive) 2>/dev/null || true
    for _ in {1..50}; do [ -z "$(alive)" ] && exit 0; sleep 0.1; done
done
echo "down.sh: these do not end: $(alive | tr '\n' ' ')" >&2
exit 1

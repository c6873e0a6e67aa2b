#!/usr/bin/env bash
# Starts a Slurm of its own on this machine: slurmctld and four nodes n0 to n3 of 4 cores and 2
# pretended GPUs, on free ports of the loopback, with all of their files in FOLDER.
#   tests/slurm/up.sh FOLDER      FOLDER is made; a short path, as sockets are in it
#   . FOLDER/environment          then sinfo, sbatch, srun mean this Slurm
#   tests/slurm/down.sh FOLDER
# Exit code 77: something is not installed, and it says what.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# = 1 ] || { sed -n '2,7p' "$0" >&2; exit 2; }
PATH=$PATH:/usr/sbin:/sbin
for program in slurmctld slurmd munged sbatch srun; do
    command -v $program >/dev/null ||
        { echo "SKIPPED: no $program here (Debian: apt-get install slurm-wlm libpmix2)"; exit 77; }
done

mkdir -m 700 "$1"
folder=$(cd "$1" && pwd) host=$(hostname -s)
mkdir "$folder"/{state,log,spool.n{0..3},tmp.n{0..3}}
# Free ports: the kernel's choice, all of them taken at the same time.
read -r controller ports < <(python3 -c '
import socket
sockets = [socket.socket() for _ in range(5)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))')
conf=$folder/slurm.conf
sed "s|@FOLDER@|$folder|; s|@HOST@|$host|; s|@PORT@|$controller|; s|@USER@|$(id -un)|" \
    "$here/slurm.conf.in" >"$conf"
node=0
for port in $ports; do
    echo "NodeName=n$node NodeHostname=$host NodeAddr=127.0.0.1 Port=$port CPUs=4" \
         "RealMemory=64000 Gres=gpu:2" >>"$conf"
    node=$((node + 1))
done
# Devices that every machine has, and that nothing here opens.
echo 'NodeName=n[0-3] Name=gpu File=/dev/tty[0-1]' >"$folder/gres.conf"
echo 'CgroupAutomount=no' >"$folder/cgroup.conf"

# Open MPI takes ranks of one host name for neighbours in shared memory; these nodes have none.
# They have fewer cores than they say, so a rank that waits must not keep one.
cat >"$folder/environment" <<END
export SLURM_CONF=$conf
export OMPI_MCA_btl=self,tcp OMPI_MCA_btl_tcp_if_include=lo OPENBLAS_NUM_THREADS=1
export OMPI_MCA_mpi_yield_when_idle=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
END
. "$folder/environment"
srun --mpi=list 2>&1 | grep -q pmix ||
    { echo "SKIPPED: this srun knows no PMIx (Debian: apt-get install libpmix2)"; exit 77; }

failed() {
    "$here/down.sh" "$folder" || true
    echo "up.sh: $1" >&2; cat "$folder"/log/* >&2
    exit 1
}
head -c 1024 /dev/urandom >"$folder/munge.key"
chmod 600 "$folder/munge.key"
munged --force --num-threads=2 --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
    --pid-file="$folder/munged.pid" --log-file="$folder/log/munged" \
    --seed-file="$folder/munge.seed" 2>"$folder/log/munged.start" || failed "munged did not start"
slurmctld -c || failed "slurmctld did not start"
for node in n0 n1 n2 n3; do slurmd -c -N $node || failed "slurmd of $node did not start"; done
for _ in {1..100}; do
    [ "$(sinfo -h -t idle -o %D 2>/dev/null)" = 4 ] && exit 0
    sleep 0.1
done
failed "four idle nodes did not come within 10 s"

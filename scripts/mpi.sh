# What mpirun needs here, sourced: $mpirun runs N ranks as `$mpirun -n N PROGRAM`. The tests
# say by BENS_MPIRUN which one belongs to the MPI that bens was built with.
mpirun=${BENS_MPIRUN:-mpirun --oversubscribe}
if [ "$(id -u)" = 0 ]; then # Open MPI wants to be asked twice
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
# Containers forbid the system call by which Open MPI copies between processes: it would say so
# for every message.
export OMPI_MCA_btl_vader_single_copy_mechanism=none
export OPENBLAS_NUM_THREADS=1 # bens uses one; the others would only be started

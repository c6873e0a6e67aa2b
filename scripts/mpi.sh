# What mpirun needs here, sourced: $mpirun runs N ranks as `$mpirun -n N PROGRAM`.
mpirun="mpirun --oversubscribe"
if [ "$(id -u)" = 0 ]; then # Open MPI wants to be asked twice
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

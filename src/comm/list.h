/* The registry of all-reduces: one line each. */
X(none)
X(mpi)

/* provenance.h - where and with what a run was made: kept in its files. */
#ifndef BENS_RUN_PROVENANCE_H
#define BENS_RUN_PROVENANCE_H

#include "backend/backend.h"
#include "comm/comm.h"

/* Collective. Texts by malloc, the same on all ranks:
 *   hosts        one line a rank: "0 node17"
 *   build        version, compiler, flags, backend, MPI, HDF5
 *   environment  SLURM_*, OMP_*, OMPI_MCA_*, BENS_* of rank 0 (but no key), one
 *                "NAME=value" a line */
bens_status bens_provenance_gather(bens_comm *world, const bens_backend *be,
                                   const char *version, char **hosts, char **build,
                                   char **environment);

#endif

#include "run/provenance.h"

#include "io/samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/* Local. One line a rank from the texts of all ranks, each ended by a 0 byte. */
static bens_status join_hosts(const char *names, int n, char **out)
{
    size_t size = 1;
    const char *name = names;
    for (int i = 0; i < n; i++, name += strlen(name) + 1) size += strlen(name) + 16;
    char *text;
    BENS_TRY(bens_alloc(size, 1, &text));
    char *end = text;
    name = names;
    for (int i = 0; i < n; i++, name += strlen(name) + 1)
        end += snprintf(end, size - (size_t)(end - text), "%d %s\n", i, name);
    *out = text;
    return BENS_OK;
}

/* Collective. */
static bens_status gather_hosts(bens_comm *world, char **hosts)
{
    char name[256] = "unknown", *names = NULL;
    size_t size = 0;
    gethostname(name, sizeof name - 1);
    bens_status s = bens_comm_gather_text(world, name, &names, BENS_OK);
    if (s == BENS_OK && bens_comm_rank(world) == 0) {
        s = join_hosts(names, bens_comm_size(world), hosts);
        if (s == BENS_OK) size = strlen(*hosts);
    }
    free(names);
    return bens_comm_broadcast(world, 0, hosts, &size, s);
}

/* Passwords and keys stay out of files that are given away, and so does what mpirun tells
 * its ranks (orte_: addresses, a key of the job). */
static bool is_kept(const char *variable)
{
    static const char *const kept[] = {"SLURM_", "OMP_", "OMPI_MCA_", "BENS_"};
    static const char *const secret[] = {"SLURM_JWT", "OMPI_MCA_orte_"};
    bool keep = false;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        keep = keep || strncmp(variable, kept[i], strlen(kept[i])) == 0;
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
        keep = keep && strncmp(variable, secret[i], strlen(secret[i])) != 0;
    return keep;
}

/* Local. */
static bens_status list_environment(char **out)
{
    size_t size = 1;
    for (char **v = environ; *v != NULL; v++)
        if (is_kept(*v)) size += strlen(*v) + 1;
    char *text;
    BENS_TRY(bens_alloc(size, 1, &text));
    char *end = text;
    for (char **v = environ; *v != NULL; v++)
        if (is_kept(*v)) end += snprintf(end, size - (size_t)(end - text), "%s\n", *v);
    *out = text;
    return BENS_OK;
}

/* Local. */
static bens_status describe_build(const bens_backend *be, const char *version, char **out)
{
    enum { SIZE = 4096 };
    char backend[256], mpi[512], hdf5[256];
    be->describe(backend, sizeof backend);
    bens_comm_describe(mpi, sizeof mpi);
    bens_samples_describe(hdf5, sizeof hdf5);
    char *text;
    BENS_TRY(bens_alloc(SIZE, 1, &text));
    snprintf(text, SIZE, "bens %s\ncompiler %s\nbackend %s\nmpi %s\nhdf5 %s\n", version,
             BENS_COMPILER, backend, mpi, hdf5);
    *out = text;
    return BENS_OK;
}

bens_status bens_provenance_gather(bens_comm *world, const bens_backend *be,
                                   const char *version, char **hosts, char **build,
                                   char **environment)
{
    size_t n_build = 0, n_environment = 0;
    bens_status s = gather_hosts(world, hosts);
    if (s != BENS_OK) return s;
    if (bens_comm_rank(world) == 0) {
        s = describe_build(be, version, build);
        if (s == BENS_OK) s = list_environment(environment);
        n_build = *build != NULL ? strlen(*build) : 0;
        n_environment = *environment != NULL ? strlen(*environment) : 0;
    }
    BENS_TRY(bens_comm_broadcast(world, 0, build, &n_build, s));
    return bens_comm_broadcast(world, 0, environment, &n_environment, BENS_OK);
}

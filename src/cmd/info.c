/* bens info: what this program is, and what it runs on. The first thing to read when
 * something is slow or strange, and what belongs into a report about it. */
#include "cmd/cmd.h"
#include "comm/comm.h"
#include "core/text.h"
#include "io/folder.h"
#include "run/provenance.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void put(const char *name, const char *text)
{
    printf("%-10s %s\n", name, text);
}

/* The lines "name text" of the provenance, in columns. */
static void put_build(char *build)
{
    for (char *line = build, *next; *line != '\0'; line = next) {
        next = line + strcspn(line, "\n");
        if (*next != '\0') *next++ = '\0';
        char *text = line + strcspn(line, " ");
        if (*text != '\0') *text++ = '\0';
        put(line, text);
    }
}

static const char *next_host(const char *line)
{
    line += strcspn(line, "\n");
    return *line == '\0' ? line : line + 1;
}

static bool same_host(const char *a, const char *b)
{
    a += strcspn(a, " ");
    b += strcspn(b, " ");
    const size_t n = strcspn(a, "\n");
    return n == strcspn(b, "\n") && strncmp(a, b, n) == 0;
}

/* Ranks on the host of this line, or 0 if an earlier line has named it already. */
static int ranks_of(const char *hosts, const char *line)
{
    int n = 0;
    for (const char *other = hosts; *other != '\0'; other = next_host(other)) {
        if (!same_host(other, line)) continue;
        if (other < line) return 0;
        n++;
    }
    return n;
}

/* hosts: one line a rank, "0 node17". */
static void put_ranks(const char *hosts, int n_ranks)
{
    int n_nodes = 0;
    for (const char *line = hosts; *line != '\0'; line = next_host(line))
        n_nodes += ranks_of(hosts, line) > 0;
    printf("%-10s %d on %d %s:", "ranks", n_ranks, n_nodes,
           n_nodes == 1 ? "node" : "nodes");
    for (const char *line = hosts; *line != '\0'; line = next_host(line)) {
        const int n = ranks_of(hosts, line);
        const char *name = line + strcspn(line, " ");
        if (n > 0)
            printf("%s%.*s (%d)", line == hosts ? "" : ",", (int)strcspn(name, "\n"),
                   name, n);
    }
    putchar('\n');
}

static void put_threads(void)
{
    const int n = omp_get_num_procs();
    printf("%-10s rank 0 may use %d processor%s; [run] threads = 1 to %d\n", "threads", n,
           n == 1 ? "" : "s", n);
}

static void put_folder(const char *path)
{
    char text[512], space[64];
    uint64_t bytes = 0;
    bens_folder_describe(path, text, sizeof text);
    if (bens_folder_free(path, &bytes) == BENS_OK) {
        bens_text_bytes((double)bytes, space, sizeof space);
        printf("%-10s %s: %s free, %s\n", "folder", path, space, text);
    } else
        printf("%-10s %s: %s\n", "folder", path, text);
}

/* Collective. */
static bens_status show(bens_comm *world, const char *folder, bens_status mine)
{
    const bens_backend *be = bens_backend_find("cpu");
    char *hosts = NULL, *build = NULL, *environment = NULL;
    if (mine == BENS_OK) mine = be->start(1);
    BENS_TRY(bens_comm_agree(world, mine));
    const bens_status s =
        bens_provenance_gather(world, be, BENS_VERSION, &hosts, &build, &environment);
    if (s == BENS_OK && bens_comm_rank(world) == 0) {
        put_build(build);
        put_ranks(hosts, bens_comm_size(world));
        put_threads();
        put("gpu",
            bens_backend_find("cuda") == NULL ? "built without CUDA" : "built with CUDA");
        put_folder(folder);
    }
    free(hosts);
    free(build);
    free(environment);
    return s;
}

/* argv[0] is the command's name. */
static bens_status parse(int argc, char **argv, const char **folder)
{
    *folder = argc > 1 ? argv[1] : ".";
    if (argc > 2)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "wanted at most one folder, found %d; see bens info --help", argc - 1);
    if (**folder != '-' && access(*folder, F_OK) != 0)
        BENS_FAIL(BENS_ERR_CONFIG, "wanted a folder, found nothing at '%s'", *folder);
    if (**folder == '-')
        BENS_FAIL(BENS_ERR_CONFIG, "unknown flag '%s'; see bens info --help", *folder);
    return BENS_OK;
}

static bens_status run(int argc, char **argv)
{
    bens_comm *world;
    const char *folder;
    BENS_TRY(bens_comm_start(&argc, &argv, &world));
    const bens_status mine = parse(argc, argv, &folder);
    const bens_status s = show(world, folder, mine);
    if (bens_comm_rank(world) != 0) bens_error_set(s, "%s", ""); /* rank 0 has said it */
    bens_comm_stop(world);
    return s;
}

const bens_command bens_command_info = {
    .name = "info",
    .arguments = "[FOLDER]",
    .doc = "versions, ranks and their hosts, threads, GPUs, file-system hints",
    .help = "FOLDER is where runs are to be written (default: the working folder). The\n"
            "last line tells its file system, the free space and, where it is a\n"
            "parallel one, how to set it up.\n"
            "\n"
            "Started by itself it speaks of one rank. To see what a job will get,\n"
            "start it as the job:\n"
            "\n"
            "    mpirun -n 64 bens info /scratch/me\n",
    .run = run,
};

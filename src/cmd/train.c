/* bens train: from an INI file to draws on disk. */
#include "cmd/cmd.h"
#include "comm/comm.h"
#include "run/stop.h"
#include "run/train.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The command line as one text. */
static bens_status join(int argc, char **argv, char **out)
{
    size_t size = sizeof "bens train";
    for (int i = 1; i < argc; i++) size += strlen(argv[i]) + 1;
    BENS_TRY(bens_alloc(size, 1, out));
    strcpy(*out, "bens train");
    for (int i = 1; i < argc; i++) {
        strcat(*out, " ");
        strcat(*out, argv[i]);
    }
    return BENS_OK;
}

static bens_status read_resume(const char *text, bens_resume_choice *out)
{
    static const char *const names[] = {[BENS_RESUME_NEVER] = "never",
                                        [BENS_RESUME_AUTO] = "auto",
                                        [BENS_RESUME_MUST] = "must"};
    for (int i = 0; i < 3; i++)
        if (strcmp(text, names[i]) == 0) {
            *out = (bens_resume_choice)i;
            return BENS_OK;
        }
    BENS_FAIL(BENS_ERR_CONFIG, "--resume: wanted auto, never or must, found '%s'", text);
}

static bens_status parse(int argc, char **argv, const char **set,
                         bens_train_request *request)
{
    enum { SET = BENS_FIRST_FLAG, OVERWRITE, DRY_RUN, QUIET, RESUME };
    static const struct option flags[] = {{"set", required_argument, NULL, SET},
                                          {"overwrite", no_argument, NULL, OVERWRITE},
                                          {"dry-run", no_argument, NULL, DRY_RUN},
                                          {"quiet", no_argument, NULL, QUIET},
                                          {"resume", required_argument, NULL, RESUME},
                                          {NULL, 0, NULL, 0}};
    int flag;
    opterr = 0;
    optind = 1;
    while ((flag = getopt_long(argc, argv, ":", flags, NULL)) != -1) {
        if (flag == SET)
            set[request->n_set++] = optarg;
        else if (flag == OVERWRITE)
            request->overwrite = true;
        else if (flag == DRY_RUN)
            request->dry_run = true;
        else if (flag == QUIET)
            request->quiet = true;
        else if (flag == RESUME)
            BENS_TRY(read_resume(optarg, &request->resume));
        else if (flag == ':')
            BENS_FAIL(BENS_ERR_CONFIG,
                      "'%s' wants a value, as in --set chain.draws=100 or --resume auto",
                      argv[optind - 1]);
        else
            return bens_command_refuse_flag("train", argv);
    }
    if (optind + 1 != argc)
        BENS_FAIL(BENS_ERR_CONFIG, "wanted one INI file, found %d; see bens train --help",
                  argc - optind);
    if (request->overwrite && request->resume != BENS_RESUME_NEVER)
        BENS_FAIL(BENS_ERR_CONFIG, "wanted --overwrite or --resume, found both: the "
                                   "one removes what the other goes on with");
    request->config = argv[optind];
    request->set = set;
    return BENS_OK;
}

static bens_status run(int argc, char **argv)
{
    bens_comm *world;
    bens_stop_watch();
    BENS_TRY(bens_comm_start(&argc, &argv, &world));
    bens_train_request request = {.version = BENS_VERSION};
    const char **set = NULL;
    char *line = NULL;
    bens_status status = bens_alloc((size_t)argc, sizeof *set, &set);
    if (status == BENS_OK) status = join(argc, argv, &line); /* parse() reorders argv */
    if (status == BENS_OK) status = parse(argc, argv, set, &request);
    request.argv = line;
    if (request.dry_run) bens_stop_unwatch();
    status = bens_comm_agree(world, status);
    if (status == BENS_OK) status = bens_train(world, &request);
    if (status == BENS_ERR_PEER) {
        bens_command_report("train", status);
        bens_comm_abort(world, status);
    }
    if (bens_comm_rank(world) == 0)
        bens_command_report("train", status);
    else
        bens_error_set(status, "%s", "");
    bens_comm_stop(world);
    free(set);
    free(line);
    return status;
}

const bens_command bens_command_train = {
    .name = "train",
    .arguments =
        "CONFIG [--set section.key=value]... [--resume auto|never|must] [--overwrite] "
        "[--dry-run] [--quiet]",
    .doc = "run tempered chains and write their draws",
    .help =
        "Runs the chains that the INI file CONFIG describes; under mpirun or srun each\n"
        "group of [grid] shards ranks runs its part of them. The draws go to\n"
        "OUTPUT/samples.h5, which ArviZ, xarray and h5py open, while the run goes on\n"
        "too.\n"
        "\n"
        "  --set section.key=value  the same as a line in CONFIG, and stronger; may be\n"
        "                           repeated\n"
        "  --resume auto|never|must go on with the run in [run] output: if there is\n"
        "                           one, never (the default), or it is an error if\n"
        "                           there is none\n"
        "  --overwrite              remove the files of an earlier run in [run] output\n"
        "  --dry-run                check everything, show sizes, memory, time and (but of\n"
        "                           networks) the largest stable step size; write\n"
        "                           nothing\n"
        "  --quiet                  no progress, no summary\n"
        "\n"
        "Example: mpirun -n 4 bens train examples/pima.ini --set chain.draws=2000\n"
        "Every setting: bens options\n",
    .run = run,
};

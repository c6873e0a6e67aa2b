/* bens predict: what the members of a run say together about new rows, and how sure they
 * are. */
#include "cmd/cmd.h"
#include "comm/comm.h"
#include "run/predict.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The command line as one text. */
static bens_status join(int argc, char **argv, char **out)
{
    size_t size = sizeof "bens predict";
    for (int i = 1; i < argc; i++) size += strlen(argv[i]) + 1;
    BENS_TRY(bens_alloc(size, 1, out));
    strcpy(*out, "bens predict");
    for (int i = 1; i < argc; i++) {
        strcat(*out, " ");
        strcat(*out, argv[i]);
    }
    return BENS_OK;
}

static bens_status parse_count(const char *flag, const char *text, int64_t most,
                               int64_t *out)
{
    char *end;
    errno = 0;
    const long long n = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || n < 1 || n > most)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: wanted a whole number from 1 to %lld, found '%.40s'", flag,
                  (long long)most, text);
    *out = n;
    return BENS_OK;
}

enum {
    DATA = BENS_FIRST_FLAG,
    OOD,
    MEMBERS,
    REPEAT,
    OUTPUT,
    PLUGIN,
    THREADS,
    POSTERIOR_PREDICTIVE,
    LOG_LIKELIHOOD,
    QUIET,
};

static bens_status take(int flag, bens_predict_request *r)
{
    int64_t n = 0;
    switch (flag) {
    case DATA:
        r->data = optarg;
        break;
    case OOD:
        r->ood = optarg;
        break;
    case MEMBERS:
        return bens_member_choice_parse(optarg, &r->members);
    case REPEAT:
        return parse_count("--repeat", optarg, 10000, &r->repeats);
    case OUTPUT:
        r->output = optarg;
        break;
    case PLUGIN:
        r->plugin = optarg;
        break;
    case THREADS:
        BENS_TRY(parse_count("--threads", optarg, 4096, &n));
        r->threads = (int)n;
        break;
    case POSTERIOR_PREDICTIVE:
        r->posterior_predictive = true;
        break;
    case LOG_LIKELIHOOD:
        r->log_likelihood = true;
        break;
    default:
        r->quiet = true;
    }
    return BENS_OK;
}

static bens_status parse(int argc, char **argv, bens_predict_request *r)
{
    static const struct option flags[] = {{"data", required_argument, NULL, DATA},
                                          {"ood", required_argument, NULL, OOD},
                                          {"members", required_argument, NULL, MEMBERS},
                                          {"repeat", required_argument, NULL, REPEAT},
                                          {"output", required_argument, NULL, OUTPUT},
                                          {"plugin", required_argument, NULL, PLUGIN},
                                          {"threads", required_argument, NULL, THREADS},
                                          {"posterior-predictive", no_argument, NULL,
                                           POSTERIOR_PREDICTIVE},
                                          {"log-likelihood", no_argument, NULL,
                                           LOG_LIKELIHOOD},
                                          {"quiet", no_argument, NULL, QUIET},
                                          {NULL, 0, NULL, 0}};
    int flag;
    opterr = 0;
    optind = 1;
    r->repeats = 1;
    while ((flag = getopt_long(argc, argv, ":", flags, NULL)) != -1) {
        if (flag == ':')
            BENS_FAIL(BENS_ERR_CONFIG, "'%s' wants a value, as in --members last",
                      argv[optind - 1]);
        if (flag == '?') return bens_command_refuse_flag("predict", argv);
        BENS_TRY(take(flag, r));
    }
    if (optind + 1 != argc)
        BENS_FAIL(BENS_ERR_CONFIG, "wanted one run, found %d; see bens predict --help",
                  argc - optind);
    if (r->repeats > 1 && r->members.kind != BENS_MEMBERS_SOME)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "--repeat: wanted random members to repeat with, as in "
                  "--members '15 of 35'; others are always the same");
    r->run = argv[optind];
    return BENS_OK;
}

static bens_status run(int argc, char **argv)
{
    bens_comm *world;
    BENS_TRY(bens_comm_start(&argc, &argv, &world));
    bens_predict_request request = {.version = BENS_VERSION};
    char *line = NULL;
    bens_status status = join(argc, argv, &line); /* parse() reorders argv */
    if (status == BENS_OK) status = parse(argc, argv, &request);
    request.argv = line;
    status = bens_comm_agree(world, status);
    if (status == BENS_OK) status = bens_predict(world, &request);
    if (status == BENS_ERR_PEER) {
        bens_command_report("predict", status);
        bens_comm_abort(world, status);
    }
    if (bens_comm_rank(world) == 0)
        bens_command_report("predict", status);
    else
        bens_error_set(status, "%s", "");
    bens_comm_stop(world);
    free(line);
    return status;
}

const bens_command bens_command_predict = {
    .name = "predict",
    .arguments = "RUN [--data FILE] [--ood FILE] [--members WHICH] [--repeat N] ...",
    .doc = "predict new rows, with the parts of their uncertainty, and score them",
    .help =
        "Averages the predictions of all good draws of RUN (a run's folder, or its\n"
        "samples.h5) at the rows of FILE, and tells noise in the data from ignorance.\n"
        "Rows are put on the scale of the run's training data, which need not be there\n"
        "any more; columns are found by name. The result is RUN/predictions.h5, with\n"
        "the same bits on any number of ranks.\n"
        "\n"
        "  --data FILE             rows to predict, in the format of the run's own;\n"
        "                          without it [data] test of the run; without the\n"
        "                          target: no scores\n"
        "  --ood FILE              rows from elsewhere: does the uncertainty show it?\n"
        "  --members WHICH         all | last | thin=K | N | 'N of M' (random draws)\n"
        "  --repeat N              so many random choices: mean and sd of the scores\n"
        "  --posterior-predictive  also y as each member makes it\n"
        "  --log-likelihood        also log p(y) of each member, for az.loo\n"
        "  --output FILE           instead of RUN/predictions.h5; older predictions "
        "there\n"
        "                          are replaced, any other file is refused\n"
        "  --plugin FILE           the run's plug-in; the path in the file is never\n"
        "                          loaded\n"
        "  --threads N             a rank; changes the speed, not the bits\n"
        "  --quiet                 no table\n"
        "\n"
        "Example: mpirun -n 4 bens predict runs/pima --data examples/data/pima.csv\n",
    .run = run,
};

/* bens diagnose: may these draws be trusted? Reads samples.h5 only (and, for gradients,
 * the data that the run had), so it works beside a running job and after a kill. */
#include "cmd/cmd.h"
#include "run/diagnose.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static bens_status parse_count(const char *flag, const char *text, int64_t least,
                               int64_t most, int64_t *out)
{
    char *end;
    errno = 0;
    const long long n = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || n < least || n > most)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: wanted a whole number from %lld to %lld, found '%.40s'", flag,
                  (long long)least, (long long)most, text);
    *out = n;
    return BENS_OK;
}

static bens_status parse(int argc, char **argv, const char **set, bool *json,
                         bens_diagnose_request *request)
{
    enum { SET = BENS_FIRST_FLAG, SKIP, PLUGIN, THREADS, ALL, JSON };
    static const struct option flags[] = {{"set", required_argument, NULL, SET},
                                          {"skip", required_argument, NULL, SKIP},
                                          {"plugin", required_argument, NULL, PLUGIN},
                                          {"threads", required_argument, NULL, THREADS},
                                          {"all", no_argument, NULL, ALL},
                                          {"json", no_argument, NULL, JSON},
                                          {NULL, 0, NULL, 0}};
    int flag;
    int64_t threads = 0;
    opterr = 0;
    optind = 1;
    request->set = set;
    while ((flag = getopt_long(argc, argv, ":", flags, NULL)) != -1) {
        if (flag == SET)
            set[request->n_set++] = optarg;
        else if (flag == SKIP)
            BENS_TRY(parse_count("--skip", optarg, 0, INT64_MAX, &request->skip));
        else if (flag == PLUGIN)
            request->plugin = optarg;
        else if (flag == THREADS)
            BENS_TRY(parse_count("--threads", optarg, 1, 4096, &threads));
        else if (flag == ALL)
            request->all = true;
        else if (flag == JSON)
            *json = true;
        else if (flag == ':')
            BENS_FAIL(BENS_ERR_CONFIG,
                      "'%s' wants a value, as in --set diagnose.ess=1000",
                      argv[optind - 1]);
        else
            return bens_command_refuse_flag("diagnose", argv);
    }
    if (optind + 1 != argc)
        BENS_FAIL(BENS_ERR_CONFIG, "wanted one run, found %d; see bens diagnose --help",
                  argc - optind);
    request->run = argv[optind];
    request->threads = (int)threads;
    return BENS_OK;
}

/* Ranks that a launcher has started of this command; 1: none has. MPI is not asked: it is
 * not wanted here, and need not be there. */
static int64_t count_ranks(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE",
                                        "SLURM_STEP_NUM_TASKS"};
    int64_t most = 1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *const text = getenv(names[i]);
        const long long n = text != NULL ? strtoll(text, NULL, 10) : 1;
        if (n > most) most = n;
    }
    return most;
}

/* Not rank 0 alone goes on: exit 0 of the others would say that a run can be trusted. */
static bens_status check_alone(void)
{
    const int64_t n = count_ranks();
    if (n == 1) return BENS_OK;
    BENS_FAIL(BENS_ERR_CONFIG,
              "wanted one process, found %lld ranks: start it without mpirun or srun; "
              "it uses threads (--threads)",
              (long long)n);
}

static bens_status diagnose(const bens_diagnose_request *request, bool json)
{
    bens_diagnosis d;
    bens_status s = bens_diagnosis_create(request, &d);
    if (s == BENS_OK && json)
        s = bens_diagnosis_print_json(&d, stdout);
    else if (s == BENS_OK)
        bens_diagnosis_print(&d, request->all, stdout);
    if (s == BENS_OK) { /* it has said why; what failed on the way is part of that */
        s = d.verdict == BENS_TRUST ? BENS_OK : BENS_ERR_TRUST;
        bens_error_set(s, "%s", "");
    }
    bens_diagnosis_release(&d);
    return s;
}

static bens_status run(int argc, char **argv)
{
    bens_diagnose_request request = {0};
    const char **set;
    bool json = false;
    BENS_TRY(bens_alloc((size_t)argc, sizeof *set, &set));
    bens_status s = parse(argc, argv, set, &json, &request);
    if (s == BENS_OK) s = check_alone();
    if (s == BENS_OK) s = diagnose(&request, json);
    free(set);
    return s;
}

const bens_command bens_command_diagnose = {
    .name = "diagnose",
    .arguments = "RUN [--all] [--json] [--skip N] [--set diagnose.KEY=VALUE]...\n"
                 "                     [--plugin FILE] [--threads N]",
    .doc = "may these draws be trusted? exit 3 if not",
    .help =
        "Looks at every number and at lp of all draws in RUN (a run's folder, or its\n"
        "samples.h5): rank-normalised split R-hat, nested R-hat where chains share\n"
        "starts, effective sample sizes, errors, temperatures, and the kernel Stein\n"
        "discrepancy from the density's own gradients. The run may be going on or have\n"
        "been cut: the draws that all chains have are used. One process, no mpirun.\n"
        "Exit code 0: trust it; 3: do not, or nothing can be told.\n"
        "\n"
        "  --all                    every number, not the worst 20\n"
        "  --json                   one JSON object; a number that is not known is null\n"
        "  --skip N                 leave out the first N draws of each chain\n"
        "  --set diagnose.KEY=VALUE another threshold than the run's: bens options\n"
        "                           diagnose\n"
        "  --plugin FILE            the run's plug-in; the path in the file is never\n"
        "                           loaded\n"
        "  --threads N              instead of OMP_NUM_THREADS or all processors; does\n"
        "                           not change the numbers\n"
        "\n"
        "Example: bens diagnose runs/pima --set diagnose.ess=1000\n",
    .run = run,
};

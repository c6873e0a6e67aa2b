/* bens status: how far is a run, what will it take, who diverged. */
#include "cmd/cmd.h"
#include "run/standing.h"

#include <getopt.h>
#include <stdlib.h>

enum { SILENCE = 60 }; /* seconds: a rank that runs reports every ten */

static bens_status read_seconds(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    if (end == text || *end != '\0' || !(*out > 0))
        BENS_FAIL(BENS_ERR_CONFIG, "--silence: wanted seconds, found '%s'", text);
    return BENS_OK;
}

static bens_status run(int argc, char **argv)
{
    enum { JSON = BENS_FIRST_FLAG, SILENT };
    static const struct option flags[] = {{"json", no_argument, NULL, JSON},
                                          {"silence", required_argument, NULL, SILENT},
                                          {NULL, 0, NULL, 0}};
    bool json = false;
    double silence = SILENCE;
    int flag;
    opterr = 0;
    optind = 1;
    while ((flag = getopt_long(argc, argv, ":", flags, NULL)) != -1) {
        if (flag == JSON)
            json = true;
        else if (flag == SILENT)
            BENS_TRY(read_seconds(optarg, &silence));
        else if (flag == ':')
            BENS_FAIL(BENS_ERR_CONFIG, "'%s' wants a value, as in --silence 300",
                      argv[optind - 1]);
        else
            return bens_command_refuse_flag("status", argv);
    }
    if (optind + 1 != argc)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "wanted the folder of one run, found %d; see bens status --help",
                  argc - optind);
    bens_standing p;
    BENS_TRY(bens_standing_read(argv[optind], silence, &p));
    bens_status s = BENS_OK;
    if (json)
        s = bens_standing_print_json(&p);
    else
        bens_standing_print(&p);
    bens_standing_release(&p);
    return s;
}

const bens_command bens_command_status = {
    .name = "status",
    .arguments = "RUN [--json] [--silence SECONDS]",
    .doc = "how far is a run, what will it take, which chains diverged",
    .help =
        "Reads samples.h5 and metrics*.jsonl in the run's folder RUN; it may be "
        "running,\n"
        "finished or killed. The rate and the time to go are of the last ten minutes.\n"
        "\n"
        "  --json             one JSON object; a number that is not known is null;\n"
        "                     state: finished, stopped, waiting (for the first report),\n"
        "                     silent or running\n"
        "  --silence SECONDS  after which a chain that does not report is named (60)\n"
        "\n"
        "Example: watch -n 10 bens status runs/pima\n",
    .run = run,
};

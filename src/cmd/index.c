/* bens index: one samples.h5 over the files of a run, or over the runs of an array. */
#include "cmd/cmd.h"
#include "run/index.h"

#include <getopt.h>
#include <stddef.h>

static bens_status run(int argc, char **argv)
{
    static const struct option flags[] = {{NULL, 0, NULL, 0}};
    opterr = 0;
    optind = 1;
    if (getopt_long(argc, argv, "", flags, NULL) != -1)
        return bens_command_refuse_flag("index", argv);
    if (optind + 1 != argc)
        BENS_FAIL(BENS_ERR_CONFIG, "wanted one folder, found %d; see bens index --help",
                  argc - optind);
    return bens_index_make(argv[optind], stdout);
}

const bens_command bens_command_index = {
    .name = "index",
    .arguments = "RUN",
    .doc = "one samples.h5 over the files of a run, or over the runs of an array job",
    .help =
        "RUN is a folder with\n"
        "  runs in sub-folders (RUN/0000, RUN/0001, ...), each with a [grid] "
        "first_chain\n"
        "  of its own: RUN/samples.h5 becomes an index over all their chains, which\n"
        "  ArviZ, h5py, bens diagnose and bens predict open as one run; or with\n"
        "  samples.0000.h5, samples.0001.h5, ...: their index samples.h5 is made again.\n"
        "Nothing is copied: keep the files where they are in RUN; RUN may move. The runs "
        "must\n"
        "have one model, one data set and the same settings. Draws that are not there "
        "yet\n"
        "read as NaN and not done. It may be run again at any time, while the runs in "
        "the\n"
        "sub-folders go on too. Exit codes: 0 done, 2 runs that are not of one kind, 4\n"
        "input/output.\n"
        "\n"
        "Example: bens index runs/array\n",
    .run = run,
};

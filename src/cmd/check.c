/* bens check: is this file whole, and safe to open? The file
 * is read by a child process. */
#include "cmd/cmd.h"
#include "core/option.h"
#include "io/check.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { SECONDS = BENS_FIRST_FLAG, MEMORY };

static const bens_option seconds = {.name = "seconds",
                                    .kind = BENS_OPTION_INT,
                                    .offset = offsetof(bens_apart_limits, seconds),
                                    .min = 1,
                                    .max = 1e9};
static const bens_option memory = {.name = "memory",
                                   .kind = BENS_OPTION_INT,
                                   .offset = offsetof(bens_apart_limits, gib),
                                   .min = 1,
                                   .max = 1e6};

static bens_status read_flags(int argc, char **argv, bens_apart_limits *limits)
{
    static const struct option flags[] = {{"seconds", required_argument, NULL, SECONDS},
                                          {"memory", required_argument, NULL, MEMORY},
                                          {NULL, 0, NULL, 0}};
    int flag;
    opterr = 0;
    optind = 1;
    while ((flag = getopt_long(argc, argv, ":", flags, NULL)) != -1) {
        if (flag != SECONDS && flag != MEMORY)
            return bens_command_refuse_flag("check", argv);
        BENS_TRY(bens_option_set(flag == SECONDS ? &seconds : &memory, limits, NULL, "",
                                 "flag", "check", optarg));
    }
    if (optind + 1 != argc)
        BENS_FAIL(BENS_ERR_CONFIG, "wanted one file, found %d; see bens check --help",
                  argc - optind);
    return BENS_OK;
}

static bens_status run(int argc, char **argv)
{
    static char text[BENS_APART_TEXT];
    bens_apart_limits limits = {.seconds = 600, .gib = 8};
    BENS_TRY(read_flags(argc, argv, &limits));
    const char *const path = argv[optind];
    const bens_status s =
        bens_apart(bens_check_file, path, strlen(path) + 1, path, &limits, text);
    fputs(text, stdout);
    if (s == BENS_OK) puts("verdict    whole, and safe to open");
    return s;
}

const bens_command bens_command_check = {
    .name = "check",
    .arguments = "FILE [--seconds N] [--memory GiB]",
    .doc = "is an HDF5 file whole, and safe to open",
    .help =
        "For files of bens (samples.h5, its rectangles, checkpoint.h5, predictions.h5)\n"
        "and for data in HDF5 from elsewhere. Looked for: links that are not hard,\n"
        "bytes in other files, filters but deflate and shuffle, types but numbers and\n"
        "texts, sizes that overflow, bytes outside the file, virtual sources outside\n"
        "its folder; for bens' own files every checksum, and the draws that\n"
        "metrics.jsonl reports. Nothing is written. HDF5 runs in a process of its own,\n"
        "so that a file made to crash it does no harm here. Exit codes: 0 good, 4\n"
        "damaged or unsafe, 2 usage.\n"
        "\n"
        "  --seconds N   of processor time for it at most (default 600)\n"
        "  --memory GiB  for it at most (default 8)\n"
        "\n"
        "Example: bens check runs/pima/samples.h5\n",
    .run = run,
};

/* bens options: every setting. */
#include "cmd/cmd.h"
#include "run/config.h"

#include <stdio.h>

static bens_status run(int argc, char **argv)
{
    if (argc > 2)
        BENS_FAIL(BENS_ERR_CONFIG, "wanted at most one section, found %d arguments",
                  argc - 1);
    if (argc == 2 && argv[1][0] == '-')
        BENS_FAIL(BENS_ERR_CONFIG, "unknown flag '%.80s'; see bens options --help",
                  argv[1]);
    return bens_config_describe(argc == 2 ? argv[1] : NULL, stdout);
}

const bens_command bens_command_options = {
    .name = "options",
    .arguments = "[SECTION]",
    .doc = "every setting: default, range, unit, meaning",
    .help = "SECTION is the name of one, without brackets: bens options sampler\n",
    .run = run,
};

#include "cmd/cmd.h"
#include "core/text.h"
#include "io/apart.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MOST_COMMANDS = 32 };

static bool is_help(const char *argument)
{
    return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

static void print_usage(const bens_command *const *commands, FILE *out)
{
    fprintf(out, "bens %s: ensembles of Bayesian neural networks by tempered MCMC\n\n",
            BENS_VERSION);
    for (const bens_command *const *c = commands; *c != NULL; c++)
        fprintf(out, "  bens %-8s %s\n", (*c)->name, (*c)->doc);
    fputs(
        "\nbens COMMAND --help says more. Exit codes: 0 done, 1 failure, 2 usage,\n"
        "settings or the files that they name, 3 not to be trusted, 4 a run or a file\n"
        "of bens is not there, cannot be read or written, 5 a rank was lost, 75 stopped:\n"
        "run it again.\n",
        out);
}

static void print_help(const bens_command *c)
{
    printf("usage: bens %s %s\n\n%s.\n", c->name, c->arguments, c->doc);
    if (c->help != NULL && c->help[0] != '\0') printf("\n%s", c->help);
}

static const bens_command *find(const bens_command *const *commands, const char *name)
{
    for (; *commands != NULL; commands++)
        if (strcmp((*commands)->name, name) == 0) return *commands;
    return NULL;
}

static bens_status refuse(const bens_command *const *commands, const char *name)
{
    const char *names[MOST_COMMANDS];
    char hint[100] = "";
    size_t n = 0;
    for (; commands[n] != NULL && n < MOST_COMMANDS; n++) names[n] = commands[n]->name;
    const int near = bens_text_nearest(name, names, n);
    if (near >= 0) snprintf(hint, sizeof hint, "did you mean '%s'? ", names[near]);
    BENS_FAIL(BENS_ERR_CONFIG, "unknown %s '%.80s'; %sbens --help shows all",
              name[0] == '-' ? "flag" : "command", name, hint);
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (is_help(argv[i])) return true;
    return false;
}

/* What was printed may still be on its way to a full disk. */
static bens_status flush(bens_status status)
{
    const bool lost = fflush(stdout) != 0 || ferror(stdout);
    if (status != BENS_OK || !lost) return status;
    BENS_FAIL(BENS_ERR_IO, "cannot write to the standard output: %s", strerror(errno));
}

void bens_command_report(const char *name, bens_status status)
{
    if (status == BENS_OK || bens_error_text()[0] == '\0') return;
    fprintf(stderr, "bens%s%s: %s\n", name[0] != '\0' ? " " : "", name,
            bens_error_text());
    bens_error_set(status, "%s", "");
}

bens_status bens_command_refuse_flag(const char *name, char **argv)
{
    if (optopt > 0 && optopt < BENS_FIRST_FLAG) /* a letter, perhaps one of several */
        BENS_FAIL(BENS_ERR_CONFIG, "unknown flag '-%c'; see bens %s --help", optopt,
                  name);
    BENS_FAIL(BENS_ERR_CONFIG, "unknown flag '%.80s'; see bens %s --help",
              argv[optind - 1], name);
}

static int leave(const char *name, bens_status status)
{
    bens_command_report(name, status);
    return (int)status;
}

int bens_command_main(const bens_command *const *commands, int argc, char **argv)
{
    if (argc < 2) {
        print_usage(commands, stderr);
        return BENS_ERR_CONFIG;
    }
    if (is_help(argv[1])) {
        print_usage(commands, stdout);
        return leave("", flush(BENS_OK));
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("bens %s\n", BENS_VERSION);
        return leave("", flush(BENS_OK));
    }
    const bens_command *const command = find(commands, argv[1]);
    if (command == NULL) return leave("", refuse(commands, argv[1]));
    if (wants_help(argc - 1, argv + 1)) {
        print_help(command);
        return leave(command->name, flush(BENS_OK));
    }
    bens_apart_start();
    const int code = leave(command->name, flush(command->run(argc - 1, argv + 1)));
    bens_apart_stop();
    return code;
}

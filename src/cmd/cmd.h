/* cmd.h - the subcommands. Each is one file with one table; main.c lists them.
 *
 * run() gets its own argv: argv[0] is the command's name, as getopt wants it. It returns
 * a bens_status, whose value is the exit code; whoever calls it prints the error record
 * (a rank that has nothing to say leaves it empty). */
#ifndef BENS_CMD_CMD_H
#define BENS_CMD_CMD_H

#include "core/status.h"

typedef struct {
    const char *name;
    const char *arguments; /* "CONFIG [--set section.key=value]..." */
    const char *doc;       /* one line                              */
    const char *help;      /* what --help says below the usage      */
    bens_status (*run)(int argc, char **argv);
} bens_command;

/* The command named by argv[1]; --help and --version; an unknown one names the nearest.
 * Prints "bens COMMAND: " and the error record of a command that failed, if it is not
 * empty. commands ends with NULL. Returns the exit code. */
int bens_command_main(const bens_command *const *commands, int argc, char **argv);

/* Prints "bens NAME: " and the error record of a command that failed, and empties it. A
 * command under MPI does so on rank 0 before it ends MPI: mpirun kills the other ranks as
 * soon as one has left with an error, and the line would be lost. */
void bens_command_report(const char *name, bens_status status);

/* The values that a command gives its long flags for getopt_long: beyond every letter. */
enum { BENS_FIRST_FLAG = 256 };

/* Refuses the flag that getopt_long has just returned '?' for. */
bens_status bens_command_refuse_flag(const char *name, char **argv);

extern const bens_command bens_command_train, bens_command_status, bens_command_options,
    bens_command_diagnose, bens_command_predict, bens_command_check, bens_command_info,
    bens_command_index;

#endif

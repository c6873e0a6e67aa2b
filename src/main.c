/* bens: the table of commands, nothing else. */
#include "cmd/cmd.h"

int main(int argc, char **argv)
{
    /* clang-format off */
    static const bens_command *const commands[] = {&bens_command_train,
                                                   &bens_command_status,
                                                   &bens_command_diagnose,
                                                   &bens_command_predict,
                                                   &bens_command_index,
                                                   &bens_command_check,
                                                   &bens_command_options,
                                                   &bens_command_info,
                                                   NULL};
    /* clang-format on */
    return bens_command_main(commands, argc, argv);
}

/* A checkpoint. What is read from it can be written over. */
#include "fuzz/run.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fuzz_make_run();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char state[FUZZ_STATE];
    bens_checkpoint *c;
    int64_t first_chain, n_chains;
    bool found;
    const ssize_t n_objects = fuzz_objects();
    fuzz_write("checkpoint.h5", data, size);
    const bens_status s = bens_checkpoint_open(fuzz_path("checkpoint.h5"), FUZZ_STATE,
                                               &first_chain, &n_chains, &c);
    fuzz_check_error(s);
    FUZZ_PROMISE(fuzz_objects() == n_objects);
    if (s != BENS_OK) return 0;
    for (int64_t row = 0; row < n_chains; row++)
        fuzz_check_error(bens_checkpoint_get(c, row, state, &found));
    memset(state, 7, sizeof state);
    FUZZ_PROMISE(bens_checkpoint_put(c, n_chains - 1, 1, state) == BENS_OK);
    memset(state, 0, sizeof state);
    FUZZ_PROMISE(bens_checkpoint_get(c, n_chains - 1, state, &found) == BENS_OK);
    FUZZ_PROMISE(found && state[FUZZ_STATE - 1] == 7);
    bens_checkpoint_close(c);
    return 0;
}

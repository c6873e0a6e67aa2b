/* bare.c - the least that a plug-in can be: no data, no settings, no state, no start.
 * A standard normal. Compiled again with one of these otherwise, it is a plug-in that
 * nobody can use (tests/CMakeLists.txt). */
#include <bens/plugin.h>

#ifndef ABI
#define ABI BENS_PLUGIN_ABI
#endif
#ifndef SIZE
#define SIZE sizeof(bens_plugin)
#endif
#ifndef CREATE
#define CREATE create
#endif
#ifndef LOG_PRIOR
#define LOG_PRIOR log_prior
#endif
#ifndef N_DATA
#define N_DATA 0
#endif
#ifndef N_OUTPUTS
#define N_OUTPUTS 0
#endif

static const bens_plugin_tensor tensor = {"x", 1, {3}};

__attribute__((unused)) static int create(const char *const *settings, void **state,
                                          bens_plugin_shape *shape, char *message,
                                          size_t message_size)
{
    (void)settings, (void)state, (void)message, (void)message_size;
    shape->n_data = N_DATA;
    shape->n_outputs = N_OUTPUTS;
    shape->outputs = &tensor;
    shape->n_tensors = 1;
    shape->tensors = &tensor;
    return 0;
}

__attribute__((unused)) static void log_prior(void *state, const float *theta,
                                              double *value, float *grad)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        *value -= 0.5 * (double)theta[i] * (double)theta[i];
        if (grad != NULL) grad[i] -= theta[i];
    }
}

const bens_plugin bens_plugin_v1 = {
    .abi = ABI,
    .size = SIZE,
    .name = "bare",
    .create = CREATE,
    .log_prior = LOG_PRIOR,
};

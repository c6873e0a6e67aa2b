/* plugin.h - a density of your own for bens, in a shared object.
 *
 *     log p(theta | y) = log_prior(theta) + sum over i < n_data of log_lik_i(theta)
 *
 * Write these functions and one object `bens_plugin_v1` that names them, compile
 *
 *     cc -O2 -shared -fPIC -I PREFIX/include my_model.c -o my_model.so -lm
 *
 * and say in the settings of a run
 *
 *     [model]
 *     name = plugin
 *     path = my_model.so
 *
 * Further keys of [model] are handed to create(). bens scales (1/N, T), batches, sums
 * over shards, adds the noise: the functions are plain sums. docs/plugins.md has a
 * whole example.
 *
 * theta is all tensors, one after another, each row-major, without gaps: n float32
 * numbers. They run over all of R^n: what is positive, bounded or ordered is a
 * function of them, and its Jacobian belongs in the density (docs/plugins.md).
 *
 * A rank of the run has one state and makes one call at a time; calls for different
 * chains come in turn, so that nothing of a chain may stay in the state. The same
 * arguments must give the same numbers: that is what makes a run the same on 1 and on
 * 64 ranks. Nothing may print, exit, or call MPI. A value or gradient that is not
 * finite ends the chain, which is flagged as diverged. */
#ifndef BENS_PLUGIN_H
#define BENS_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BENS_PLUGIN_ABI 1

/* One named tensor; theta is all of them in order, row-major. */
typedef struct {
    const char *name; /* [A-Za-z0-9_.]+, at most 63; a variable of group posterior */
    int rank;         /* 0 = scalar, at most 4                                     */
    int64_t shape[4]; /* [rank], each at least 1                                   */
} bens_plugin_tensor;

/* What a state is about: filled by create(); the pointers live as long as the state. */
typedef struct {
    /* N; 0: no data, all of the density is in log_prior, N = 1. */
    int64_t n_data;
    /* theta. */
    int n_tensors;
    const bens_plugin_tensor *tensors;
    /* Of output(), stored beside theta; none: 0, NULL. */
    int n_outputs;
    const bens_plugin_tensor *outputs;
} bens_plugin_shape;

typedef struct {
    uint32_t abi, size; /* BENS_PLUGIN_ABI, sizeof(bens_plugin) */
    const char *name, *doc;

    /* Makes a state. settings: key, value, ..., NULL: the keys of [model] but name and
     * path, as text. *shape is zeroed before. Returns 0; or 1 and one line in message
     * [message_size] that says what was wanted and found (an unknown key, too): nobody
     * calls destroy() then. */
    int (*create)(const char *const *settings, void **state, bens_plugin_shape *shape,
                  char *message, size_t message_size);

    /* Takes NULL. May be NULL if there is nothing to release. */
    void (*destroy)(void *state);

    /* theta [n] = where a chain starts. u [n]: uniform in (0, 1), others for each
     * chain, the same in each run of one seed. NULL: chains start from zero. */
    void (*init)(void *state, const float *u, float *theta);

    /* *value += sum over k < n_index of log_lik_i(theta), i = index[k]; 0 <= i < n_data,
     * an i may come twice, n_index is at least 1. grad [n] += its gradient; grad may be
     * NULL. The function is NULL if n_data = 0. */
    void (*log_lik)(void *state, const float *theta, const int64_t *index,
                    int64_t n_index, double *value, float *grad);

    /* *value += log_prior(theta); grad [n] += its gradient; grad may be NULL. Constants
     * may be left out. The function is NULL, where there are data, for a flat prior. */
    void (*log_prior)(void *state, const float *theta, double *value, float *grad);

    /* out [sum of the sizes of outputs], in their order and zeroed before = what is
     * stored beside theta, such as tau = exp(log_tau). NULL if there are no outputs. */
    void (*output)(void *state, const float *theta, float *out);
} bens_plugin;

/* The one symbol that bens looks for; an object: dlsym then needs no function cast. */
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
extern const bens_plugin bens_plugin_v1;

#ifdef __cplusplus
}
#endif

#endif

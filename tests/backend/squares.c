/* backend/squares: mean squares of tensors against a plain loop in the documented order,
 * bit for bit, on every instruction set, with 1 and 2 threads. */
#include "backend/arena.h"

/* each [n] gets the squares, square [n_tensors] their means. y may be NULL. */
static void plain_squares(const bens_params *params, const float *x, float scale_x,
                          const float *y, float scale_y, double *square, float *each)
{
    for (int i = 0; i < params->n_tensors; i++) {
        const bens_tensor *t = &params->tensors[i];
        const size_t end = t->offset + t->size;
        square[i] = 0;
        for (size_t e = t->offset; e < end;) {
            float lane[16] = {0};
            do {
                const float w = y != NULL ? __builtin_fmaf(scale_x, x[e], scale_y * y[e])
                                          : scale_x * x[e];
                lane[e % 16] = __builtin_fmaf(w, w, lane[e % 16]);
                each[e] = __builtin_fmaf(w, w, each[e]);
            } while (++e < end && e % 4096 != 0);
            square[i] += lanes_sum(lane);
        }
        square[i] /= (double)t->size;
    }
}

static void same_as_plain(void **state)
{
    const bens_backend *be = cpu();
    bens_params params = make_params(mixed);
    const size_t size = params.n * sizeof(float);
    (void)state;
    for (int i = 0; i < N_STARTS; i++) {
        if (!start_level(be, i)) continue;
        for (int k = 0; k < 4; k++) {
            vectors got = make_vectors(&params), wanted = make_vectors(&params);
            double found[MAX_TENSORS], mean[MAX_TENSORS];
            const float *y = k & 1 ? got.m : NULL;
            plain_squares(&params, wanted.grad, 1.f / 3, y, -.7f, mean, wanted.v);
            be->squares(&params, got.grad, 1. / 3, y, -.7, found, k & 2 ? got.v : NULL);
            if ((k & 2) == 0) memcpy(got.v, wanted.v, size);
            assert_memory_equal(found, mean, sizeof mean);
            got.sum = wanted.sum = 0;
            assert_same(&params, &got, &wanted);
            free_vectors(&got);
            free_vectors(&wanted);
        }
    }
    bens_params_release(&params);
}

/* A NaN is seen in its own tensor, in no other. */
static void nan_stays_in_its_tensor(void **state)
{
    const bens_backend *be = cpu();
    bens_params params = make_params(mixed);
    (void)state;
    for (int i = 0; i < N_STARTS; i++) {
        if (!start_level(be, i)) continue;
        for (int k = 0; k < params.n_tensors; k++) {
            vectors v = make_vectors(&params);
            double square[MAX_TENSORS];
            v.grad[params.tensors[k].offset + params.tensors[k].size - 1] = NAN;
            be->squares(&params, v.grad, 1, NULL, 0, square, NULL);
            for (int j = 0; j < params.n_tensors; j++)
                assert_true(isfinite(square[j]) == (j != k));
            free_vectors(&v);
        }
    }
    bens_params_release(&params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_plain),
        cmocka_unit_test(nan_stays_in_its_tensor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

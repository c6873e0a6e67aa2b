/* backend/lstm, lstm_back: against the equations in double; equal bits on every
 * instruction set; nothing is written beside the results. The op's own test is by
 * differences, ops/conformance.c. */
#include "backend/layers_fixture.h"

typedef struct {
    int64_t n, H;
    bool bias, first; /* first: there is no c before */
} lstm_case;
static const lstm_case cases[] = {{1, 1, true, true},
                                  {3, 16, true, false},
                                  {2, 19, false, false},
                                  {4, 32, false, true},
                                  {5, 47, true, false}};

typedef struct {
    size_t n_gates, n_h, n_c;
    float *bias, *gates, *c0, *c1, *h, *dh, *dc;
} arrays;

enum { APART = 3 }; /* h of a row ends so far before that of the next */

static arrays make(const lstm_case *k)
{
    arrays a = {.n_gates = (size_t)(4 * k->n * k->H),
                .n_h = (size_t)(k->n * (k->H + APART)),
                .n_c = (size_t)(k->n * k->H)};
    a.bias = numbers((size_t)(4 * k->H), 1);
    a.gates = numbers(a.n_gates, 2);
    a.c0 = numbers(a.n_c, 3);
    a.c1 = numbers(a.n_c, 4);
    a.h = numbers(a.n_h, 5);
    a.dh = numbers(a.n_c, 6);
    a.dc = numbers(a.n_c, 7);
    for (size_t i = 0; i < a.n_gates; i++) a.gates[i] *= 8; /* to where gates are shut */
    return a;
}

static void release(arrays *a)
{
    float *const all[] = {a->bias, a->gates, a->c0, a->c1, a->h, a->dh, a->dc};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free_numbers(all[i]);
}

static void compute(const lstm_case *k, arrays *a, bool back)
{
    const float *c0 = k->first ? NULL : a->c0;
    const bens_layers *l = cpu()->layers();
    l->lstm(k->n, k->H, k->bias ? a->bias : NULL, a->gates, c0, a->c1, a->h,
            k->H + APART);
    if (back) l->lstm_back(k->n, k->H, a->gates, c0, a->c1, a->dh, a->dc);
    check_numbers(a->gates, a->n_gates);
    check_numbers(a->c1, a->n_c);
    check_numbers(a->h, a->n_h);
    check_numbers(a->dc, a->n_c);
}

/* A few roundings of numbers of size 1 (derivatives here are below 4): 2.2 ulp of sigmoid
 * and tanh each. Seen 4e-7. */
static void near(const char *what, float found, double wanted)
{
    if (!(fabs((double)found - wanted) <= 2e-6))
        fail_msg("%s: %.9g, wanted %.9g", what, (double)found, wanted);
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* Unit u of row r, all in double. */
static void check_unit(const lstm_case *k, const arrays *in, const arrays *forward,
                       const arrays *back, int64_t r, int64_t u)
{
    const int64_t at = r * k->H + u, gate = 4 * r * k->H + u;
    double z[4];
    for (int g = 0; g < 4; g++)
        z[g] = (double)in->gates[gate + g * k->H] +
               (k->bias ? (double)in->bias[g * k->H + u] : 0);
    const double f = sigmoid(z[0]), i = sigmoid(z[1]), v = tanh(z[2]), o = sigmoid(z[3]);
    const double c0 = k->first ? 0 : (double)in->c0[at], c1 = f * c0 + i * v;
    const double t = tanh(c1), dh = (double)in->dh[at];
    const double d = (double)in->dc[at] + dh * o * (1 - t * t);
    near("c", forward->c1[at], c1);
    near("h", forward->h[r * (k->H + APART) + u], o * t);
    near("forget gate", forward->gates[gate], f);
    near("input gate", forward->gates[gate + k->H], i);
    near("candidate", forward->gates[gate + 2 * k->H], v);
    near("output gate", forward->gates[gate + 3 * k->H], o);
    near("d forget gate", back->gates[gate], d * c0 * f * (1 - f));
    near("d input gate", back->gates[gate + k->H], d * v * i * (1 - i));
    near("d candidate", back->gates[gate + 2 * k->H], d * i * (1 - v * v));
    near("d output gate", back->gates[gate + 3 * k->H], dh * t * o * (1 - o));
    near("dc", back->dc[at], d * f);
}

static void steps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const lstm_case *k = &cases[i];
        arrays in = make(k), forward = make(k), back = make(k);
        assert_true(start_level(cpu(), 0));
        compute(k, &forward, false);
        compute(k, &back, true);
        for (int64_t r = 0; r < k->n; r++) {
            for (int64_t u = 0; u < k->H; u++) check_unit(k, &in, &forward, &back, r, u);
            for (int64_t u = k->H; u < k->H + APART; u++)
                assert_true(forward.h[r * (k->H + APART) + u] ==
                            in.h[r * (k->H + APART) + u]);
        }
        for (int start = 2; start < N_STARTS; start += 2) {
            arrays again = make(k);
            if (start_level(cpu(), start)) {
                compute(k, &again, true);
                assert_memory_equal(again.gates, back.gates, back.n_gates * 4);
                assert_memory_equal(again.c1, back.c1, back.n_c * 4);
                assert_memory_equal(again.h, back.h, back.n_h * 4);
                assert_memory_equal(again.dc, back.dc, back.n_c * 4);
            }
            release(&again);
        }
        release(&in);
        release(&forward);
        release(&back);
    }
}

/* Neither of them may become a number again. */
static void not_a_number_passes(void **state)
{
    const lstm_case *k = &cases[1];
    (void)state;
    for (int64_t gate = 0; gate < 4; gate++) {
        arrays a = make(k);
        assert_true(start_level(cpu(), 0));
        a.gates[gate * k->H] = NAN;
        compute(k, &a, false);
        assert_true(isnan(a.h[0]) != 0);
        assert_true(!isnan(a.h[1]));
        release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(steps),
                                       cmocka_unit_test(not_a_number_passes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

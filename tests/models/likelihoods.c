/* Every likelihood: rows against formulas in double, sums, derivatives, predictions. */
#include "models/toy.h"

enum { ROWS = 300 };

typedef struct {
    const char *name;
    int64_t K, n_classes; /* outputs; 0 classes: a real y */
    bool counts;          /* ... which is a count         */
} law;
static const law LAWS[] = {{"bernoulli", 1, 2, false},
                           {"categorical", 2, 2, false},
                           {"categorical", 5, 5, false},
                           {"normal", 1, 0, false},
                           {"normal noise=0.6", 1, 0, false},
                           {"normal_mean_logvar", 2, 0, false},
                           {"poisson", 1, 0, true}};
enum { N_LAWS = sizeof LAWS / sizeof *LAWS };

/* A likelihood with outputs and y of ROWS rows. */
typedef struct {
    const law *law;
    toy t; /* for its settings */
    bens_likelihood_at_theta at;
    float out[ROWS * 5], number[ROWS];
    int32_t label[ROWS];
    bens_y y;
} bed;

static bed *make(const law *which)
{
    bed *b;
    const bens_rng rng = {.seed = 8, .stream = BENS_STREAM_GENERATOR};
    assert_int_equal(bens_alloc(1, sizeof *b, &b), BENS_OK);
    b->law = which;
    b->t.be = bens_backend_find("cpu");
    assert_int_equal(b->t.be->start(1), BENS_OK);
    assert_int_equal(toy_likelihood(which->name, &b->t), BENS_OK);
    b->at = (bens_likelihood_at_theta){.be = b->t.be,
                                       .options = b->t.likelihood_settings.options,
                                       .parameter = 0.4f};
    bens_rng_normals(&rng, 0, ROWS * 5, b->out);
    bens_rng_normals(&rng, ROWS * 5, ROWS, b->number);
    for (int i = 0; i < ROWS * 5; i++) b->out[i] *= 3;
    for (int i = 0; i < ROWS && which->n_classes > 0; i++)
        b->label[i] = (int32_t)(i * 7 % which->n_classes);
    for (int i = 0; i < ROWS && which->counts; i++)
        b->number[i] = (float)(i % 50 == 49 ? 1000 * i : i % 23);
    b->y =
        which->n_classes > 0 ? (bens_y){.label = b->label} : (bens_y){.value = b->number};
    return b;
}

static void release(bed *b)
{
    toy_release(&b->t);
    free(b);
}

/* log p(y_i | out_i) by the definition, with libm. */
static double formula(const bed *b, const double *out, double parameter, int i)
{
    if (b->law->counts)
        return (double)b->number[i] * out[0] - exp(out[0]) -
               lgamma((double)b->number[i] + 1);
    if (b->law->n_classes == 0 && b->law->K == 2) {
        const double r = (double)b->number[i] - out[0];
        return -0.5 * (r * r * exp(-out[1]) + out[1] + log(2 * acos(-1.0)));
    }
    if (b->law->n_classes == 0) {
        const double s = strchr(b->law->name, '=') != NULL ? 0.6 : exp(parameter),
                     r = ((double)b->number[i] - out[0]) / s;
        return -0.5 * r * r - log(s) - 0.5 * log(2 * acos(-1.0));
    }
    double sum = b->law->K == 1 ? 1 : 0;
    for (int k = 0; k < b->law->K; k++) sum += exp(out[k]);
    if (b->law->K == 1) return (b->label[i] == 1 ? out[0] : 0) - log(sum);
    return out[b->label[i]] - log(sum);
}

static double row(const bed *b, int i, int k, double step, double parameter)
{
    double out[5] = {0};
    for (int j = 0; j < b->law->K; j++) out[j] = (double)b->out[i * b->law->K + j];
    out[k] += step;
    return formula(b, out, parameter, i);
}

/* In double throughout; rows reach 100, those of large counts 3e6. */
static void rows_are_right(void **unused)
{
    (void)unused;
    for (int l = 0; l < N_LAWS; l++) {
        bed *b = make(&LAWS[l]);
        double each[ROWS];
        b->t.likelihood->each(&b->at, b->out, b->law->K, &b->y, ROWS, each);
        for (int i = 0; i < ROWS; i++)
            assert_true(fabs(each[i] - row(b, i, 0, 0, (double)b->at.parameter)) <
                        1e-14 * (100 + fabs(each[i])));
        release(b);
    }
}

/* The sum is that of the rows, to 3e-6 for each where kernels are float32; derivatives by
 * central differences, good to 1e-9, beside float32. dout may be out; dparameter adds. */
static void sums_and_derivatives(void **unused)
{
    (void)unused;
    for (int l = 0; l < N_LAWS; l++) {
        bed *b = make(&LAWS[l]);
        const int64_t K = b->law->K;
        double each[ROWS], sum = 0, value, alone, by_parameter = 0, dparameter = 5;
        float dout[ROWS * 5];
        memcpy(dout, b->out, sizeof dout);
        b->t.likelihood->each(&b->at, b->out, K, &b->y, ROWS, each);
        b->t.likelihood->log_lik(&b->at, dout, K, &b->y, ROWS, &value, dout, &dparameter);
        b->t.likelihood->log_lik(&b->at, b->out, K, &b->y, ROWS, &alone, NULL, NULL);
        assert_true(alone == value);
        for (int i = 0; i < ROWS; i++) {
            const double p = (double)b->at.parameter;
            sum += each[i];
            by_parameter +=
                (row(b, i, 0, 0, p + 1e-5) - row(b, i, 0, 0, p - 1e-5)) / 2e-5;
            for (int k = 0; k < K; k++) {
                const double slope =
                    (row(b, i, k, 1e-5, p) - row(b, i, k, -1e-5, p)) / 2e-5;
                assert_true(fabs((double)dout[i * K + k] - slope) <
                            1e-6 * (1 + fabs(slope)));
            }
        }
        assert_true(fabs(value - sum) < (b->law->counts ? 1e-8 : 3e-6 * ROWS));
        if (b->t.likelihood->parameter == NULL)
            assert_true(dparameter == 5);
        else if (b->t.likelihood->parameter(b->at.options) != NULL)
            assert_true(fabs(dparameter - 5 - by_parameter) < 1e-5);
        release(b);
    }
}

/* Probabilities are e^(log p) of each class, and add up to 1 to a rounding for each. */
static void predictions_of_classes(void **unused)
{
    (void)unused;
    for (int l = 0; l < N_LAWS; l++) {
        if (LAWS[l].n_classes == 0) continue;
        bed *b = make(&LAWS[l]);
        const int64_t C = b->law->n_classes;
        double p[ROWS * 5], sum[ROWS] = {0}, each[ROWS];
        b->t.likelihood->predict(&b->at, b->out, b->law->K, ROWS, C, p, NULL);
        for (int32_t c = 0; c < C; c++) {
            for (int i = 0; i < ROWS; i++) b->label[i] = c;
            b->t.likelihood->each(&b->at, b->out, b->law->K, &b->y, ROWS, each);
            for (int i = 0; i < ROWS; i++) {
                assert_true(fabs(p[i * C + c] / exp(each[i]) - 1) < 1e-13);
                sum[i] += p[i * C + c];
            }
        }
        for (int i = 0; i < ROWS; i++) assert_true(fabs(sum[i] - 1) < 1e-15);
        release(b);
    }
}

static void predictions_of_numbers(void **unused)
{
    (void)unused;
    for (int given = 0; given < 2; given++) {
        bed *b = make(&LAWS[3 + given]);
        double mean[ROWS], variance[ROWS];
        const double wanted = given ? 0.36 : exp(2 * (double)b->at.parameter);
        b->t.likelihood->predict(&b->at, b->out, 1, ROWS, 0, mean, variance);
        for (int i = 0; i < ROWS; i++) {
            assert_true(mean[i] == (double)b->out[i]);
            assert_true(fabs(variance[i] / wanted - 1) < 1e-14);
        }
        release(b);
    }
}

/* Mean and variance, by sums over all counts that matter and by a sum over a grid of y:
 * what `each` says is what `predict` says. */
static void predictions_are_moments(void **unused)
{
    (void)unused;
    for (int l = 5; l < N_LAWS; l++) {
        bed *b = make(&LAWS[l]);
        const bool counts = LAWS[l].counts;
        const double step = counts ? 1 : 0.25;
        for (int i = 0; i < 20; i++) {
            const float *out = b->out + i * b->law->K;
            float here[2] = {out[0], b->law->K == 2 ? out[1] / 8 : 0};
            double mean, variance, p, sum = 0, sum1 = 0, sum2 = 0;
            if (here[0] > 5) continue; /* too many counts */
            b->t.likelihood->predict(&b->at, here, b->law->K, 1, 0, &mean, &variance);
            for (int k = counts ? 0 : -1000; k < 1000; k++) {
                b->number[0] = (float)(k * step);
                b->t.likelihood->each(&b->at, here, b->law->K, &b->y, 1, &p);
                const double y = (double)b->number[0], w = step * exp(p);
                sum += w, sum1 += w * y, sum2 += w * y * y;
            }
            assert_true(fabs(sum - 1) < 1e-9 &&
                        fabs(sum1 - mean) < 1e-7 * (1 + fabs(mean)));
            assert_true(fabs((sum2 - sum1 * sum1) / variance - 1) < 1e-7);
        }
        release(b);
    }
}

/* What a chain starts from has the slope 0 where there is one output, and the mean and
 * the variance of y in any case. */
static void starts_at_the_centre(void **unused)
{
    (void)unused;
    for (int l = 5; l < N_LAWS; l++) {
        bed *b = make(&LAWS[l]);
        float out[2], none[2];
        double mean, variance;
        b->t.likelihood->centre(4.5, 0.75, out);
        b->t.likelihood->predict(&b->at, out, b->law->K, 1, 0, &mean, &variance);
        assert_true(fabs(mean / 4.5 - 1) < 1e-6); /* out is float32 */
        assert_true(fabs(variance / (LAWS[l].counts ? 4.5 : 0.5625) - 1) < 1e-6);
        b->t.likelihood->centre(0, 0, none); /* no count but 0, no variation */
        assert_true(isfinite(none[0]) && (b->law->K == 1 || none[1] == 0));
        release(b);
    }
}

/* Logits of +-300 have probabilities of e^-300, not 0, and rows
 * without overflow; NaN stays. */
static void extremes(void **unused)
{
    (void)unused;
    for (int l = 0; l < 2; l++) {
        bed *b = make(&LAWS[l]);
        double p[4], each[2];
        const float sure[2] = {l == 0 ? -300.0f : 300.0f, 0};
        const float nan[2] = {l == 0 ? NAN : 0, NAN};
        b->label[0] = 1;
        b->t.likelihood->predict(&b->at, sure, b->law->K, 1, 2, p, NULL);
        b->t.likelihood->each(&b->at, sure, b->law->K, &b->y, 1, each);
        assert_true(p[0] == 1 && fabs(p[1] / exp(-300) - 1) < 1e-13 && each[0] == -300);
        b->t.likelihood->predict(&b->at, nan, b->law->K, 1, 2, p, NULL);
        b->t.likelihood->each(&b->at, nan, b->law->K, &b->y, 1, each);
        assert_true(isnan(p[0]) && isnan(p[1]) && isnan(each[0]));
        release(b);
    }
}

static void all_are_tested(void **unused)
{
    (void)unused;
    const bens_likelihood *l;
    for (size_t i = 0; (l = bens_likelihood_at(i)) != NULL; i++) {
        int found = 0;
        for (int k = 0; k < N_LAWS; k++)
            found += strcspn(LAWS[k].name, " ") == strlen(l->name) &&
                     strncmp(LAWS[k].name, l->name, strlen(l->name)) == 0;
        assert_true(found > 0);
        assert_ptr_equal(bens_likelihood_find(l->name), l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_right),
        cmocka_unit_test(sums_and_derivatives),
        cmocka_unit_test(predictions_of_classes),
        cmocka_unit_test(predictions_of_numbers),
        cmocka_unit_test(predictions_are_moments),
        cmocka_unit_test(starts_at_the_centre),
        cmocka_unit_test(extremes),
        cmocka_unit_test(all_are_tested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* core/kernels: errors against libm's double, and what happens at the ends. Bounds are
 * the errors that kernels.h states; the largest seen are printed with -v. */
#include "core/kernels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* The distance of two neighbouring floats at x. */
static double ulp(double x)
{
    const double size = fabs(x) < 0x1p-126 ? 0x1p-126 : fabs(x);
    return ldexp(1, ilogb(size) - 23);
}

/* The largest error in ulp over every STRIDE-th float of [low, high]. */
static double worst(float (*f)(float), double (*exact)(double), float low, float high)
{
    enum { STRIDE = 977 };
    const bool negative = high <= 0;
    double most = 0;
    const uint32_t from = bens_k_bits(negative ? fabsf(high) : low);
    const uint32_t to = bens_k_bits(negative ? -low : high);
    for (uint32_t u = from; u <= to; u += STRIDE) {
        const float x = negative ? -bens_k_from_bits(u) : bens_k_from_bits(u);
        const double y = exact((double)x);
        const double error = fabs((double)f(x) - y) / ulp(y);
        if (!(error <= most)) most = error;
    }
    return most;
}

static float k_exp(float x)
{
    return bens_k_exp(x);
}
static float k_log(float x)
{
    return bens_k_log(x);
}
static float k_sigmoid(float x)
{
    return bens_k_sigmoid(x);
}
static float k_log_sigmoid(float x)
{
    return bens_k_log_sigmoid(x);
}
static float k_softplus(float x)
{
    return bens_k_softplus(x);
}
static double d_sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}
static double d_softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}
static double d_log_sigmoid(double x)
{
    return -d_softplus(-x);
}

static void errors_are_as_stated(void **state)
{
    const struct {
        const char *name;
        float (*f)(float);
        double (*exact)(double);
        float low, high;
        double bound;
    } cases[] = {
        {"exp", k_exp, exp, 0, 88.7f, 1.0},
        {"exp", k_exp, exp, -103, 0, 1.0},
        {"log", k_log, log, 0x1p-149f, 0x1.fffffep127f, 1.2},
        {"log near 1", k_log, log, 0.9f, 1.1f, 1.2},
        {"sigmoid", k_sigmoid, d_sigmoid, -87, 0, 2.2},
        {"sigmoid", k_sigmoid, d_sigmoid, 0, 200, 2.2},
        {"log_sigmoid", k_log_sigmoid, d_log_sigmoid, -1e30f, 0, 2.5},
        {"log_sigmoid", k_log_sigmoid, d_log_sigmoid, 0, 87, 2.5},
        {"softplus", k_softplus, d_softplus, -87, 0, 2.5},
        {"softplus", k_softplus, d_softplus, 0, 1e30f, 2.5},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const double seen =
            worst(cases[i].f, cases[i].exact, cases[i].low, cases[i].high);
        print_message("%-12s [%g, %g]: %.3f ulp\n", cases[i].name, (double)cases[i].low,
                      (double)cases[i].high, seen);
        assert_true(seen <= cases[i].bound);
    }
}

static void exp_in_double(void **state)
{
    double most = 0;
    (void)state;
    for (double x = -708; x < 709.7; x += 0.00317) {
        const double y = exp(x), unit = ldexp(1, ilogb(y) - 52);
        const double error = fabs(bens_k_exp_f64(x) - y) / unit;
        if (!(error <= most)) most = error;
    }
    print_message("exp_f64: %.3f ulp\n", most);
    assert_true(most <= 1.0);
    assert_true(bens_k_exp_f64(0) == 1);
    assert_true(bens_k_exp_f64(-(double)INFINITY) == 0 && bens_k_exp_f64(-800) == 0);
    assert_true(isinf(bens_k_exp_f64(800)) && isnan(bens_k_exp_f64((double)NAN)));
}

/* The error in units of the last place of y. long double has 11 more bits. */
static double ulps(double x, long double y)
{
    return (double)(fabsl((long double)x - y) / ldexpl(1, ilogb((double)y) - 52));
}

static void log_in_double(void **state)
{
    double most = 0;
    (void)state;
    for (double e = -1074; e < 1023.9; e += 0.00713) {
        const double x = exp2(e), error = ulps(bens_k_log_f64(x), logl((long double)x));
        if (!(error <= most)) most = error;
    }
    for (double x = 0.5; x < 2; x += 0x1.234567p-21) {
        const double error = ulps(bens_k_log_f64(x), logl((long double)x));
        if (!(error <= most)) most = error;
    }
    print_message("log_f64: %.3f ulp\n", most);
    assert_true(most <= 1.0);
    assert_true(bens_k_log_f64(1) == 0 && isinf(bens_k_log_f64((double)INFINITY)));
    assert_true(bens_k_log_f64(0) == -(double)INFINITY && isnan(bens_k_log_f64(-1)));
    assert_true(isnan(bens_k_log_f64((double)NAN)));
}

static void cospi_in_double(void **state)
{
    const long double pi = acosl(-1);
    double most = 0;
    (void)state;
    for (int i = 1; i < 4000000; i++) {
        const double x = i * 0x1.0cccccccp-22; /* to 1.001 */
        if (x == 0.5 || x == 1) continue;
        /* Near 1/2 the cosine is the sine of what is left, which is exact in double. */
        const long double left = 0.5L - (long double)x;
        const long double y = sinl(pi * left);
        const double error = ulps(bens_k_cospi_f64(x), y);
        if (!(error <= most)) most = error;
    }
    print_message("cospi_f64: %.3f ulp\n", most);
    assert_true(most <= 1.1);
    for (double k = 0; k < 9; k++) {
        const double y = bens_k_cospi_f64(k / 2), wanted[] = {1, 0, -1, 0};
        assert_true(y == wanted[(int)k % 4] && bens_k_cospi_f64(-k / 2) == y);
    }
    assert_true(bens_k_cospi_f64(1000.25) == bens_k_cospi_f64(0.25));
    assert_true(bens_k_cospi_f64(1001.75) == bens_k_cospi_f64(0.25));
    assert_true(bens_k_cospi_f64(0x1p53 - 1) == -1 && bens_k_cospi_f64(0x1p53) == 1);
    assert_true(isnan(bens_k_cospi_f64((double)INFINITY)));
    assert_true(isnan(bens_k_cospi_f64((double)NAN)));
}

/* The normals of a pair of words in double: radius sqrt(-2 ln u), angle psi + pi/4. */
static void normal_pair_is_exact(void **state)
{
    double most = 0, squares = 0, n = 0;
    (void)state;
    for (uint32_t i = 0; i < 2000000; i++) {
        const uint32_t radius = i < 1000 ? i : i < 2000 ? 1000 - i : i * 2654435761U;
        const uint32_t angle = i * 2246822519U + 12345;
        const double r = sqrt(-2 * log((radius + 0.5) / 0x1p32));
        const double phi = ((double)(int32_t)(angle << 2) / 0x1p31 + 1) * atan(1);
        const double wanted[2] = {(angle >> 31 ? -r : r) * cos(phi),
                                  (angle >> 30 & 1 ? -r : r) * sin(phi)};
        float z[2];
        bens_k_normal_pair(radius, angle, &z[0], &z[1]);
        for (int k = 0; k < 2; k++, n++) {
            const double error = fabs((double)z[k] - wanted[k]);
            if (!(error <= most)) most = error;
            squares += error * error;
        }
    }
    print_message("normal_pair: %.2e, rms %.2e\n", most, sqrt(squares / n));
    assert_true(most < 1e-6 && sqrt(squares / n) < 7e-8);
}

static void the_ends_are_sane(void **state)
{
    const float inf = INFINITY, odd = bens_k_from_bits(0x7fc00123), odder = -odd;
    (void)state;
    assert_true(bens_k_exp(-inf) == 0 && bens_k_exp(inf) == inf && bens_k_exp(0) == 1);
    assert_true(bens_k_exp(89) == inf && bens_k_exp(-104) == 0);
    assert_true(bens_k_log(0) == -inf && bens_k_log(inf) == inf && bens_k_log(1) == 0);
    assert_true(isnan(bens_k_log(-1)) && isnan(bens_k_log(-inf)));
    assert_true(bens_k_sigmoid(0) == 0.5f && bens_k_sigmoid(inf) == 1);
    assert_true(bens_k_sigmoid(-inf) >= 0 && bens_k_sigmoid(-inf) < 6.2e-39f);
    assert_true(bens_k_log_sigmoid(-inf) == -inf && bens_k_log_sigmoid(inf) > -2e-38f);
    assert_true(bens_k_softplus(inf) == inf && bens_k_softplus(-inf) < 2e-38f);
    const float not_a_number[] = {NAN, -NAN, odd, odder};
    for (int i = 0; i < 4; i++) {
        const float x = not_a_number[i];
        assert_true(isnan(bens_k_exp(x)) && isnan(bens_k_log(x)) &&
                    isnan(bens_k_sigmoid(x)));
        assert_true(isnan(bens_k_log_sigmoid(x)) && isnan(bens_k_softplus(x)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_as_stated), cmocka_unit_test(exp_in_double),
        cmocka_unit_test(log_in_double),        cmocka_unit_test(cospi_in_double),
        cmocka_unit_test(normal_pair_is_exact), cmocka_unit_test(the_ends_are_sane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

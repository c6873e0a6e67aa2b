/* core/half: every float16 and every border between two of them. */
#include "core/half.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

/* By the definition. */
static double meaning(uint16_t half)
{
    const int exponent = half >> 10 & 31, fraction = half & 1023;
    const double size =
        exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);
    return half >> 15 ? -size : size;
}

static void all_of_them_are_read(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 65536; h++) {
        const float x = bens_half_to((uint16_t)h);
        const bool special = (h >> 10 & 31) == 31;
        if (special && (h & 1023) != 0)
            assert_true(isnan(x) &&
                        (uint32_t)bens_half_from(x) == (h >> 15 << 15 | 0x7e00));
        else if (special)
            assert_true(isinf(x) && (signbit(x) != 0) == (h >> 15));
        else
            assert_true((double)x == meaning((uint16_t)h));
        assert_true(!special == isfinite(x) && (signbit(x) != 0) == (h >> 15));
        if (!isnan(x)) assert_int_equal(bens_half_from(x), h);
    }
    assert_true(bens_half_to(0x7bff) == BENS_HALF_MAX);
}

/* The middle between two neighbours goes to the even one, the floats beside it to the
 * nearer one; so everything between does. */
static void borders_are_in_the_middle(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 0x7bff; h++) {
        const uint16_t low = (uint16_t)h, high = (uint16_t)(h + 1);
        const float a = bens_half_to(low), b = bens_half_to(high);
        const float middle = a / 2 + b / 2;
        const uint16_t even = h % 2 == 0 ? low : high;
        assert_int_equal(bens_half_from(middle), even);
        assert_int_equal(bens_half_from(nextafterf(middle, a)), low);
        assert_int_equal(bens_half_from(nextafterf(middle, b)), high);
        assert_int_equal(bens_half_from(-middle), even | 0x8000);
        assert_int_equal(bens_half_from(-nextafterf(middle, a)), low | 0x8000);
        assert_int_equal(bens_half_from(-nextafterf(middle, b)), high | 0x8000);
    }
}

static void ends(void **state)
{
    (void)state;
    const float below = nextafterf(65520, 0);
    assert_int_equal(bens_half_from(below), 0x7bff);
    assert_int_equal(bens_half_from(65520), 0x7c00);
    assert_int_equal(bens_half_from(-65520), 0xfc00);
    assert_int_equal(bens_half_from(1e30f), 0x7c00);
    assert_int_equal(bens_half_from(INFINITY), 0x7c00);
    assert_int_equal(bens_half_from(-INFINITY), 0xfc00);
    assert_int_equal(bens_half_from(NAN) & 0x7fff, 0x7e00);
    assert_int_equal(bens_half_from(1e-30f), 0);
    assert_int_equal(bens_half_from(-1e-45f), 0x8000);
    assert_true(!bens_half_overflows(below) && bens_half_overflows(65520) &&
                bens_half_overflows(-1e38f));
    assert_true(!bens_half_overflows(INFINITY) && !bens_half_overflows(NAN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_them_are_read),
        cmocka_unit_test(borders_are_in_the_middle),
        cmocka_unit_test(ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

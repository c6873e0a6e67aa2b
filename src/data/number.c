#include "data/number.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MOST_DIGITS = 40,       /* more change the result by less than 1e-39 of it    */
    EXACT_DIGITS = 15,      /* their integer is a double, and so is 10^22: one    */
    EXACT_POWER = 22,       /* rounding is then all that happens                  */
    LARGEST_POWER = 1000000 /* beyond every double, however many zeros there are  */
};

typedef struct {
    uint64_t value; /* of the first EXACT_DIGITS digits */
    int n;          /* of digit                         */
    char digit[MOST_DIGITS];
    int64_t power; /* the number is digit[0 ... n - 1] as an integer, times 10^power */
} decimal;

/* The end of the digits, NULL if there are none. */
static const char *read_digits(const char *text, decimal *d)
{
    bool point = false, any = false;
    for (;; text++) {
        if (*text == '.' && !point) {
            point = true;
            continue;
        }
        if (*text < '0' || *text > '9') return any ? text : NULL;
        any = true;
        if (d->n == MOST_DIGITS) {
            d->power += !point;
            continue;
        }
        d->power -= point;
        if (d->n == 0 && *text == '0') continue;
        if (d->n < EXACT_DIGITS) d->value = 10 * d->value + (uint64_t)(*text - '0');
        d->digit[d->n++] = *text;
    }
}

/* The end of an exponent, NULL if there are no digits behind the e. */
static const char *read_power(const char *text, decimal *d)
{
    int64_t power = 0;
    if (*text != 'e' && *text != 'E') return text;
    const bool negative = *++text == '-';
    if (*text == '-' || *text == '+') text++;
    if (*text < '0' || *text > '9') return NULL;
    for (; *text >= '0' && *text <= '9'; text++)
        if (power < LARGEST_POWER) power = 10 * power + (*text - '0');
    d->power += negative ? -power : power;
    return text;
}

static double value_of(const decimal *d)
{
    static const double ten[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,
                                                1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
                                                1e18, 1e19, 1e20, 1e21, 1e22};
    char text[MOST_DIGITS + 32];

    if (d->n == 0) return 0;
    if (d->n <= EXACT_DIGITS && d->power >= 0 && d->power <= EXACT_POWER)
        return (double)d->value * ten[d->power];
    if (d->n <= EXACT_DIGITS && d->power < 0 && d->power >= -EXACT_POWER)
        return (double)d->value / ten[-d->power];
    /* strtod's locale decides about the point only, and here there is none */
    snprintf(text, sizeof text, "%.*se%lld", d->n, d->digit, (long long)d->power);
    return strtod(text, NULL);
}

bool bens_number_read(const char *text, double *out)
{
    decimal d = {0};
    const bool negative = *text == '-';
    if (*text == '-' || *text == '+') text++;
    text = read_digits(text, &d);
    if (text != NULL) text = read_power(text, &d);
    if (text == NULL || *text != '\0') return false;
    *out = negative ? -value_of(&d) : value_of(&d);
    return true;
}

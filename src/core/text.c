#include "core/text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 63, PREFIX = 3 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int lower(char c)
{
    return tolower((unsigned char)c);
}

/* Insertions, deletions, changes and swaps of neighbours (optimal string alignment). Only
 * for texts of up to LONGEST bytes. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t rows[3][LONGEST + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];

    for (size_t j = 0; j <= m; j++) last[j] = j;
    for (size_t i = 1; i <= n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            const size_t change = lower(a[i - 1]) != lower(b[j - 1]);
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + change);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                now[j] = least(now[j], before[j - 2] + 1);
        }
        size_t *const spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[m];
}

static bool same_beginning(const char *a, const char *b)
{
    for (size_t i = 0; i < PREFIX; i++)
        if (a[i] == '\0' || lower(a[i]) != lower(b[i])) return false;
    return true;
}

int bens_text_nearest(const char *wanted, const char *const *names, size_t n)
{
    const size_t length = strlen(wanted);
    const size_t allowed = length < 6 ? 1 : length / 3;
    size_t best = allowed + 1;
    int found = -1, prefixed = -1;

    for (size_t i = 0; i < n; i++) {
        const size_t other = strlen(names[i]);
        if (length == 0 || length > LONGEST || other > LONGEST) continue;
        const size_t d = distance(wanted, length, names[i], other);
        if (d < best) {
            best = d;
            found = (int)i;
        }
        if (prefixed < 0 && same_beginning(wanted, names[i])) prefixed = (int)i;
    }
    return found >= 0 ? found : prefixed;
}

/* Bytes of the UTF-8 character that text [size > 0] begins with; 0: it is none. */
static size_t character(const unsigned char *text, size_t size)
{
    const unsigned char c = text[0];
    if (c < 0x80) return 1;
    if (c < 0xc2 || c > 0xf4) return 0;
    const size_t length = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (size < length) return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80) return 0;
    const unsigned char next = text[1];
    const bool overlong = (c == 0xe0 && next < 0xa0) || (c == 0xf0 && next < 0x90);
    const bool surrogate = c == 0xed && next > 0x9f, beyond = c == 0xf4 && next > 0x8f;
    return overlong || surrogate || beyond ? 0 : length;
}

bool bens_text_is_utf8(const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text;
    for (size_t step; size > 0; at += step, size -= step)
        if ((step = character(at, size)) == 0) return false;
    return true;
}

void bens_text_bytes(double bytes, char *text, size_t size)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    while (bytes >= 1023.5 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1024;
        unit++;
    }
    /* 9.95 and more round to 10, which takes no decimal */
    snprintf(text, size, bytes < 9.95 ? "%.2g %s" : "%.0f %s", bytes, units[unit]);
}

void bens_text_seconds(double seconds, char *text, size_t size)
{
    if (!isfinite(seconds) || seconds > 1e12) {
        snprintf(text, size, "?");
        return;
    }
    if (seconds < 9.95) {
        snprintf(text, size, "%.*f s", seconds < 0.995 ? 2 : 1,
                 seconds > 0 ? seconds : 0);
        return;
    }
    const long long s = (long long)(seconds + 0.5);
    const long long minutes = s / 60 % 60, hours = s / 3600 % 24, days = s / 86400;
    if (days > 0)
        snprintf(text, size, "%lld d %lld:%02lld", days, hours, minutes);
    else if (hours > 0)
        snprintf(text, size, "%lld:%02lld:%02lld", hours, minutes, s % 60);
    else
        snprintf(text, size, "%lld:%02lld", minutes, s % 60);
}

void bens_text_count(double count, char *text, size_t size)
{
    static const char *const units[] = {"", " k", " M", " G", " T", " P", " E"};
    size_t unit = 0;
    while (fabs(count) >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        count /= 1000;
        unit++;
    }
    snprintf(text, size, "%.3g%s", count, units[unit]);
}

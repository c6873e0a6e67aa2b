#include "core/status.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char error_text[1024];

bens_status bens_error_set(bens_status code, const char *format, ...)
{
    char line[sizeof error_text]; /* an argument may be the text recorded before */
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    for (char *c = line; *c != '\0'; c++)
        if (*c == '\n' || *c == '\r') *c = ' ';
    memcpy(error_text, line, sizeof line);
    return code;
}

const char *bens_error_text(void)
{
    return error_text;
}

_Noreturn void bens_assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "bens: broken invariant at %s:%d: %s\n", file, line, condition);
    abort();
}

bens_status bens_alloc(size_t count, size_t size, void *out)
{
    if (size != 0 && count > (SIZE_MAX - 64) / size)
        BENS_FAIL(BENS_ERR_FAILURE, "wanted memory for %zu x %zu bytes: too large", count,
                  size);
    const size_t bytes = (count * size + 63) / 64 * 64 + (count * size == 0 ? 64 : 0);
    void *p = aligned_alloc(64, bytes);
    if (p == NULL)
        BENS_FAIL(BENS_ERR_FAILURE, "wanted %zu bytes of memory: none left", bytes);
    memset(p, 0, bytes);
    memcpy(out, &p, sizeof p);
    return BENS_OK;
}

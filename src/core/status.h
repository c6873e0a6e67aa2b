/* status.h - how a function says that it failed, and the one line that says why.
 *
 * Whoever detects an error writes the text, once; everybody else passes the status on and
 * nobody but src/cmd prints. The values are the exit codes of the program. */
#ifndef BENS_CORE_STATUS_H
#define BENS_CORE_STATUS_H

#include <stddef.h>

typedef enum {
    BENS_OK = 0,
    BENS_ERR_FAILURE = 1, /* no memory, a library failed                             */
    BENS_ERR_CONFIG = 2,  /* usage, settings, the input files that they name         */
    BENS_ERR_TRUST = 3,   /* a result that must not be believed ([run] strict)       */
    BENS_ERR_IO = 4,      /* a run or a file of bens could not be read or written    */
    BENS_ERR_PEER = 5,    /* another rank or a device was lost                       */
    BENS_STOPPED = 75,    /* no error: checkpointed before the end, run me again     */
} bens_status;

/* Local. Records the line (cut at 1023 bytes; line breaks become
 * spaces) and returns `code`. */
bens_status bens_error_set(bens_status code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Local. The line of the latest error, "" if there was none.
 * Valid until the next error. */
const char *bens_error_text(void);

/* Returns the code itself, so that a compiler sees that it is not BENS_OK. */
#define BENS_FAIL(code, ...)                                                             \
    do {                                                                                 \
        bens_error_set(code, __VA_ARGS__);                                               \
        return (code);                                                                   \
    } while (0)

#define BENS_TRY(expression)                                                             \
    do {                                                                                 \
        const bens_status bens_try_ = (expression);                                      \
        if (bens_try_ != BENS_OK) return bens_try_;                                      \
    } while (0)

/* A broken invariant of the program itself, never a user's
 * mistake: ends the job at once. */
#define BENS_ASSERT(condition)                                                           \
    ((condition) ? (void)0 : bens_assert_failed(#condition, __FILE__, __LINE__))
_Noreturn void bens_assert_failed(const char *condition, const char *file, int line);

/* Local. *out = `count` zeroed elements of `size` bytes on a 64-byte boundary, padded to
 * a multiple of 64 bytes; free() releases it. count = 0 gives a valid pointer.
 * Errors: BENS_ERR_FAILURE (overflow, no memory); *out is then untouched. */
bens_status bens_alloc(size_t count, size_t size, void *out);

#endif

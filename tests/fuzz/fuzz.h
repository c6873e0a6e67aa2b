/* fuzz.h - a fuzz target: tests/fuzz/NAME.c gives bytes to a reader of bens and
 * ends the program where the reader breaks a promise of its header; the sanitizers
 * see to the rest. It is linked with libFuzzer (clang, -D BENS_FUZZ=ON), or with
 * driver.c, which any compiler builds. corpus/NAME holds where to begin, NAME.dict
 * the words that a reader knows. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "core/status.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The names are libFuzzer's. Initialize is optional; both return 0. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a reader promises. */
#define FUZZ_PROMISE(condition) BENS_ASSERT(condition)

static long fuzz_n_crashed, fuzz_n_looped; /* of HDF5 in a process of its own */

/* An error says why, in one line. */
static inline void fuzz_check_error(bens_status status)
{
    if (status == BENS_OK) return;
    fuzz_n_crashed += strstr(bens_error_text(), "HDF5 crashed on") != NULL;
    fuzz_n_looped += strstr(bens_error_text(), "s of processor time") != NULL;
    FUZZ_PROMISE(bens_error_text()[0] != '\0');
    FUZZ_PROMISE(strpbrk(bens_error_text(), "\r\n") == NULL);
}

/* The bytes as a text of C: cut at the first 0. free() it. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    FUZZ_PROMISE(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

#endif

/* The text of a value, for every kind of option. What was read, printed, is read as the
 * same. The first byte chooses the option. */
#include "core/option.h"
#include "fuzz/fuzz.h"

typedef union {
    bool flag;
    int64_t whole;
    double real;
    char *text;
    int choice;
    bens_matrix matrix;
    bens_length length;
} field;

static const bens_option options[] = {
    {.name = "bool", .kind = BENS_OPTION_BOOL},
    {.name = "int", .kind = BENS_OPTION_INT},
    {.name = "ranged", .kind = BENS_OPTION_INT, .min = -3, .max = 1e6, .word = "auto"},
    {.name = "real", .kind = BENS_OPTION_REAL},
    {.name = "share", .kind = BENS_OPTION_REAL, .min = 0, .max = 1, .below_max = true},
    {.name = "rate",
     .kind = BENS_OPTION_REAL,
     .min = 0,
     .max = 1e18,
     .above_min = true,
     .word = "estimated",
     .word_value = -1},
    {.name = "text", .kind = BENS_OPTION_TEXT, .preset = ""},
    {.name = "path", .kind = BENS_OPTION_PATH, .choices = "model|zero"},
    {.name = "choice", .kind = BENS_OPTION_CHOICE, .choices = "one|two|three"},
    {.name = "matrix", .kind = BENS_OPTION_MATRIX, .preset = ""},
    {.name = "time", .kind = BENS_OPTION_TIME, .min = 0, .max = 1e9},
    {.name = "length", .kind = BENS_OPTION_LENGTH, .min = 0, .max = 1e18},
};

static bool same(bens_option_kind kind, const field *a, const field *b)
{
    switch (kind) {
    case BENS_OPTION_BOOL:
        return a->flag == b->flag;
    case BENS_OPTION_INT:
        return a->whole == b->whole;
    case BENS_OPTION_REAL:
        return memcmp(&a->real, &b->real, sizeof a->real) == 0;
    case BENS_OPTION_TIME: /* -0 becomes 0, here and for a length */
        return !(a->real < b->real) && !(a->real > b->real);
    case BENS_OPTION_TEXT:
    case BENS_OPTION_PATH:
        return strcmp(a->text, b->text) == 0;
    case BENS_OPTION_CHOICE:
        return a->choice == b->choice;
    case BENS_OPTION_MATRIX:
        return a->matrix.rows == b->matrix.rows &&
               a->matrix.columns == b->matrix.columns &&
               (a->matrix.rows == 0 ||
                memcmp(a->matrix.value, b->matrix.value,
                       (size_t)(a->matrix.rows * a->matrix.columns) * sizeof(double)) ==
                    0);
    case BENS_OPTION_LENGTH:
        return !(a->length.value < b->length.value) &&
               !(a->length.value > b->length.value) && a->length.unit == b->length.unit;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    const bens_option *o = &options[data[0] % (sizeof options / sizeof *options)];
    char *text = fuzz_text(data + 1, size - 1), *printed;
    field first = {0}, second = {0};
    bens_pool *pool;
    FUZZ_PROMISE(bens_pool_create(&pool) == BENS_OK);
    const bens_status s =
        bens_option_set(o, &first, pool, "/folder", "fuzz.ini:1", "fuzz", text);
    fuzz_check_error(s);
    if (s == BENS_OK) {
        FUZZ_PROMISE(bens_option_print(o, &first, pool, &printed) == BENS_OK);
        FUZZ_PROMISE(bens_option_set(o, &second, pool, "/elsewhere", "again", "fuzz",
                                     printed) == BENS_OK);
        FUZZ_PROMISE(same(o->kind, &first, &second));
    }
    bens_pool_destroy(pool);
    free(text);
    return 0;
}

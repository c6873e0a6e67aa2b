/* pool.c - memory that is freed all at once: what a set of options owns. */
#include "core/option.h"

#include <stdlib.h>
#include <string.h>

typedef struct block {
    struct block *next;
    void *bytes;
} block;

struct bens_pool {
    block *first;
};

bens_status bens_pool_create(bens_pool **out)
{
    return bens_alloc(1, sizeof **out, out);
}

void bens_pool_destroy(bens_pool *pool)
{
    if (pool == NULL) return;
    for (block *b = pool->first, *next; b != NULL; b = next) {
        next = b->next;
        free(b->bytes);
        free(b);
    }
    free(pool);
}

bens_status bens_pool_bytes(bens_pool *pool, size_t bytes, void *out)
{
    block *b;
    BENS_TRY(bens_alloc(1, sizeof *b, &b));
    const bens_status status = bens_alloc(bytes, 1, &b->bytes);
    if (status != BENS_OK) {
        free(b);
        return status;
    }
    b->next = pool->first;
    pool->first = b;
    memcpy(out, &b->bytes, sizeof b->bytes);
    return BENS_OK;
}

bens_status bens_pool_text(bens_pool *pool, const char *text, char **out)
{
    const size_t size = strlen(text) + 1;
    char *copy;
    BENS_TRY(bens_pool_bytes(pool, size, &copy));
    memcpy(copy, text, size);
    *out = copy;
    return BENS_OK;
}

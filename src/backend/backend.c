#include "backend/backend.h"

#include <stdlib.h>
#include <string.h>

#define X(name) extern const bens_backend bens_backend_##name;
#include "backend/list.h"
#undef X

static const bens_backend *const backends[] = {
#define X(name) &bens_backend_##name,
#include "backend/list.h"
#undef X
};

const bens_backend *bens_backend_at(size_t i)
{
    return i < sizeof backends / sizeof backends[0] ? backends[i] : NULL;
}

const bens_backend *bens_backend_find(const char *name)
{
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++)
        if (strcmp(backends[i]->name, name) == 0) return backends[i];
    return NULL;
}

void bens_noise_release(bens_noise *noise)
{
    free(noise->z);
    *noise = (bens_noise){0};
}

#include "samplers/sampler.h"

#include <string.h>

#define X(name) extern const bens_sampler bens_sampler_##name;
#include "samplers/list.h"
#undef X

static const bens_sampler *const samplers[] = {
#define X(name) &bens_sampler_##name,
#include "samplers/list.h"
#undef X
};

const bens_sampler *bens_sampler_at(size_t i)
{
    return i < sizeof samplers / sizeof *samplers ? samplers[i] : NULL;
}

const bens_sampler *bens_sampler_find(const char *name)
{
    for (size_t i = 0; i < sizeof samplers / sizeof *samplers; i++)
        if (strcmp(samplers[i]->name, name) == 0) return samplers[i];
    return NULL;
}

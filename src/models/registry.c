#include "models/model.h"

#include <string.h>

#define X(name) extern const bens_model bens_model_##name;
#include "models/list.h"
#undef X

static const bens_model *const models[] = {
#define X(name) &bens_model_##name,
#include "models/list.h"
#undef X
};

const bens_model *bens_model_at(size_t i)
{
    return i < sizeof models / sizeof *models ? models[i] : NULL;
}

const bens_model *bens_model_find(const char *name)
{
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        if (strcmp(models[i]->name, name) == 0) return models[i];
    return NULL;
}

static const bens_likelihood *const likelihoods[] = {
#define X(name) &bens_likelihood_##name,
#include "models/likelihoods.h"
#undef X
};

const bens_likelihood *bens_likelihood_at(size_t i)
{
    return i < sizeof likelihoods / sizeof *likelihoods ? likelihoods[i] : NULL;
}

const bens_likelihood *bens_likelihood_find(const char *name)
{
    for (size_t i = 0; i < sizeof likelihoods / sizeof *likelihoods; i++)
        if (strcmp(likelihoods[i]->name, name) == 0) return likelihoods[i];
    return NULL;
}

/* graph_init.c - where chains start: every tensor by its initialiser. */
#include "ops/graph.h"

/* Uniform numbers take the blocks from 2^40 on, those of normals end long before: tensors
 * side by side share no word. Element e has word e mod 4 of block 2^40 + e div 4. */
static const uint64_t UNIFORM_BLOCKS = (uint64_t)1 << 40;

static void fill_uniform(const bens_rng *at, const bens_tensor *t, float *x)
{
    uint32_t word[4] = {0};
    for (size_t e = t->offset; e < t->offset + t->size; e++) {
        if (e % 4 == 0 || e == t->offset)
            bens_rng_block(at, UNIFORM_BLOCKS + e / 4, word);
        const double u = ((double)word[e % 4] + 0.5) * 0x1p-32;
        x[e] = (float)(t->init.scale * (2 * u - 1));
    }
}

void bens_graph_init(const bens_params *params, const bens_backend *be,
                     const bens_rng *at, float *theta)
{
    for (int i = 0; i < params->n_tensors; i++) {
        const bens_tensor *t = &params->tensors[i];
        const size_t end = t->offset + t->size;
        switch (t->init.kind) {
        case BENS_INIT_ZERO:
            break;
        case BENS_INIT_ONE:
            for (size_t e = t->offset; e < end; e++) theta[e] = 1;
            break;
        case BENS_INIT_NORMAL:
            be->normals(at, t->offset, t->size, theta + t->offset);
            for (size_t e = t->offset; e < end; e++) theta[e] *= (float)t->init.scale;
            break;
        case BENS_INIT_UNIFORM:
            fill_uniform(at, t, theta);
            break;
        }
    }
}

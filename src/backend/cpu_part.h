/* cpu_part.h - loops over columns whose number is no multiple of the width: the last
 * vector is there in part. */
#ifndef BENS_BACKEND_CPU_PART_H
#define BENS_BACKEND_CPU_PART_H

#include "backend/cpu_simd.h"

/* A loop over p->channels, a vector at a time, `left` of them still to come. */
#define EACH_CHANNEL(p)                                                                  \
    for (int64_t c = 0, left = p->channels; left > 0; c += BENS_WIDTH, left -= BENS_WIDTH)

/* The first `count` elements, if not all; the others are 0. */
BENS_HD bens_vf bens_v_load_part(const float *p, int64_t count)
{
    bens_vf x = bens_v_splat(0);
    if (count >= BENS_WIDTH) return bens_v_load(p);
    memcpy(&x, p, (size_t)count * sizeof *p);
    return x;
}

BENS_HD void bens_v_store_part(float *p, bens_vf x, int64_t count)
{
    if (count >= BENS_WIDTH)
        bens_v_store(p, x);
    else
        memcpy(p, &x, (size_t)count * sizeof *p);
}

#endif

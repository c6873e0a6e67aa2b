#include "core/schedule.h"

#include "core/kernels.h"

/* 1 at x = 0, 0 at x = 1. */
static double half_cosine(double x)
{
    return 0.5 + 0.5 * bens_k_cospi_f64(x);
}

/* The factor before floor and warmup; t from the end of the
 * warmup, in cycles from step 0. */
static double shape(const bens_schedule *schedule, int64_t t)
{
    switch (schedule->kind) {
    case BENS_SCHEDULE_CONSTANT:
        return 1;
    case BENS_SCHEDULE_POLYNOMIAL: {
        const double age = 1 + (double)t / (double)schedule->offset;
        return bens_k_exp_f64(-schedule->power * bens_k_log_f64(age));
    }
    case BENS_SCHEDULE_COSINE: {
        const int64_t length = schedule->length - schedule->warmup;
        return t < length ? half_cosine((double)t / (double)length) : 0;
    }
    case BENS_SCHEDULE_CYCLICAL:
        return half_cosine((double)(t % schedule->cycle) / (double)schedule->cycle);
    }
    return 1;
}

double bens_schedule_at(const bens_schedule *schedule, int64_t t)
{
    const bool cyclical = schedule->kind == BENS_SCHEDULE_CYCLICAL;
    if (cyclical && schedule->is_temperature)
        return bens_schedule_explores(schedule, t) ? 0 : 1;

    const bool warming = t < schedule->warmup;
    const double warmup = warming ? (double)(t + 1) / (double)schedule->warmup : 1;
    if (warming && !cyclical) return warmup;
    const double falls = shape(schedule, cyclical ? t : t - schedule->warmup);
    return warmup * (schedule->floor + (1 - schedule->floor) * falls);
}

int64_t bens_schedule_draw(const bens_schedule *schedule, int64_t burn_in, int64_t thin,
                           int64_t k)
{
    const int64_t cycle = schedule->cycle, explore = schedule->explore;
    if (cycle == 0) return burn_in + (k + 1) * thin;

    BENS_ASSERT(0 < thin && thin <= cycle - explore);
    const int64_t per_cycle = (cycle - explore) / thin;
    const int64_t skipped = burn_in / cycle + (burn_in % cycle != 0);
    return (skipped + k / per_cycle) * cycle + explore + (k % per_cycle + 1) * thin;
}

bool bens_schedule_explores(const bens_schedule *schedule, int64_t t)
{
    return schedule->cycle > 0 && t % schedule->cycle < schedule->explore;
}

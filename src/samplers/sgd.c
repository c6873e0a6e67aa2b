/* sgd.c - stochastic gradient descent as torch.optim.SGD has it.
 *
 *     d      = -g + weight_decay theta
 *     buf'   = momentum buf + (1 - dampening) d        the first step: buf' = d
 *     theta' = theta - lr buf'                  nesterov: theta - lr (d + momentum buf')
 *
 * lr is step_size; m is -buf. Without momentum there is no buffer and no dampening. */
#include "samplers/sampler.h"

typedef struct {
    bens_sampler_common common;
    double momentum, dampening, weight_decay;
    bool nesterov;
} sgd_options;

static const bens_option options[] = {
    BENS_SAMPLER_COMMON(sgd_options),
    {.name = "momentum",
     .kind = BENS_OPTION_REAL,
     .preset = "0",
     .min = 0,
     .max = 1,
     .below_max = true,
     .offset = offsetof(sgd_options, momentum),
     .doc = "share of the buffer that a step keeps"},
    {.name = "dampening",
     .kind = BENS_OPTION_REAL,
     .preset = "0",
     .min = 0,
     .max = 1,
     .below_max = true,
     .offset = offsetof(sgd_options, dampening),
     .doc =
         "share of the gradient that does not enter the buffer, but for the first one"},
    {.name = "nesterov",
     .kind = BENS_OPTION_BOOL,
     .preset = "false",
     .offset = offsetof(sgd_options, nesterov),
     .doc =
         "moves by the gradient and the momentum to come; wants momentum, no dampening"},
    {.name = "weight_decay",
     .kind = BENS_OPTION_REAL,
     .preset = "0",
     .min = 0,
     .max = 1e30,
     .offset = offsetof(sgd_options, weight_decay),
     .doc = "adds this times theta to the gradient, beside the prior"},
    {0},
};

static bens_status check(const void *p)
{
    const sgd_options *o = p;
    if (o->nesterov && (o->momentum == 0 || o->dampening != 0))
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[sampler] sgd: nesterov wants momentum > 0 and dampening = 0, found "
                  "momentum = %g, dampening = %g",
                  o->momentum, o->dampening);
    return BENS_OK;
}

static bens_langevin linear(const void *p, const bens_step *at)
{
    const sgd_options *o = p;
    const bool whole = at->step == 0 || o->momentum == 0;
    const double lr = at->eps;

    return (bens_langevin){.a = o->momentum,
                           .b = whole ? 1 : 1 - o->dampening,
                           .q = o->nesterov ? lr : 0,
                           .r = o->nesterov ? lr * o->momentum : lr,
                           .decay = o->weight_decay};
}

/* Heavy ball: lr (1 - dampening) h < 2 (1 + momentum). Nesterov: lr h < 2 (1 + momentum)
 * / (1 + 2 momentum). The weight decay is part of the curvature. */
static double largest_step(const void *p, double h)
{
    const sgd_options *o = p;
    const double mu = o->momentum, most = 2 * (1 + mu) / (h + o->weight_decay);

    if (o->nesterov) return most / (1 + 2 * mu);
    return mu > 0 ? most / (1 - o->dampening) : most;
}

static double weight_decay(const void *p)
{
    const sgd_options *o = p;
    return o->weight_decay;
}

const bens_sampler bens_sampler_sgd = {
    .name = "sgd",
    .doc = "stochastic gradient descent with momentum, as torch.optim.SGD; an optimiser",
    .options = options,
    .options_size = sizeof(sgd_options),
    .n_aux = 1,
    .momenta = true,
    .optimiser = true,
    .changes = true,
    .check = check,
    .linear = linear,
    .largest_step = largest_step,
    .weight_decay = weight_decay,
};

/* adam.c - Adam as torch.optim.Adam has it.
 * Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015.
 *
 *     d  = -g + weight_decay theta                             lr = step_size
 *     m' = m + (1 - beta1) (d - m)     v' = beta2 v + (1 - beta2) d^2
 *     theta' = theta - lr / (1 - beta1^t) m' / (sqrt(v' / (1 - beta2^t)) + epsilon) */
#include "samplers/moments.h"

static void update(const void *p, const bens_step *at, const bens_update *on,
                   double *sum_m2)
{
    const bens_adam_options *o = p;
    bens_adam adam = bens_moments_adam(o, at);
    adam.decay = o->weight_decay;
    on->be->adam(on->params, on->theta, on->aux[0], on->aux[1], on->grad, on->scale,
                 &adam, sum_m2);
}

const bens_sampler bens_sampler_adam = {
    .name = "adam",
    .doc = "Adam, as torch.optim.Adam; an optimiser",
    .options = bens_adam_table,
    .options_size = sizeof(bens_adam_options),
    .n_aux = 2,
    .optimiser = true,
    .update = update,
    .weight_decay = bens_moments_weight_decay,
};

/* adamw.c - Adam with decoupled weight decay as torch.optim.AdamW has it.
 * Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019.
 *
 *     theta1 = theta - lr weight_decay theta
 *
 * and from there the step of Adam (adam.c) on d = -g. */
#include "samplers/moments.h"

static void update(const void *p, const bens_step *at, const bens_update *on,
                   double *sum_m2)
{
    const bens_adam_options *o = p;
    bens_adam adam = bens_moments_adam(o, at);
    adam.shrink = at->eps * o->weight_decay;
    on->be->adam(on->params, on->theta, on->aux[0], on->aux[1], on->grad, on->scale,
                 &adam, sum_m2);
}

const bens_sampler bens_sampler_adamw = {
    .name = "adamw",
    .doc = "Adam with decoupled weight decay, as torch.optim.AdamW; an optimiser",
    .options = bens_adam_table,
    .options_size = sizeof(bens_adam_options),
    .n_aux = 2,
    .optimiser = true,
    .update = update,
    .weight_decay = bens_moments_weight_decay,
};

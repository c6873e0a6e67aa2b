/* plan.h - `bens train --dry-run`: what a run would do, before it does it. */
#ifndef BENS_RUN_PLAN_H
#define BENS_RUN_PLAN_H

#include "run/session.h"

/* Collective. Rank 0 prints chains, data, model, memory, files and free space, an
 * estimate of the time, and the largest stable step size at the start of the first chain.
 * Nothing is written. Errors: what would stop the run (a folder that is in use, a full
 * disk). */
bens_status bens_plan_show(bens_session *session);

/* Collective over the shards. *h = the largest eigenvalue of minus the Hessian of the
 * normalised log posterior at theta [n], to about 2 %, by power iteration on differences
 * of full-data gradients; where the eigenvalue of largest modulus is negative the
 * iteration is repeated on the shifted Hessian. NaN if a gradient is not finite. */
bens_status bens_plan_curvature(bens_workspace *work, const float *theta, double *h);

#endif

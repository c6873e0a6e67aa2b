/* logit_design.h - the rows of a Bernoulli regression as the
 * backend's fused kernel reads them. */
#ifndef BENS_MODELS_LOGIT_DESIGN_H
#define BENS_MODELS_LOGIT_DESIGN_H

#include "data/data.h"
#include "backend/backend.h"

/* Local. Copies the features of two-class data, with a column of ones behind them if
 * `intercept`; features + intercept <= BENS_LOGIT_WIDTH. Errors: BENS_ERR_FAILURE. */
bens_status bens_logit_design_create(const bens_data *data, bool intercept,
                                     bens_logit_design **out);
void bens_logit_design_destroy(bens_logit_design *design); /* takes NULL */

#endif

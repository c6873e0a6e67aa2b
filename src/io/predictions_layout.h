/* predictions_layout.h - the variables of predictions.h5. Private to io/; all Local. */
#ifndef BENS_IO_PREDICTIONS_LAYOUT_H
#define BENS_IO_PREDICTIONS_LAYOUT_H

#include "io/predictions.h"
#include "io/samples_layout.h"

/* Those of `spec`, group by group. */
bens_status bens_predictions_layout_create(const bens_predictions_spec *spec,
                                           bens_samples_layout *out);

#endif

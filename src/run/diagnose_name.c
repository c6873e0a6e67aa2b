/* diagnose_name.c - what a number is called. */
#include "run/diagnose_parts.h"

#include <stdio.h>

/* The tensor in the run's model, which knows the names of the data's columns; else that
 * of the file. */
static const bens_tensor *find(const bens_diagnosis *d, int tensor)
{
    const bens_tensor *stored = &d->draws->params.tensors[tensor];
    const bens_tensor *own = bens_params_find(&d->problem.problem.params, stored->name);
    return own != NULL ? own : stored;
}

static void name_axis(const bens_tensor *t, int k, size_t i, char *text, size_t size)
{
    const bens_axis *axis = t->axis[k];
    if (axis != NULL && axis->labels != NULL)
        snprintf(text, size, "%s", axis->labels[i]);
    else
        snprintf(text, size, "%zu", i);
}

void bens_diagnose_name(const bens_diagnosis *d, int tensor, size_t element, char *text,
                        size_t size)
{
    char label[64];
    if (tensor < 0) {
        snprintf(text, size, "lp");
        return;
    }
    const bens_tensor *t = find(d, tensor);
    size_t stride = t->size, at = (size_t)snprintf(text, size, "%s", t->name);
    for (int k = 0; k < t->rank && at < size; k++) {
        stride /= (size_t)t->shape[k];
        name_axis(t, k, element / stride % (size_t)t->shape[k], label, sizeof label);
        at += (size_t)snprintf(text + at, size - at, "%s%s%s", k == 0 ? "[" : ", ", label,
                               k == t->rank - 1 ? "]" : "");
    }
}

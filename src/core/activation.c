#include "core/activation.h"

#include <string.h>

#define BENS_OUTPUT_ false
#define BENS_INPUT_  true

static const bens_activation_about table[] = {
    {"none", "x itself", false},
#define X(name, slope_of, doc) {#name, doc, BENS_##slope_of##_},
#include "core/activations/list.h"
#undef X
};

/* clang-format off */
const char bens_activation_choices[] = "none"
#define X(name, slope_of, doc) "|" #name
#include "core/activations/list.h"
#undef X
    ;
/* clang-format on */

const bens_activation_about *bens_activation_at(bens_activation a)
{
    return &table[a];
}

bens_activation bens_activation_find(const char *name)
{
    int i = 0;
    while (i < BENS_N_ACTIVATIONS && strcmp(table[i].name, name) != 0) i++;
    return (bens_activation)i;
}

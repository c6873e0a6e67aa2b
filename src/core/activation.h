/* activation.h - functions of one element between the layers of a network.
 *
 * To add one: write core/activations/NAME.h with the function and its slope on an
 * abstract float (kernels_f32.h), and a line X(NAME, ...), add its #include to list.h. It
 * is then an op of that name, a word for [model] activation, and fused into dense and
 * convolutions. NAME.h is included more than once and has no guard: with BENS_F defined
 * it gives the functions
 *
 *     y = BENS_K(NAME)(x)      dy/dx = BENS_K(NAME_slope)(x, y)
 *
 * otherwise X(NAME, OUTPUT | INPUT, "one line"): OUTPUT where the slope needs y only, so
 * that x need not be kept. Without branches; a NaN passes through. */
#ifndef BENS_CORE_ACTIVATION_H
#define BENS_CORE_ACTIVATION_H

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    BENS_IDENTITY,
#define X(name, slope_of, doc) BENS_ACTIVATION_##name,
#include "core/activations/list.h"
#undef X
    BENS_N_ACTIVATIONS
} bens_activation;

typedef struct {
    const char *name, *doc;
    bool needs_input; /* the slope needs x, not only y */
} bens_activation_about;

/* Local. Of any bens_activation. */
const bens_activation_about *bens_activation_at(bens_activation a);

/* Local. BENS_IDENTITY for "none", BENS_N_ACTIVATIONS if there is none of that name. */
bens_activation bens_activation_find(const char *name);

/* The words of a setting, for bens_option.choices: "none|relu|...", in the order of the
 * enum, so that the field of a CHOICE is a bens_activation. */
extern const char bens_activation_choices[];

#endif

/* norm.h - what norms need besides their kernels. */
#ifndef BENS_BACKEND_NORM_H
#define BENS_BACKEND_NORM_H

#include "backend/layers.h"

#include <stddef.h>

enum { BENS_NORM_THREADS = 8 }; /* at most: each has room for the z of an image */

#endif

#include "samplers/linear.h"

#include <math.h>

bens_langevin bens_linear_with_mass(bens_langevin c, double M, bool momenta)
{
    const double root = sqrt(M);
    c.q /= M;
    if (!momenta) {
        c.s /= root;
        return c;
    }
    c.b /= root;
    c.p /= root;
    c.r /= root;
    return c;
}

/* An impulse in m carries theta (p + r) / (1 - a) far in all that follows; one in g does
 * so through b m, and at once by q. */
double bens_linear_noise_gain(const bens_langevin *c, bool momenta)
{
    if (!momenta) return c->q * c->q;
    const double far = c->p + c->r;
    const double gain = far > 0 ? c->b + c->q * (1 - c->a) / far : c->b;
    return gain * gain;
}

bens_langevin bens_linear_without_noise(bens_langevin c, double B, bool momenta,
                                        bool *clamped)
{
    if (!(c.s > 0)) return c; /* nothing is injected: nothing to take off */
    const double left = c.s * c.s - bens_linear_noise_gain(&c, momenta) * B;
    if (left < 0) *clamped = true;
    c.s = left > 0 ? sqrt(left) : 0;
    return c;
}

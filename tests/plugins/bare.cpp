// bare.cpp - a plug-in in C++17: a standard normal in `dim` dimensions.
#include <bens/plugin.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace
{
struct normal {
    bens_plugin_tensor x{"x", 1, {3, 0, 0, 0}};
};

int create(const char *const *settings, void **state, bens_plugin_shape *shape,
           char *message, std::size_t message_size)
{
    auto *n = new normal;
    for (; settings[0] != nullptr; settings += 2) {
        if (std::strcmp(settings[0], "dim") != 0) {
            std::snprintf(message, message_size, "wanted the key dim, found '%s'",
                          settings[0]);
            delete n;
            return 1;
        }
        n->x.shape[0] = std::atoll(settings[1]);
    }
    shape->n_tensors = 1;
    shape->tensors = &n->x;
    *state = n;
    return 0;
}

void destroy(void *state)
{
    delete static_cast<normal *>(state);
}

void log_prior(void *state, const float *theta, double *value, float *grad)
{
    const auto *n = static_cast<const normal *>(state);
    for (int64_t i = 0; i < n->x.shape[0]; i++) {
        *value -= 0.5 * double(theta[i]) * double(theta[i]);
        if (grad != nullptr) grad[i] -= theta[i];
    }
}
} // namespace

// In the order of bens_plugin; C++17 has no names here.
const bens_plugin bens_plugin_v1 = {
    BENS_PLUGIN_ABI, sizeof(bens_plugin), "bare",  nullptr, create, destroy, nullptr,
    nullptr,         log_prior,           nullptr,
};

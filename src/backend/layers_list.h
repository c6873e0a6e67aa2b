/* The kernels of layers.h: one line each. */
X(activate)
X(activate_back)
X(lstm)
X(lstm_back)
X(max_pool)
X(max_pool_back)
X(mean_pool)
X(mean_pool_back)

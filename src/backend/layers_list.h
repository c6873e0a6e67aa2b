/* The kernels of layers.h: one line each. */
X(activate)
X(activate_back)

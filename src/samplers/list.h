/* The registry of samplers: one line each; the first is the default. */
X(baoa)
X(sghmc)

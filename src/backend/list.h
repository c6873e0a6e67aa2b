/* The registry of backends: one line each. */
X(cpu)

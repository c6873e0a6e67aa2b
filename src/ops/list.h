/* The registry of ops: one line each (activations have their own, core/activations). */
X(dense)
X(flatten)

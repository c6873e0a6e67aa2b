/* The registry of likelihoods: one line each. */
X(bernoulli)
X(categorical)
X(normal)

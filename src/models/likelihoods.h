/* The registry of likelihoods: one line each. */
X(bernoulli)
X(categorical)
X(normal)
X(normal_mean_logvar)
X(poisson)

"""The exact posterior of eight schools, and how to compare draws with a mean and an sd.

    y_j ~ N(theta_j, sigma_j^2)   theta_j ~ N(mu, tau^2)   mu ~ N(0, 5^2)   tau ~ half-Cauchy(0, 5)

Given tau, mu and theta are Gaussian, so that one integral is left, over log(tau): a sum over a
grid, whose error falls faster than any power of its width for an integrand that is smooth and
vanishes at both ends (4,000 and 8,000 points agree to 1e-12).
"""
import numpy as np

Y = np.array([28, 8, -3, 7, -1, 1, 18, 12.])
SIGMA = np.array([15, 10, 16, 11, 9, 11, 10, 18.])
NAMES = ["mu", "log_tau", "tau"] + [f"theta[{j}]" for j in range(8)]


def exact(points=4000):
    """(mean, sd) of NAMES."""
    t = np.linspace(-25, 14, points + 1)[:, None]
    tau = np.exp(t)
    v = SIGMA**2 + tau**2                        # of y given mu and tau
    precision = 1 / 25 + (1 / v).sum(1, keepdims=True)
    m = (Y / v).sum(1, keepdims=True) / precision  # mu given tau and y: N(m, 1 / precision)
    log_p = (t - np.log1p((tau / 5)**2) + .5 * m**2 * precision - .5 * np.log(precision)
             - .5 * (np.log(v) + Y**2 / v).sum(1, keepdims=True))
    w = tau**2 / v                               # theta given mu, tau, y: mean w y + (1 - w) mu
    mean = np.hstack([m, t, tau, w * Y + (1 - w) * m])
    variance = np.hstack([1 / precision, 0 * t, 0 * t, w * SIGMA**2 + (1 - w)**2 / precision])
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    first = (p * mean).sum(0)
    return first, np.sqrt((p * (variance + mean**2)).sum(0) - first**2)


def columns(mu, log_tau, tau, theta):
    """[chain, draw] three times and [chain, draw, 8] as [chain, draw, NAMES]."""
    return np.concatenate([x[..., None] for x in (mu, log_tau, tau)] + [theta], -1).astype(float)


def moments(x, pieces=1):
    """x [chain, draw, k]: (mean, its error, sd, its error), each [k]. The errors come from the
    spread of the chains, each cut in `pieces` that are taken as independent."""
    x = x.reshape(x.shape[0] * pieces, -1, x.shape[-1])
    mean = x.mean((0, 1))
    square = ((x - mean)**2).mean(1)             # [piece, k]
    sd = np.sqrt(square.mean(0))
    error = 1 / np.sqrt(len(x))
    return (mean, x.mean(1).std(0, ddof=1) * error,
            sd, square.std(0, ddof=1) * error / (2 * sd))


def table(title, found, exact_mean, exact_sd):
    """Prints found = moments() beside the exact ones; the largest |z|."""
    mean, mean_error, sd, sd_error = found
    z_mean, z_sd = (mean - exact_mean) / mean_error, (sd - exact_sd) / sd_error
    print(f"{title:12s}{'mean':>9s}{'error':>8s}{'exact':>9s}{'z':>7s}"
          f"{'sd':>10s}{'error':>8s}{'exact':>9s}{'z':>7s}")
    for k, name in enumerate(NAMES):
        print(f"{name:12s}{mean[k]:9.4f}{mean_error[k]:8.4f}{exact_mean[k]:9.4f}{z_mean[k]:+7.2f}"
              f"{sd[k]:10.4f}{sd_error[k]:8.4f}{exact_sd[k]:9.4f}{z_sd[k]:+7.2f}")
    return max(np.abs(z_mean).max(), np.abs(z_sd).max())

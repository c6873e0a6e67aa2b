"""The posterior that all programs sample, in float64 NumPy, and how draws from it are judged.

    w ~ N(0, I),  y_i ~ Bernoulli(sigmoid(x_i . w)),  x [768, 8] standardized, no intercept

Nothing here knows which program made the draws.
"""
import os

import arviz
import numpy as np

root = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
table = np.loadtxt(os.path.join(root, "examples", "data", "pima.csv"), delimiter=",", skiprows=1)
x = (table[:, :8] - table[:, :8].mean(0)) / table[:, :8].std(0)
y = table[:, 8]
N, D = x.shape


def score(w):
    """Gradient [n, 8] of the log posterior at w [n, 8]."""
    return (y - 1 / (1 + np.exp(-w @ x.T))) @ x - w


def laplace_sd():
    """The sds of the Laplace approximation, [8]: the unit of length of the discrepancy."""
    w = np.zeros(D)
    for _ in range(20):
        p = 1 / (1 + np.exp(-x @ w))
        precision = x.T * (p * (1 - p)) @ x + np.eye(D)
        w = w + np.linalg.solve(precision, score(w[None])[0])
    return np.sqrt(np.diag(np.linalg.inv(precision)))


def min_ess(draws):
    """The smallest bulk effective sample size of the 8 weights; draws [chain, draw, 8]."""
    return min(float(arviz.ess(draws[:, :, j], method="bulk")) for j in range(D))


def max_r_hat(draws):
    return max(float(arviz.rhat(draws[:, :, j])) for j in range(D))


def ksd(w, block=500):
    """The kernel Stein discrepancy of w [n, 8], kernel (1 + |a - b|^2)^(-1/2) of a = w / sd, and
    what n independent exact draws would have (Gorham and Mackey 2017; src/analysis/ksd.h)."""
    sd = laplace_sd()
    n, a, s = len(w), w / sd, score(w) * sd
    a2, sa = (a * a).sum(1), (s * a).sum(1)
    total = 0.0
    for i in range(0, n, block):
        rows, rest = slice(i, i + block), slice(i, n)
        r2 = np.maximum(a2[rows, None] + a2[None, rest] - 2 * a[rows] @ a[rest].T, 0)
        cross = sa[rows, None] + sa[None, rest] - s[rows] @ a[rest].T - a[rows] @ s[rest].T
        root_q = 1 / np.sqrt(1 + r2)
        u = root_q * (s[rows] @ s[rest].T + root_q**2 * (cross + D - 3 * r2 * root_q**2))
        m = u.shape[0]
        total += u[:, :m].sum() + 2 * u[:, m:].sum()  # u is symmetric: the pairs below, by twice
    return np.sqrt(total) / n, np.sqrt(((s * s).sum(1) + D).mean() / n)

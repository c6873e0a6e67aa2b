"""The double well: parallel baoa chains find all four modes and have the exact moments.
ctest: timeout 200; label statistics"""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
from bens_run import draws, np, run, source

# p ~ exp(-sum x^4 / 10 + sum x^2); both moments by quadrature.
EXACT = {2: 4.356815, 4: 24.284073}
run(os.path.join(source, "examples", "double_well.ini"), "run", ranks=2, grid__chains=2000,
    sampler__name="baoa", sampler__step_size=.05, sampler__alpha=1, chain__burn_in=2000,
    chain__thin=500, chain__draws=20)
x = draws("run")["posterior/x"].astype(float)
assert np.isfinite(x).all()
for k, exact in EXACT.items():
    # Chains are independent: the error of the mean comes from their spread.
    of_chain = (x**k).mean(axis=(1, 2))
    error = of_chain.std(ddof=1) / np.sqrt(len(of_chain))
    z = (of_chain.mean() - exact) / error
    print(f"E[x^{k}] = {of_chain.mean():.4f} +- {error:.4f} (exact {exact}), z = {z:+.2f}")
    assert abs(z) < 4
quadrant = 2 * (x[:, -1, 0] > 0) + (x[:, -1, 1] > 0)
count = np.bincount(quadrant, minlength=4)
z = (count - 500) / np.sqrt(2000 * .25 * .75)
print("chains in each mode:", count, "of 500 expected")
assert np.abs(z).max() < 4

"""Writes adam_golden.h: five steps of PyTorch's Adam and AdamW in float64.

    python3 tests/backend/adam_golden.py > tests/backend/adam_golden.h
"""
import torch

STEPS, N = 5, 4
LR, BETAS, EPSILON, DECAY = 0.01, (0.9, 0.99), 1e-6, 0.1


def gradient(theta, step):
    """Of no function: any numbers of several sizes will do."""
    return torch.tensor([0.5, -3.0, 1e-3, 0.0]) * (step + 1) + 0.25 * theta


def path(optimiser):
    theta = torch.tensor([1.0, -0.5, 2.0, -4.0], requires_grad=True)
    run = optimiser([theta], lr=LR, betas=BETAS, eps=EPSILON, weight_decay=DECAY)
    rows = []
    for step in range(STEPS):
        theta.grad = gradient(theta.detach(), step)
        run.step()
        rows.append(theta.detach().tolist())
    return rows


def main():
    torch.set_default_dtype(torch.float64)
    print(f"/* Made by adam_golden.py with PyTorch {torch.__version__.split('+')[0]}. */")
    print("/* clang-format off */")
    for name, optimiser in (("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW)):
        print(f"static const double golden_{name}[{STEPS}][{N}] = {{")
        for row in path(optimiser):
            print("    {" + ", ".join(f"{x:.17g}" for x in row) + "},")
        print("};")


if __name__ == "__main__":
    main()

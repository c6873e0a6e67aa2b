"""Trajectories of PyTorch's optimisers on the objective of torch.c, as torch_golden.h.

    python tests/samplers/torch_golden.py > tests/samplers/torch_golden.h

In float64: in float32 PyTorch's AdamW rounds the factor 1 - lr weight_decay, the same error in
every step, and is itself 1.6e-6 away from this after 200 of them.
"""

import torch

N = 7
STEPS = 200
EVERY = 20

CASES = [
    # name, sampler, its settings beside step_size, step size, torch's optimiser and arguments
    ("sgd", "", 0.05, torch.optim.SGD, {}),
    ("sgd", "momentum=0.9", 0.02, torch.optim.SGD, dict(momentum=0.9)),
    ("sgd", "momentum=0.9 dampening=0.4", 0.03, torch.optim.SGD,
     dict(momentum=0.9, dampening=0.4)),
    ("sgd", "momentum=0.8 nesterov=true", 0.02, torch.optim.SGD,
     dict(momentum=0.8, nesterov=True)),
    ("sgd", "dampening=0.4 weight_decay=0.1", 0.05, torch.optim.SGD,
     dict(dampening=0.4, weight_decay=0.1)),
    ("sgd", "momentum=0.8 nesterov=true weight_decay=0.2", 0.02, torch.optim.SGD,
     dict(momentum=0.8, nesterov=True, weight_decay=0.2)),
    ("sgd", "momentum=0.9 dampening=0.4 weight_decay=0.05", 0.03, torch.optim.SGD,
     dict(momentum=0.9, dampening=0.4, weight_decay=0.05)),
    ("adam", "", 0.02, torch.optim.Adam, {}),
    ("adam", "beta1=0.8 beta2=0.95 epsilon=1e-3", 0.01, torch.optim.Adam,
     dict(betas=(0.8, 0.95), eps=1e-3)),
    ("adam", "weight_decay=0.1", 0.02, torch.optim.Adam, dict(weight_decay=0.1)),
    ("adamw", "weight_decay=0.01", 0.02, torch.optim.AdamW, dict(weight_decay=0.01)),
    ("adamw", "beta1=0.7 beta2=0.99 epsilon=1e-4 weight_decay=0.3", 0.01, torch.optim.AdamW,
     dict(betas=(0.7, 0.99), eps=1e-4, weight_decay=0.3)),
    ("adamw", "weight_decay=0", 0.03, torch.optim.AdamW, dict(weight_decay=0.0)),
]


def start():
    """A loss with another bend and another minimum in every coordinate."""
    i = torch.arange(N, dtype=torch.float64)
    bend = 0.25 + 0.5 * i
    return 1.75 - 0.5 * i, bend


def gradient(theta, bend):
    """Of sum over i of bend_i (x_i - 1)^2 / 2 + x_i^4 / 16."""
    return bend * (theta - 1) + 0.25 * theta * theta * theta


def trajectory(optimiser, step_size, arguments):
    first, bend = start()
    theta = torch.nn.Parameter(first.clone())
    run = optimiser([theta], lr=step_size, foreach=False, **arguments)
    points = []
    for k in range(1, STEPS + 1):
        theta.grad = gradient(theta.detach(), bend)
        run.step()
        if k % EVERY == 0 or k == 1:
            points.append((k, theta.detach().tolist()))
    return points


def main():
    version = torch.__version__.split("+")[0]
    print(f"/* torch_golden.h - made by torch_golden.py with PyTorch {version}. */")
    print("#ifndef BENS_TESTS_TORCH_GOLDEN_H")
    print("#define BENS_TESTS_TORCH_GOLDEN_H")
    print()
    print(f"enum {{ GOLDEN_N = {N}, GOLDEN_POINTS = {STEPS // EVERY + 1} }};")
    print()
    print("/* clang-format off */")
    print("static const struct {")
    print("    const char *sampler, *settings;")
    print("    double step_size;")
    print("    struct {")
    print("        int step;")
    print("        double theta[GOLDEN_N];")
    print("    } at[GOLDEN_POINTS];")
    print("} GOLDEN[] = {")
    for sampler, settings, step_size, optimiser, arguments in CASES:
        print(f'    {{"{sampler}", "{settings}", {step_size}, {{')
        for k, theta in trajectory(optimiser, step_size, arguments):
            numbers = ", ".join(f"{x:.10g}" for x in theta)
            print(f"        {{{k}, {{{numbers}}}}},")
        print("    }},")
    print("};")
    print("/* clang-format on */")
    print()
    print("#endif")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What PyTorch says about the networks and the ops of bens: networks.h and ops.h beside this file.

    pip install -r tests/golden/requirements.txt
    PYTHONPATH=bench/networks python3 tests/golden/make.py

Everything is computed in float64 from float32 parameters and inputs. What is printed is how far
PyTorch's own float32 is from that, relative to the largest element of each array: the worst of
them.
"""
import torch

from arrays import write
from of_networks import NETWORKS, network
from of_ops import OPS, op

torch.set_num_threads(1)
write("networks", "golden_network", "NETWORKS", "losses and gradients of networks",
      [network(*case) for case in NETWORKS])
write("ops", "golden_op", "OPS", "outputs and gradients of ops", [op(*case) for case in OPS])

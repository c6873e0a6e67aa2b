"""Shows a run of bens: python3 examples/read.py runs/pima (needs numpy, xarray and h5netcdf)."""
import os
import sys

import numpy as np
import xarray as xr

path = sys.argv[1] if len(sys.argv) > 1 else "runs/pima"
path = os.path.join(path, "samples.h5") if os.path.isdir(path) else path
if hasattr(xr, "open_datatree"):
    tree = xr.open_datatree(path, engine="h5netcdf")
    posterior, stats = (tree[g].to_dataset() for g in ("posterior", "sample_stats"))
else:
    posterior, stats = (xr.open_dataset(path, group=g, engine="h5netcdf")
                        for g in ("posterior", "sample_stats"))

done, diverging = stats["done"], stats["diverging"]
print(f"{int(done.sum())} of {done.size} draws of {done.sizes['chain']} chains, "
      f"{int(diverging.any('draw').sum())} chains diverged")
for name in ("lp", "temperature_kinetic", "temperature_configurational"):
    print(f"  {name:<28}{float(stats[name].mean()):10.3f}")
print(f"\n{'':30}{'mean':>10}{'sd':>10}{'between/within':>16}")
for name, x in posterior.items():  # between/within: sd of the chains' means over the sd
    axes = [d for d in x.dims if d not in ("chain", "draw")]
    for at in np.ndindex(*(x.sizes[d] for d in axes)):
        y = x.isel(dict(zip(axes, at)))
        labels = ", ".join(str(y[d].values) for d in axes)
        text = f"{name}[{labels}]" if axes else name
        print(f"{text:30}{float(y.mean()):10.3f}{float(y.std()):10.3f}"
              f"{float(y.mean('draw').std() / y.std()):16.3f}")

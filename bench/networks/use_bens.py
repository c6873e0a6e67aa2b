"""bens: `bens train` as a user starts it, and bench_networks for the gradient alone."""
import os
import pathlib
import re
import subprocess
import tempfile

import h5py

LINE = re.compile(r"in (.*) \(([0-9.]+) (k|M|G)? ?chain-steps/s\)")
UNIT = {None: 1, "k": 1e3, "M": 1e6, "G": 1e9}
MPIRUN = os.environ.get("MPIRUN", "mpirun --bind-to core").split()
COMMON = {
    "data.source": "hdf5", "likelihood.name": "categorical", "prior.scale": 0.15811388,
    "init.momenta": "zero", "sampler.name": "sghmc", "sampler.integrator": "euler",
    "sampler.step_size": 0.01, "sampler.alpha": 1, "chain.thin": 0, "chain.draws": 1,
    "store.lp": "batch",
}


class Bens:
    """One workload: its data and its settings in a folder that is gone in the end."""

    def __init__(self, build, workload):
        self.build, self.place = pathlib.Path(build), tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.place.name)
        x, y = workload.data()
        with h5py.File(folder / "data.h5", "w") as file:
            file["x"], file["y"] = x, y
        settings = COMMON | workload.settings
        settings |= {"data.train": "data.h5:/", "data.batch": workload.batch, "run.output": "run"}
        sections = {}
        for key, value in settings.items():
            section, name = key.split(".")
            sections.setdefault(section, []).append(f"{name} = {value}")
        self.config = folder / "config.ini"
        self.config.write_text("\n".join(f"[{s}]\n" + "\n".join(lines) for s, lines in sections.items()) + "\n")

    def steps(self, n, chains=1, threads=1):
        """Seconds of a step of each chain, one a process, by the clock of `bens train`."""
        command = [self.build / "src" / "bens", "train", self.config, "--overwrite"]
        for setting in f"chain.burn_in={n}", f"grid.chains={chains}", f"run.threads={threads}":
            command += ["--set", setting]
        if chains > 1:
            command = [*MPIRUN, "-n", str(chains), *command]
        done = subprocess.run(command, check=True, text=True, capture_output=True)
        found = LINE.search(done.stdout)
        return chains / (float(found[2]) * UNIT[found[3]])

    def gradient(self, n, threads=1):
        """Seconds of a gradient of a batch, its rows gathered."""
        command = [self.build / "bench" / "bench_networks", self.config, str(n), str(threads)]
        return float(subprocess.run(command, check=True, text=True, capture_output=True).stdout)

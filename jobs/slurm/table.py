#!/usr/bin/env python3
"""One table over several runs: how far, how well mixed, how warm, and whether to trust it.

    table.py --key sampler.temperature runs/sweep/*

Asks `bens status` and `bens diagnose` of each run; needs nothing but Python 3.6. R-hat is the
largest and ESS the least over all numbers of the run. Exit code 1 if a run could not be read."""
import argparse
import configparser
import json
import os
import subprocess
import sys


def ask(bens, command, run):
    """The JSON object that bens prints about a run; {} and its message if there is none."""
    done = subprocess.run([bens, command, run, "--json"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True)
    try:
        return json.loads(done.stdout)
    except ValueError:
        print(done.stderr.strip() or f"bens {command} {run}: exit {done.returncode}",
              file=sys.stderr)
        return {}


def setting(run, key):
    config = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=("#", ";"))
    config.read(os.path.join(run, "config.ini"))
    section, _, name = key.rpartition(".")
    return config.get(section, name, fallback="-")


def number(value, form=".4g"):
    return "-" if value is None else format(value, form)


def extreme(pick, tensors, key):
    """A number that one tensor lacks is not known of the run."""
    values = [t.get(key) for t in tensors]
    return None if not values or None in values else pick(values)


def row(bens, run, keys):
    status, diagnosis = ask(bens, "status", run), ask(bens, "diagnose", run)
    tensors = diagnosis.get("tensors", [])
    loss = diagnosis.get("last_loss", {})
    whole = status.get("chains", 0) * status.get("draws", 0)
    cells = {"run": run}
    cells.update((key, setting(run, key)) for key in keys)
    cells.update({
        "draws": f"{status.get('done', 0)}/{whole}",
        "diverged": str(len(status.get("diverging", {}))),
        "R-hat": number(extreme(max, tensors, "r_hat"), ".3f"),
        "ESS": number(extreme(min, tensors, "ess_bulk"), ".0f"),
        "ESS tail": number(extreme(min, tensors, "ess_tail"), ".0f"),
        "kinetic": number(diagnosis.get("kinetic", {}).get("mean")),
        "configurational": number(diagnosis.get("configurational", {}).get("mean")),
        "last loss": number(loss.get("mean")),
        "verdict": diagnosis.get("verdict", "-"),
    })
    return cells, bool(status and diagnosis)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", metavar="RUN", help="a run's folder")
    parser.add_argument("--key", action="append", default=[], metavar="SECTION.KEY",
                        help="a column with this setting; may be repeated")
    parser.add_argument("--bens", default="bens", help="the program, if not in the PATH")
    arguments = parser.parse_args()
    rows = [row(arguments.bens, run, arguments.key) for run in arguments.runs]
    names = list(rows[0][0])
    lines = [names] + [[cells[name] for name in names] for cells, _ in rows]
    widths = [max(map(len, column)) for column in zip(*lines)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    return 0 if all(read for _, read in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

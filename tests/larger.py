"""A run that was made larger: checkpoints that are lost, an index that knows of too much or too
little. ctest: timeout 120; processors 1"""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, sys.argv[2] + "/tests/python")
from bens_faults import command, finish  # noqa: E402
from bens_run import BENS, assert_same_bits, draws, run, source  # noqa: E402

PIMA = os.path.join(source, "examples", "pima.ini")
SMALL = dict(chain__burn_in=50, chain__thin=2)


def resumed(text, code=0, **settings):
    """--resume auto of the run `cut` ends with this code and says this."""
    got, said = finish(command(PIMA, "cut", 1, "--resume", "auto", **SMALL, **settings))
    assert got == code and re.search(text, said), (text, code, got, said)
    return said


def begin(*sizes):
    """The run `cut`, made larger step by step."""
    shutil.rmtree("cut", ignore_errors=True)
    for chains, n in sizes:
        resumed("", grid__chains=chains, chain__draws=n)


def whole(chains, n):
    run(PIMA, "whole", grid__chains=chains, chain__draws=n, **SMALL)
    return draws("whole")


def lost_checkpoints():
    """The chains of the one that is gone start again, the others go on; and then all is as before,
    however often it goes on."""
    wanted = whole(16, 100)
    begin((4, 40), (10, 40), (16, 40))
    shutil.rmtree("grown", ignore_errors=True)
    os.rename("cut", "grown")
    for lost, chains in {"checkpoint.h5": "0 to 3", "checkpoint.0001.h5": "4 to 9",
                         "checkpoint.0002.h5": "10 to 15"}.items():
        shutil.rmtree("cut", ignore_errors=True)
        shutil.copytree("grown", "cut")
        os.remove(f"cut/{lost}")
        said = resumed(f"no checkpoint in '.*cut' of chains {chains}: they start again",
                       grid__chains=16, chain__draws=70)
        assert said.count("no checkpoint") == 1, said
        assert sorted(os.listdir("cut")) == sorted(
            os.listdir("grown") + ["samples.0003.h5"]), os.listdir("cut")
        said = resumed("", grid__chains=16, chain__draws=100)
        assert "checkpoint" not in said, said
        assert_same_bits(wanted, draws("cut"), f"{lost} lost, and made longer twice")
    shutil.copy("cut/checkpoint.0001.h5", "cut/checkpoint.0001.old.h5")  # nobody's business
    resumed("", grid__chains=16, chain__draws=105)
    shutil.copy("cut/checkpoint.0001.h5", "cut/checkpoint.0009.h5")
    resumed("checkpoint.000[19].h5': wanted the states of chains that no other checkpoint", 4,
            grid__chains=16, chain__draws=110)


def killed_before_the_settings():
    """The index has the new draws or chains and config.ini does not: the larger run goes on."""
    for more in dict(grid__chains=4, chain__draws=70), dict(grid__chains=6, chain__draws=40):
        wanted = whole(*more.values())
        begin((4, 40))
        with open("cut/config.ini") as f:
            settings = f.read()
        resumed("", **more)
        with open("cut/config.ini", "w") as f:
            f.write(settings)
        chains, n = more.values()
        resumed(f"wanted at least the {chains} chains and {n} draws that .*being made larger", 2,
                grid__chains=4, chain__draws=40)
        resumed("", **more)
        assert_same_bits(wanted, draws("cut"), f"{more}, and the settings from before")


def unknown_draws():
    """An index that was made while a file was away: its draws are not removed for new ones."""
    wanted = whole(4, 70)
    begin((4, 40), (4, 70))
    os.rename("cut/samples.0001.h5", "away.h5")
    os.remove("cut/samples.h5")
    subprocess.run([BENS, "index", "cut"], check=True, capture_output=True)
    os.rename("away.h5", "cut/samples.0001.h5")
    resumed("samples.0001.h5' has draws that samples.h5 does not know of: bens index .*cut", 4,
            grid__chains=4, chain__draws=70)
    subprocess.run([BENS, "index", "cut"], check=True, capture_output=True)
    resumed("", grid__chains=4, chain__draws=70)
    assert_same_bits(wanted, draws("cut"), "an index made again with all of its files")


lost_checkpoints()
killed_before_the_settings()
unknown_draws()

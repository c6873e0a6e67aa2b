"""The nightly size of kill.py: 1,000 random kills. ctest: timeout 14400; label long"""
import os
import runpy
import sys

sys.argv[3:] = ["1000", *sys.argv[3:]]  # KILLS [SEED]
runpy.run_path(os.path.join(os.path.dirname(__file__), "kill.py"), run_name="__main__")

"""The nightly size of kill.py: 1,000 random kills. ctest: timeout 14400; label long

    kill_many.py BUILD SOURCE [KILLS [SEED]]    another seed: other kills"""
import os
import runpy
import sys

sys.argv[3:] = sys.argv[3:] or ["1000"]
runpy.run_path(os.path.join(os.path.dirname(__file__), "kill.py"), run_name="__main__")

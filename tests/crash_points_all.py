"""crash_points.py at every n. ctest: timeout 7200; label long"""
import os
import runpy
import sys

sys.argv[3:] = ["1"]
runpy.run_path(os.path.join(os.path.dirname(__file__), "crash_points.py"), run_name="__main__")

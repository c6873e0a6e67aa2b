"""The part of sbc.py that is always run: the default sampler, and a wrong run that is caught.
ctest: timeout 200; label statistics"""
import os
import runpy

os.environ["BENS_SBC"] = "baoa,temperature 0.8"
runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)), "sbc.py"),
               run_name="__main__")

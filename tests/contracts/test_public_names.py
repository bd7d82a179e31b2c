"""Every public name is what it says, whatever was imported before."""

from __future__ import annotations

import subprocess
import sys

CHECK = """
import importlib, inspect, pkgutil, sys
import toolkit
if sys.argv[1] == "modules first":
    for module in pkgutil.walk_packages(toolkit.__path__, "toolkit."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
namespaces = [toolkit, importlib.import_module("toolkit.present"), importlib.import_module("toolkit.present.figures")]
modules = {"audit", "data", "diagnostics", "errors", "estimate", "jobs", "measure", "present", "studies"}
wrong = [f"{n.__name__}.{name}" for n in namespaces for name in n.__all__ if inspect.ismodule(getattr(n, name)) and name not in modules]
print(",".join(wrong))
"""


def test_no_module_stands_in_the_place_of_a_function() -> None:
    for order in ("names first", "modules first"):
        done = subprocess.run([sys.executable, "-c", CHECK, order], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "", order

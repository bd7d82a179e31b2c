"""Options of the test run: slow tests only when asked for."""

from __future__ import annotations

import gc
import os
import sys

# The tests start some hundred interpreters: where bytecode is not kept, each would compile the library again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Two workers on two cores: linear algebra with threads of its own would fight over them. Read by the first import of numpy.
for _threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

import toolkit.pipeline  # noqa: E402, F401  # before the first import of nbformat, which it makes quick

# A slow or busy machine is no finding: no test reads a clock.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run also the tests marked slow")


def pytest_collection_finish() -> None:
    """Leave the million objects of ten thousand tests out of every later collection of garbage: a tenth of the time of small tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        items.sort(key=lambda item: item.path.name != "test_whole_pipeline.py")  # the longest first, so that no process waits for it
        return
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="slow: run with --slow"))

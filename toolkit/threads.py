"""How many threads the linear algebra takes: one where the problem is small, or reads each column a few times.

Two threads that wait for each other at every small product lose twenty-fold on a busy machine, and gain nothing on an idle one. A fit on
ten million rows waits for the memory, not for the sums: a second thread took 1.3 times the processor time, and no less of the clock.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

LARGE = 1_000_000  # rows from which a second thread is worth its waiting

_P = ParamSpec("_P")
_T = TypeVar("_T")


def one_thread(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """The function with linear algebra on one thread while it runs.

    Examples
    --------
    >>> import numpy as np
    >>> one_thread(lambda table: table.sum())(np.ones(3))
    np.float64(3.0)
    """

    @wraps(function)
    def on_one_thread(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        with _pools("scipy.linalg" in sys.modules).limit(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return on_one_thread


def frugal(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """:func:`one_thread`, unless one of the arguments has ``LARGE`` rows: for what multiplies large matrices then.

    Examples
    --------
    >>> import numpy as np
    >>> frugal(lambda table: table.sum())(np.ones(3))
    np.float64(3.0)
    """

    limited = one_thread(function)

    @wraps(function)
    def on_few_threads(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        large = max(map(_rows, (*args, *kwargs.values())), default=0) >= LARGE
        return (function if large else limited)(*args, **kwargs)

    return on_few_threads


def _rows(argument: Any) -> int:
    """Rows of a table, a panel or an estimate; 0 for anything else."""
    rows = getattr(getattr(argument, "counts", None), "rows", None)
    if rows is not None:
        return int(rows)
    return len(argument) if hasattr(argument, "columns") and hasattr(argument, "__len__") else 0


@cache
def _pools(with_scipy: bool) -> ThreadpoolController:
    """The libraries loaded by now; SciPy brings one of its own when it is first needed, and they are looked up again."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()

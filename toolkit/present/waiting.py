"""A progress bar for loops that take seconds, for a reader who waits; silent where nobody does."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

from toolkit.language import Text, text_in
from toolkit.present.record import VARIABLE


def progress(label: str | Text) -> Callable[[Iterable[int]], Iterator[int]]:
    """A wrapper that shows how far an iteration is; nothing is shown while the pipeline runs a notebook.

    Parameters
    ----------
    label : what is being done.

    Examples
    --------
    >>> steps = progress(Text("Monte Carlo", "蒙特卡洛模拟"))
    """

    def watched(steps: Iterable[int]) -> Iterator[int]:
        if VARIABLE in os.environ:
            yield from steps
            return
        from rich.progress import track

        yield from track(list(steps), description=text_in(label))

    return watched

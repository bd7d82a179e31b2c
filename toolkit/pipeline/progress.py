"""Show how far the notebooks are: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Watcher(Protocol):
    """Is told how far each notebook is."""

    def started(self, notebook: str, cells: int) -> None:
        """A kernel has been asked for; the notebook has this many code cells."""

    def at_cell(self, notebook: str, number: int) -> None:
        """Code cell ``number`` (from 1) starts."""

    def ended(self, notebook: str, seconds: float, failed: bool) -> None:
        """The notebook has run to its end or stopped at a cell."""


def line(text: str) -> None:
    """One line on standard error, at once."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


class PlainLines:
    """One line when a notebook starts and one when it ends."""

    def __init__(self, write: Callable[[str], None] = line) -> None:
        self._write = write
        self._at: dict[str, tuple[int, int]] = {}

    def started(self, notebook: str, cells: int) -> None:
        """Say that it starts."""
        self._at[notebook] = (0, cells)
        self._write(f"  {notebook}: {cells} code cells ...")

    def at_cell(self, notebook: str, number: int) -> None:
        """Remember where it is."""
        self._at[notebook] = (number, self._at[notebook][1])

    def ended(self, notebook: str, seconds: float, failed: bool) -> None:
        """Say how it ended."""
        number, cells = self._at[notebook]
        word = f"failed at code cell {number} of {cells}" if failed else f"done, {cells} code cells"
        self._write(f"  {notebook}: {word}, {seconds:.1f} s")


class Bars:
    """One bar for each running notebook: name, bar, cell i of n, time."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("  {task.description:<32}"), BarColumn(24), TextColumn("{task.fields[state]:<18}"), TimeElapsedColumn())
        self.progress = Progress(*columns, console=Console(stderr=True))
        self._tasks: dict[str, tuple[int, int]] = {}

    def started(self, notebook: str, cells: int) -> None:
        """Add a bar."""
        task = self.progress.add_task(notebook, total=cells, state="starting kernel")
        self._tasks[notebook] = (int(task), cells)

    def at_cell(self, notebook: str, number: int) -> None:
        """Move the bar."""
        task, cells = self._tasks[notebook]
        self.progress.update(self.progress.task_ids[task], completed=max(number - 1, 0), state=f"cell {number} of {cells}")

    def ended(self, notebook: str, seconds: float, failed: bool) -> None:
        """Fill the bar, or say that it failed."""
        task, cells = self._tasks[notebook]
        identity = self.progress.task_ids[task]
        if failed:
            self.progress.update(identity, state="[red]failed")
        else:
            self.progress.update(identity, completed=cells, state="done")
        self.progress.stop_task(identity)


@contextlib.contextmanager
def watching() -> Iterator[Watcher]:
    """Bars if standard error is a terminal, else plain lines."""
    if sys.stderr.isatty():
        bars = Bars()
        with bars.progress:
            yield bars
    else:
        yield PlainLines()


def bar(items: Sequence[Item], label: str) -> Iterator[Item]:
    """Yield the items; a bar on standard error shows how far it is, if that is a terminal."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(items, description=label, console=Console(stderr=True), transient=True)

"""Show how far things are: bars on a terminal, plain lines elsewhere, nothing if TOOLKIT_QUIET is set."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from toolkit.language import Text, text_in

Item = TypeVar("Item")
QUIET = "TOOLKIT_QUIET"
STARTS = Text("{notebook}: {cells} code cells ...", "{notebook}：{cells}个代码单元格……")
DONE = Text("{notebook}: done, {cells} code cells, {seconds:.1f} s", "{notebook}：完成，{cells}个代码单元格，{seconds:.1f}秒")
FAILED = Text(
    "{notebook}: failed at code cell {number} of {cells}, {seconds:.1f} s",
    "{notebook}：在第{number}个代码单元格处出错（共{cells}个），{seconds:.1f}秒",
)
AT_CELL, KERNEL = Text("cell {number} of {cells}", "第{number}/{cells}单元格"), Text("starting kernel", "启动内核")
STOPPED, FINISHED = Text("failed", "出错"), Text("done", "完成")


def quiet() -> bool:
    """Whether nothing but results and errors shall be said."""
    return bool(os.environ.get(QUIET))


class Watcher(Protocol):
    """Is told how far each notebook is."""

    def started(self, notebook: str, cells: int) -> None:
        """A kernel has been asked for; the notebook has this many code cells."""

    def at_cell(self, notebook: str, number: int) -> None:
        """Code cell ``number`` (from 1) starts."""

    def ended(self, notebook: str, seconds: float, failed: bool) -> None:
        """The notebook has run to its end or stopped at a cell."""


def line(text: str | Text) -> None:
    """One line on standard error, at once, in the current language."""
    if not quiet():
        sys.stderr.write(text_in(text) + "\n")
        sys.stderr.flush()


@contextlib.contextmanager
def doing(text: Text) -> Iterator[None]:
    """Say what goes on while it goes on: with a clock on a terminal, as one line elsewhere."""
    if quiet() or not sys.stderr.isatty():
        line(text.to() + Text(" ...", "……").to())
        yield
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(text.to(), total=None)
        yield


class PlainLines:
    """One line when a notebook starts and one when it ends."""

    def __init__(self, write: Callable[[str], None] = line) -> None:
        self._write = write
        self._at: dict[str, tuple[int, int]] = {}

    def started(self, notebook: str, cells: int) -> None:
        """Say that it starts."""
        self._at[notebook] = (0, cells)
        self._write("  " + STARTS.filled(notebook=notebook, cells=cells).to())

    def at_cell(self, notebook: str, number: int) -> None:
        """Remember where it is."""
        self._at[notebook] = (number, self._at[notebook][1])

    def ended(self, notebook: str, seconds: float, failed: bool) -> None:
        """Say how it ended."""
        number, cells = self._at[notebook]
        said = FAILED.filled(notebook=notebook, number=number, cells=cells, seconds=seconds) if failed else None
        self._write("  " + (said or DONE.filled(notebook=notebook, cells=cells, seconds=seconds)).to())


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
        task = self.progress.add_task(notebook, total=cells, state=KERNEL.to())
        self._tasks[notebook] = (int(task), cells)

    def at_cell(self, notebook: str, number: int) -> None:
        """Move the bar."""
        task, cells = self._tasks[notebook]
        state = AT_CELL.filled(number=number, cells=cells).to()
        self.progress.update(self.progress.task_ids[task], completed=max(number - 1, 0), state=state)

    def ended(self, notebook: str, seconds: float, failed: bool) -> None:
        """Fill the bar, or say that it failed."""
        task, cells = self._tasks[notebook]
        identity = self.progress.task_ids[task]
        if failed:
            self.progress.update(identity, state=f"[red]{STOPPED.to()}")
        else:
            self.progress.update(identity, completed=cells, state=FINISHED.to())
        self.progress.stop_task(identity)


@contextlib.contextmanager
def watching() -> Iterator[Watcher]:
    """Bars if standard error is a terminal, else plain lines; neither is seen if all shall be quiet."""
    if sys.stderr.isatty() and not quiet():
        bars = Bars()
        with bars.progress:
            yield bars
    else:
        yield PlainLines()


def bar(items: Sequence[Item], label: str) -> Iterator[Item]:
    """Yield the items; a bar on standard error shows how far it is, if that is a terminal."""
    if quiet() or not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(items, description=label, console=Console(stderr=True), transient=True)

"""Execute notebooks, several at once, each on a kernel of its own. The only place that knows nbclient and Jupyter kernels."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from toolkit import paths
from toolkit.pipeline import forked
from toolkit.pipeline.progress import Watcher

CELL_SECONDS = 600  # a cell that runs longer is stopped: the slowest honest cell of this project takes well under a minute
ERROR_LINES = 6
WORTH_COPYING = 3  # notebooks; for fewer, importing the library once for all takes as long as it saves
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")  # kernels share the cores already
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CELL_LINE = re.compile(r"Cell In\[\d+\], line (\d+)")


@dataclass(frozen=True)
class Job:
    """One notebook to execute: where it is, where its executed copy goes, and what its kernel finds in the environment."""

    notebook: Path
    target: Path
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Result:
    """What became of a job; ``error`` is empty, or says which cell stopped it and why."""

    notebook: Path
    seconds: float
    error: str = ""


class _Loop(asyncio.SelectorEventLoop):
    """An event loop whose signal handlers cannot be replaced.

    nbclient takes Ctrl-C over for the kernel started last; refused (as it is on Windows), it leaves the interrupt to
    :class:`asyncio.Runner`, which cancels every notebook, and each then shuts its own kernel down.
    """

    def add_signal_handler(self, sig: int, callback: Callable[..., object], *args: Any) -> None:  # type: ignore[override]
        raise RuntimeError("signals are left to asyncio.Runner")

    def remove_signal_handler(self, sig: int) -> bool:
        return False


def execute(jobs: Sequence[Job], parallel: int, watcher: Watcher, finished: Callable[[Result], None]) -> None:
    """Execute notebooks, at most ``parallel`` at a time; a failing cell stops its own notebook only.

    The executed copy of a notebook that succeeds is written whole to its target, and ``finished`` is called as soon as a notebook has
    ended either way. On Ctrl-C all kernels are shut down and KeyboardInterrupt is raised.
    """

    async def all_of_them(address: str) -> None:
        places = asyncio.Semaphore(parallel)
        begun = [asyncio.create_task(_execute_one(job, places, watcher, address)) for job in jobs]  # tasks keep the order of the jobs
        for result in asyncio.as_completed(begun):
            finished(await result)

    with contextlib.ExitStack() as stack:
        address = ""
        if forked.AVAILABLE and len(jobs) >= WORTH_COPYING:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kernels-", ignore_cleanup_errors=True)))
            address = stack.enter_context(forked.source(folder, _kernel_environment(folder)))
        stack.enter_context(asyncio.Runner(loop_factory=_Loop)).run(all_of_them(address))


async def _execute_one(job: Job, places: asyncio.Semaphore, watcher: Watcher, address: str) -> Result:
    notebook = nbformat.read(job.notebook, as_version=4)  # type: ignore[no-untyped-call]
    async with places:
        start = time.monotonic()
        error = await _run_cells(job, notebook, watcher, address)
        if not error:
            with paths.replacing(job.target) as temporary:
                nbformat.write(notebook, temporary)  # type: ignore[no-untyped-call]
        seconds = time.monotonic() - start
        watcher.ended(job.notebook.stem, seconds, bool(error))
        return Result(job.notebook, seconds, error)


async def _run_cells(job: Job, notebook: nbformat.NotebookNode, watcher: Watcher, address: str) -> str:
    """Run the code cells on a new kernel, which is shut down in any case; return the error that stopped it, or nothing."""
    code = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    watcher.started(job.notebook.stem, len(code))
    reached = 0

    def at_cell(cell: Any, cell_index: int) -> None:
        nonlocal reached
        if cell_index in code:
            reached = code.index(cell_index) + 1
            watcher.at_cell(job.notebook.stem, reached)

    with tempfile.TemporaryDirectory(prefix="kernel-", ignore_cleanup_errors=True) as name:
        scratch = Path(name)
        with (scratch / "stderr").open("w+b") as stderr:
            client = NotebookClient(
                notebook, km=_manager(scratch, address), timeout=CELL_SECONDS, record_timing=False, on_cell_execute=at_cell
            )
            environment = {**_kernel_environment(scratch), **job.environment}
            try:
                await client.async_execute(cleanup_kc=True, cwd=str(job.notebook.parent), env=environment, stderr=stderr)
            except (CellExecutionError, CellTimeoutError, DeadKernelError, RuntimeError) as problem:
                if (task := asyncio.current_task()) is not None and task.cancelling():  # nbclient reports Ctrl-C as a dead kernel
                    raise asyncio.CancelledError from problem
                return f"{job.notebook.name}, code cell {reached}: {_explain(problem, notebook, reached, stderr)}"
    return ""


class _Kernels(KernelSpecManager):
    """Kernels of this very interpreter, copied from the source at an address if there is one; none of the user is looked at."""

    def __init__(self, address: str) -> None:
        super().__init__(kernel_dirs=[])
        self._address = address

    def get_kernel_spec(self, kernel_name: str) -> Any:
        """The specification of a kernel."""
        found: Any = super().get_kernel_spec(kernel_name)
        if self._address:
            found.argv = forked.stand_in(self._address)
        return found


def _manager(scratch: Path, address: str) -> AsyncKernelManager:
    return AsyncKernelManager(
        kernel_name="python3", kernel_spec_manager=_Kernels(address), connection_file=str(scratch / "connection.json")
    )


def _kernel_environment(scratch: Path) -> dict[str, str]:
    library = str(paths.LIBRARY.parent)
    search = os.pathsep.join([library, *filter(None, [os.environ.get("PYTHONPATH")])])
    quiet = {"PYDEVD_DISABLE_FILE_VALIDATION": "1", "IPYTHONDIR": str(scratch), "PYTHONPATH": search, "TOOLKIT_ROOT": str(paths.ROOT)}
    return {**dict.fromkeys(ONE_THREAD, "1"), **os.environ, **quiet}


def _explain(problem: Exception, notebook: Any, number: int, stderr: IO[bytes]) -> str:
    """The source line and the last lines of the error, as far as they are known."""
    if isinstance(problem, CellTimeoutError):
        return f"stopped after {CELL_SECONDS} s, the time limit of a cell"
    if not isinstance(problem, CellExecutionError):
        stderr.seek(0)
        last = stderr.read().decode("utf-8", errors="replace").splitlines()[-ERROR_LINES:]
        return "\n    ".join(["the kernel died or did not answer (out of memory?)", *last])
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    cell = code[number - 1]
    trace = _COLOUR.sub("", "\n".join(next(o["traceback"] for o in cell.outputs if o["output_type"] == "error")))
    found = _CELL_LINE.search(trace)
    lines = cell.source.splitlines()
    where = int(found.group(1)) if found else 1
    shown = f"line {where}: {lines[where - 1].strip()}" if 0 < where <= len(lines) else ""
    error = f"{problem.ename}: {problem.evalue}".splitlines()[-ERROR_LINES:]
    return "\n    ".join([shown, *error])

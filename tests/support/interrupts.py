"""Programs that hear Ctrl-C, also where the tests were started by a shell that ignores it (``&``, ``nohup``, many build servers)."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence
from typing import Any


def started(command: Sequence[str], **options: Any) -> subprocess.Popen[str]:
    """The program with the usual answer to an interrupt, and pipes that give text."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, preexec_fn=_hear, **{**pipes, **options})


def _hear() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

"""Kernels that begin as copies of one process which has imported the library already: as separate as new ones, and two seconds sooner.

Three roles, of which a kernel's manager sees one. The *source* imports everything once and waits at a socket. A *stand-in* is what the
manager starts in place of a kernel: it asks the source for a copy, passes signals on to it and ends when it ends. The *copy* is the
kernel; it takes the environment, folder and output of its stand-in, and ends when that is killed. Only Linux copies a process safely.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

AVAILABLE = sys.platform == "linux"
_HEAVY = ("ipykernel.kernelapp", "IPython.core.completer", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg", "docx")
_LEFT_OUT = ("toolkit.__main__", "toolkit.cli", "toolkit.pipeline")


@contextlib.contextmanager
def source(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """A source of kernels for the time of the block; gives the address of its socket, which lies in ``folder``."""
    address = str(folder / "kernels")
    command = [sys.executable, "-m", "toolkit.pipeline.forked", "source", address]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, start_new_session=True) as process:
        try:
            yield address
        finally:
            process.kill()


def stand_in(address: str) -> list[str]:
    """The command of a stand-in, as the specification of a kernel writes it."""
    return [sys.executable, "-P", "-S", "-E", __file__, "stand-in", address, "{connection_file}"]


def _give(address: str) -> None:
    """Wait for stand-ins and give each a copy, until whoever started this process is gone."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        _import_everything()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the copies are not waited for
        while True:
            ready, _, _ = select.select([server, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            asking, _ = server.accept()
            job, outputs, _, _ = socket.recv_fds(asking, 4096, 2)
            if not (copy := os.fork()):
                server.close()
                _become_kernel(asking, Path(job.decode()), outputs)
            asking.sendall(str(copy).encode())
            asking.close()
            for output in outputs:
                os.close(output)


def _import_everything() -> None:
    from importlib import import_module
    from pkgutil import walk_packages

    import toolkit
    from toolkit.registry import registry

    own = [found.name for found in walk_packages(toolkit.__path__, "toolkit.") if not found.name.startswith(_LEFT_OUT)]
    for name in (*_HEAVY, *own):
        import_module(name)
    registry()
    gc.freeze()  # what is there already is shared, and not visited by the copies


def _become_kernel(asking: socket.socket, job: Path, outputs: list[int]) -> None:
    """The copy: never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    told = json.loads(job.read_text(encoding="utf-8"))
    os.environ.clear()
    os.environ.update(told["environment"])
    os.chdir(told["folder"])
    for place, output in enumerate(outputs, 1):
        os.dup2(output, place)
    sys.argv = ["kernel", "-f", told["connection"]]
    threading.Thread(target=lambda: asking.recv(1) or os._exit(1), daemon=True).start()
    from ipykernel.kernelapp import IPKernelApp

    code = 1
    try:
        IPKernelApp.launch_instance()
        code = 0
    finally:
        sys.stdout.flush()
        os._exit(code)


def _stand_in(address: str, connection: str) -> None:
    job = Path(f"{connection}.job")
    told = {"environment": dict(os.environ), "folder": str(Path.cwd()), "connection": connection}
    job.write_text(json.dumps(told), encoding="utf-8")
    with socket.socket(socket.AF_UNIX) as asking:
        while True:
            try:
                asking.connect(address)
                break
            except (FileNotFoundError, ConnectionRefusedError):  # the source is just starting
                select.select([], [], [], 0.02)
        socket.send_fds(asking, [str(job).encode()], [1, 2])
        copy = int(asking.recv(32))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda sent, _: os.kill(copy, sent))
        asking.recv(1)  # nothing comes; it ends with the copy


if __name__ == "__main__":
    if sys.argv[1] == "source":
        _give(sys.argv[2])
    else:
        _stand_in(sys.argv[2], sys.argv[3])

#!/usr/bin/env python3
"""One command from a bare Python to the site. Only the standard library is used here.

    python run.py                     build the data, run all notebooks, write reports/index.html
    python run.py test [options]      the tests (--slow: also the slow ones; other options go to pytest)
    python run.py VERB [options]      any verb below; VERB --help says more
    python run.py doctor              what this computer lacks, with remedies
    python run.py --help              this text; sets nothing up (中文: python run.py --help --lang zh)

The first call makes .venv from requirements.lock (a minute or two, about 1 GB). Later calls start at once; the environment is made
again when the lock file, the dependencies in pyproject.toml, the Python version or the place of the project has changed.
On Windows write `py -3.11 run.py`. Inside a conda environment made from environment.yml use `python -m toolkit` directly.

首次运行会按 requirements.lock 建立 .venv（约一两分钟，约 1 GB），之后直接运行。
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NoReturn

CHINESE = """一条命令，从只装有 Python 的电脑到完整网站。本文件只用标准库。

    python run.py                     生成数据，运行全部笔记本，写出 reports/index.html
    python run.py test [选项]         运行测试（--slow：含耗时测试；其余选项交给 pytest）
    python run.py 命令 [选项]         下列任一命令；“命令 --help”显示说明
    python run.py doctor              检查本机所缺，并给出办法
    python run.py --help --lang zh    本说明；不做任何安装

首次运行按 requirements.lock 建立 .venv（约一两分钟，约 1 GB），之后直接运行；当锁定文件、pyproject.toml 中的依赖、Python 版本或
项目位置变化时，会重新建立。在 Windows 上写作 `py -3.11 run.py`；若已用 environment.yml 建立 conda 环境，可直接用 `python -m toolkit`。
"""

ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements.lock"
PROJECT = ROOT / "pyproject.toml"
ENV = ROOT / ".venv"
OLD = ROOT / ".venv.old"
SETUP = ROOT / ".venv.setup"  # the lock between shells and pip's output
STAMP = ENV / "set-up.json"
PYTHON = ENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

OLDEST, NEWEST = (3, 11), (3, 13)
INTERRUPTED = 130
LAST_LINES = 15


class SetUpFailed(Exception):
    """Something keeps the environment from being made; the text is for the person at the keyboard."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english + "\n" + chinese)


def say(english: str, chinese: str) -> None:
    """One line in English, one in Chinese, on standard error."""
    print(english + "\n" + chinese, file=sys.stderr, flush=True)


# --- is the environment still the right one? ------------------------------------------------------------


def fingerprint() -> dict[str, str]:
    """What the environment depends on, by the name under which a change is reported."""
    import tomllib

    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    declared = {key: project.get(key) for key in ("requires-python", "dependencies", "optional-dependencies")}
    return {
        "requirements.lock": hashlib.sha256(LOCK.read_bytes()).hexdigest(),
        "pyproject.toml": hashlib.sha256(json.dumps(declared, sort_keys=True).encode()).hexdigest(),
        "Python": sys.version.split()[0],
        "project folder": str(ROOT),
    }


def recorded() -> dict[str, str]:
    """The fingerprint written when the environment was completed; empty if it never was."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) and PYTHON.exists() else {}


def changes(now: dict[str, str], then: dict[str, str]) -> list[str]:
    """The names of what differs between two fingerprints."""
    return [name for name, value in now.items() if then.get(name) != value]


# --- making it ----------------------------------------------------------------------------------------


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Hold the set-up lock. The operating system frees it when its holder ends, however it ends, so it never goes stale."""
    SETUP.mkdir(exist_ok=True)
    with open(SETUP / "lock", "a+b") as handle:
        if not try_lock(handle):
            say(
                "Another shell is setting up .venv; waiting for it ...",
                "另一个终端正在建立 .venv，请稍候……",
            )
            while not try_lock(handle):
                time.sleep(0.3)
        yield


if sys.platform == "win32":

    def try_lock(handle: IO[bytes]) -> bool:
        """Take the lock if it is free."""
        import msvcrt

        handle.seek(0)
        try:
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def try_lock(handle: IO[bytes]) -> bool:
        """Take the lock if it is free."""
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def python_with_pip() -> str:
    """An interpreter of this version whose pip can install into another environment."""
    for candidate in dict.fromkeys([sys.executable, getattr(sys, "_base_executable", sys.executable)]):
        if subprocess.run([candidate, "-m", "pip", "--version"], capture_output=True).returncode == 0:
            return str(candidate)
    raise SetUpFailed(
        "This Python has no pip: install it (Debian, Ubuntu: sudo apt install python3-pip; elsewhere: python -m ensurepip) and try again.",
        "此 Python 没有 pip：请先安装（Debian/Ubuntu：sudo apt install python3-pip；其他系统：python -m ensurepip），然后重试。",
    )


def clean_environment() -> dict[str, str]:
    """This process's environment without what would send pip's files or Python's imports elsewhere."""
    kept = {name: value for name, value in os.environ.items() if name not in {"PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX"}}
    return {**kept, "PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}


def install(pip_python: str) -> None:
    """Install the lock into the new environment; pip's own words are shown only when it fails."""
    command = [pip_python, "-m", "pip", "--python", str(PYTHON), "install", "--quiet", "--no-compile"]
    command += ["--require-hashes", "--only-binary", ":all:", "-r", str(LOCK)]
    log = SETUP / "pip.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=clean_environment(), stdout=output, stderr=subprocess.STDOUT)
        try:
            code = wait_showing_seconds(process)
        except BaseException:
            process.kill()
            process.wait()
            raise
    if code:
        last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
        print("\n".join("  pip: " + line for line in last), file=sys.stderr)
        raise SetUpFailed(
            "pip could not install requirements.lock (its last words are above; often the network). Nothing half-made was left behind.",
            "pip 未能安装 requirements.lock 中的软件包（原因见上，常见为网络问题）；未留下半成品环境。",
        )


def wait_showing_seconds(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process; on a terminal a counter shows that something is happening."""
    start = time.monotonic()
    terminal = sys.stderr.isatty()
    while True:
        try:
            code = process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            if terminal:
                print(f"\r  {time.monotonic() - start:.0f} s ", end="", file=sys.stderr, flush=True)
        else:
            if terminal:
                print("\r", end="", file=sys.stderr, flush=True)
            return code


def build(stamp: dict[str, str]) -> None:
    """Make .venv in its final place (its scripts carry their path); the old one stands aside and comes back if this fails."""
    import sysconfig
    import venv

    pip_python = python_with_pip()
    remove(OLD)
    if ENV.exists():
        move_aside()
    try:
        venv.create(ENV, with_pip=False, symlinks=os.name != "nt")
        install(pip_python)
        site = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(ENV)}))
        relative = os.path.relpath(ROOT, site)  # relative, hence ASCII: .pth files are read in the locale's encoding
        (site / "project.pth").write_text(relative + "\n", encoding="ascii")
        if sys.dont_write_bytecode:  # no later process keeps what it compiles, so each would compile the packages again
            subprocess.run(
                [str(PYTHON), "-m", "compileall", "-q", "-j", "0", str(site)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        STAMP.write_text(json.dumps(stamp, indent=2), encoding="utf-8")
    except BaseException:
        remove(ENV)
        if OLD.exists():
            OLD.rename(ENV)
        raise
    remove(OLD)


def move_aside() -> None:
    """Rename the present .venv; on Windows this needs all programs that use it closed."""
    try:
        ENV.rename(OLD)
    except OSError as error:
        raise SetUpFailed(
            f".venv is in use and cannot be replaced ({error.strerror}): close JupyterLab and other programs that use it, and try again.",
            ".venv 正被占用，无法更新：请关闭 JupyterLab 等正在使用它的程序后重试。",
        ) from None


def remove(folder: Path) -> None:
    """Remove a folder tree, if it is there."""
    shutil.rmtree(folder, ignore_errors=True)


def ensure() -> None:
    """Make the environment unless the present one is complete and current."""
    now = fingerprint()
    if recorded() == now:
        return
    with only_one():
        then = recorded()
        if then == now:
            return
        if then:
            differs = ", ".join(changes(now, then))
            say(f"Changed since .venv was made: {differs}. Making it again ...", f"以下内容已变化：{differs}。重新建立 .venv……")
        else:
            say("Setting up .venv from requirements.lock (1-3 minutes) ...", "首次运行：按 requirements.lock 建立 .venv（1 至 3 分钟）……")
        start = time.monotonic()
        build(now)
        seconds = f"{time.monotonic() - start:.0f}"
        say(f"Environment ready after {seconds} s.", f"环境已就绪（{seconds} 秒）。")


# --- handing over -------------------------------------------------------------------------------------


def command(arguments: Sequence[str]) -> list[str]:
    """The arguments of the environment's Python for a task.

    >>> command([]), command(["verify", "--jobs", "1"])
    (['-P', '-m', 'toolkit'], ['-P', '-m', 'toolkit', 'verify', '--jobs', '1'])
    """
    return ["-P", "-m", "toolkit", *arguments]  # -P keeps programs in the reader's folder from being run


def run(arguments: Sequence[str]) -> int:
    """Run the environment's Python and wait; Ctrl-C reaches it directly, and it decides when to end.

    Here Ctrl-C does nothing meanwhile: an exception while the wait returns would lose the exit code.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda *_: None)
    try:
        code = subprocess.Popen([str(PYTHON), *arguments]).wait()
    finally:
        signal.signal(signal.SIGINT, before)
    return 128 - code if code < 0 else code


def without_set_up(arguments: Sequence[str]) -> int | None:
    """The exit code of help, of a mistyped verb or option, and of the doctor: none of them needs the environment. None for the rest.

    The command line is that of the toolkit, which takes only the standard library until a verb begins to work.
    """
    if not (ROOT / "toolkit" / "cli.py").exists():
        return 0 if arguments and arguments[0] in ("-h", "--help", "help") else None
    sys.path.insert(0, str(ROOT))
    try:
        cli: Any = __import__("toolkit.cli", fromlist=["understood"])
        given = cli.understood(arguments, "python run.py")
        if given.verb == "doctor" and recorded() != fingerprint():
            return int(cli.main(arguments))
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        sys.path.remove(str(ROOT))
    return None


def main(arguments: Sequence[str]) -> int:
    """Set up if necessary, hand over, and return the exit code of the task."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that cannot show Chinese must not stop the run
    if arguments and arguments[0] in ("-h", "--help", "help"):
        print(CHINESE if "zh" in arguments else __doc__)
    try:
        if not OLDEST <= sys.version_info[:2] <= NEWEST:
            version = sys.version.split()[0]
            raise SetUpFailed(
                f"Python 3.11, 3.12 or 3.13 is needed; this is {version}.", f"需要 Python 3.11、3.12 或 3.13；当前版本为 {version}。"
            )
        if (code := without_set_up(arguments)) is not None:
            return code
        if Path(sys.prefix) == ENV and recorded() != fingerprint():
            return leave_environment(arguments)
        ensure()
    except SetUpFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("Stopped during set-up; nothing half-made was left behind.", "已在建立环境时中止，未留下半成品。")
        return INTERRUPTED
    return run(command(arguments))


def leave_environment(arguments: Sequence[str]) -> int:
    """Start again with the Python that .venv was made from: an environment cannot replace itself."""
    base = getattr(sys, "_base_executable", sys.executable)
    return subprocess.run([base, str(ROOT / "run.py"), *arguments]).returncode


def stop(code: int) -> NoReturn:
    """End with an exit code."""
    raise SystemExit(code)


if __name__ == "__main__":
    stop(main(sys.argv[1:]))

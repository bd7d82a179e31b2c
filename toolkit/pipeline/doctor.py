"""The verb ``doctor``: what the toolkit needs of a computer, each with its remedy. It starts on a bare Python."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from toolkit import paths
from toolkit.language import Language, Text

OLDEST, NEWEST = (3, 11), (3, 13)  # as in pyproject.toml
DISK_GB, MEMORY_GB = 2.0, 2.0  # the environment and all reports take under two; a kernel takes a few hundred megabytes
GIGABYTE = 2**30
PACKAGES = ("numpy", "pandas", "scipy", "statsmodels", "linearmodels", "matplotlib", "docx", "nbclient", "ipykernel", "jupyterlab")
NOTHING = Text("", "")
WRITTEN = (paths.DATA_PROCESSED, paths.REPORTS, paths.OWN)
SET_UP = Text("run `python run.py`, which makes .venv", "运行`python run.py`以建立.venv")


@dataclass(frozen=True)
class Finding:
    """One check.

    Attributes
    ----------
    what : the thing looked at.
    seen : how it is.
    remedy : what to do about it; empty when nothing is.
    """

    what: Text
    seen: Text
    remedy: Text

    @property
    def fine(self) -> bool:
        """Whether nothing has to be done."""
        return not self.remedy.en


def examine(language: Language) -> int:
    """Print one line a check, with a remedy below each that fails.

    Returns
    -------
    int
        0 if all is fine, 1 if something has to be done.
    """
    findings = [check() for check in CHECKS]
    for finding in findings:
        word = Text("fine", "正常") if finding.fine else Text("mend", "须处理")
        sys.stdout.write(f"{word.to(language):<5} {finding.what.to(language)}: {finding.seen.to(language)}\n")
        if not finding.fine:
            sys.stdout.write(f"      {finding.remedy.to(language)}\n")
    return int(not all(finding.fine for finding in findings))


def _python() -> Finding:
    fits = OLDEST <= sys.version_info[:2] <= NEWEST
    remedy = Text("install Python 3.11, 3.12 or 3.13", "请安装Python 3.11、3.12或3.13")
    return _finding(Text("Python", "Python"), platform.python_version(), remedy, fits)


def _packages() -> Finding:
    missing = [name for name in PACKAGES if find_spec(name) is None]
    seen = Text("without {names}", "缺少{names}").filled(names=", ".join(missing)) if missing else Text("complete", "齐全")
    return _finding(Text("Packages", "软件包"), seen, SET_UP, not missing)


def _kernel() -> Finding:
    """A kernel of this interpreter is started and asked one thing, as in a run of the notebooks."""
    if find_spec("ipykernel") is None or find_spec("jupyter_client") is None:
        return _finding(Text("Kernel", "内核"), Text("not installed", "未安装"), SET_UP, fine=False)
    from jupyter_client.manager import start_new_kernel

    try:
        manager, client = start_new_kernel(startup_timeout=60, stdout=-3, stderr=-3)  # -3: nowhere
        try:
            reply = client.execute_interactive("1 + 1", timeout=60, output_hook=lambda message: None)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
        answered, seen = reply["content"]["status"] == "ok", Text("starts and answers", "可启动并应答")
    except Exception as error:  # whatever keeps a kernel from starting is what the reader came for
        answered, seen = False, _once(f"{type(error).__name__}: {error}"[:200])
    remedy = Text(
        "delete .venv and run `python run.py`; a firewall must let 127.0.0.1 pass",
        "删除.venv后重新运行`python run.py`；防火墙须放行127.0.0.1",
    )
    return _finding(Text("Kernel", "内核"), seen, remedy, answered)


def _fonts() -> Finding:
    from toolkit.errors import ToolkitError

    try:
        from toolkit.present.style import font_file

        return _finding(Text("Chinese font", "中文字体"), font_file().name, SET_UP, fine=True)
    except (ImportError, ToolkitError, OSError):
        return _finding(Text("Chinese font", "中文字体"), Text("not installed", "未安装"), SET_UP, fine=False)


def _disk() -> Finding:
    free = shutil.disk_usage(paths.ROOT).free / GIGABYTE
    seen = Text("{free:.1f} GB free", "剩余{free:.1f} GB").filled(free=free)
    remedy = Text("free {need:.0f} GB on this disk", "请在该磁盘腾出{need:.0f} GB").filled(need=DISK_GB)
    return _finding(Text("Disk", "磁盘"), seen, remedy, free >= DISK_GB)


def _memory() -> Finding:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIGABYTE
    except (AttributeError, ValueError, OSError):  # Windows
        return _finding(Text("Memory", "内存"), Text("not known on this system", "本系统无法读取"), SET_UP, fine=True)
    seen = Text("{total:.1f} GB, {cores} cores", "{total:.1f} GB，{cores}核").filled(total=total, cores=os.cpu_count())
    remedy = Text("close other programs and run `python run.py --jobs 1`", "关闭其他程序，并以`python run.py --jobs 1`运行")
    return _finding(Text("Memory", "内存"), seen, remedy, total >= MEMORY_GB)


def _rights() -> Finding:
    refused = [paths.relative(folder) for folder in WRITTEN if not _writable(folder)]
    seen = (
        Text("not into {names}", "无法写入{names}").filled(names=", ".join(refused))
        if refused
        else Text("everywhere it is needed", "所需位置均可写")
    )
    remedy = Text("move the project to a folder of your own, or take its write protection off", "将项目移到自己的文件夹，或取消写保护")
    return _finding(Text("Right to write", "写入权限"), seen, remedy, not refused)


def _writable(folder: Path) -> bool:
    """Whether a file can be made there, or, where the folder is not made yet, in the nearest one above."""
    while not folder.exists():
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _interrupt() -> Finding:
    """A program started in the background of a script inherits that Ctrl-C is ignored, and so do the kernels it starts."""
    heeded = signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    seen = Text("stops a run", "可中止运行") if heeded else Text("is ignored in this shell", "在此终端中被忽略")
    remedy = Text("start it in the foreground, without nohup or &", "请在前台启动，不要使用nohup或&")
    return _finding(Text("Ctrl-C", "Ctrl-C"), seen, remedy, heeded)


def _finding(what: Text, seen: str | Text, remedy: Text, fine: bool) -> Finding:
    return Finding(what, seen if isinstance(seen, Text) else _once(seen), NOTHING if fine else remedy)


def _once(text: str) -> Text:
    return Text(text, text)


CHECKS: tuple[Callable[[], Finding], ...] = (_python, _packages, _kernel, _fonts, _disk, _memory, _rights, _interrupt)

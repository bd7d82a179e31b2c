"""The system's Chromium through Playwright, and the site of the project written once for all tests of a run."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
# no sandbox: the tests may run as root in a container; the rest keeps the browser from asking the network for anything of its own
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LOCAL = ("file:", "data:", "blob:")


@contextmanager
def launched() -> Iterator[Any]:
    """A browser; skips the test with the reason where there is none."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed (it is one of the packages for development)"
    )
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium was found: install it (Debian, Ubuntu: apt-get install chromium)")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


class Watched:
    """A page of the browser with what went wrong on it: errors, and requests to a network."""

    def __init__(self, context: Any) -> None:
        self.page = context.new_page()
        self.faults: list[str] = []
        self.loaded: set[str] = set()
        self.page.on("console", lambda message: self._fault(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self._fault(str(error)))
        self.page.on("request", lambda request: self._asked(request.url))

    def _fault(self, text: str) -> None:
        self.faults.append(f"{Path(self.page.url).name}: {text}")

    def _asked(self, url: str) -> None:
        self.loaded.add(url)
        if not url.startswith(LOCAL):
            self._fault(f"asks the network for {url}")


def written_once(folder: Path) -> Path:
    """The site of the project below ``folder``: the notebooks as they are committed (no output), the record, the pictures.

    The first process that asks writes it; the others wait for it.
    """
    reports, done = folder / "reports", folder / "done"
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        for _ in range(600):
            if done.exists():
                return reports
            time.sleep(0.5)
        pytest.fail("the process that writes the site did not finish")
    _write(folder, reports)
    done.touch()
    return reports


def _write(folder: Path, reports: Path) -> None:
    from toolkit import paths
    from toolkit.pipeline import build, cache

    executed = reports / ".cache" / "executed"
    executed.mkdir(parents=True)
    for part in ("figures", "tables"):
        os.symlink(ROOT / "reports" / part, reports / part)
    shutil.copy(ROOT / "reports" / "record.json", reports)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "REPORTS", reports)
        patch.setattr(paths, "PAGES", reports / "pages")
        patch.setattr(paths, "OWN", folder / "own")
        for notebook in cache.notebooks():
            shutil.copy(notebook, executed / f"{notebook.stem}.en.ipynb")
            cache.store(f"{notebook.stem}.en", cache.Entry("", {}, 0.0))
        build.report("en", force=True)

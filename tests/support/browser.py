"""The system's Chromium through Playwright, and the site of the project written once for all tests of a run."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

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
WIDE, PHONE = 1400, 360  # pixels
PATIENCE = 90_000  # milliseconds that a busy machine may take for one step

# Texts whose colour is too near to that of what they stand on (WCAG 2, 1.4.3), one for each pair of colours.
CONTRAST = """() => {
  const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return [n[0], n[1], n[2], n.length > 3 ? n[3] : 1]; };
  const light = (c) => { const f = (v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * f(c[0]) + 0.7152 * f(c[1]) + 0.0722 * f(c[2]); };
  const bad = new Map();
  for (const one of document.querySelectorAll("body *")) {
    if (one.closest("svg, math") || !Array.from(one.childNodes).some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const style = getComputedStyle(one);
    const box = one.getBoundingClientRect();
    if (style.visibility === "hidden" || box.width < 2 || box.height < 2) continue;
    let under = one;
    while (under && parse(getComputedStyle(under).backgroundColor)[3] < 0.99) under = under.parentElement;
    const back = under ? parse(getComputedStyle(under).backgroundColor) : [255, 255, 255, 1];
    const [a, b] = [light(parse(style.color)), light(back)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const enough = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const name = `${one.tagName}.${one.className} ${one.textContent.trim().slice(0, 30)}`;
    if ((a + 0.05) / (b + 0.05) < enough) bad.set(style.color + back, name);
  }
  return Array.from(bad.values());
}"""
FACTS = """() => {
  const named = (one) => one.textContent.trim() || one.getAttribute("aria-label") || (one.labels && one.labels.length)
    || one.querySelector("img[alt]");
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  return {
    links: all("a[href]").map((link) => link.getAttribute("href")),
    ids: all("[id]").map((one) => one.id),
    nameless: all("button, input, select, a[href]").filter((one) => !named(one)).map((one) => one.outerHTML.slice(0, 90)),
    textless: all("img").filter((one) => one.alt.trim().length < 12).map((one) => one.src),
    broken: all("img").filter((one) => one.complete && !one.naturalWidth).map((one) => one.src),
    language: document.documentElement.lang,
    headings: all("h1").length,
  };
}"""
OVERFLOW = "() => document.documentElement.scrollWidth - innerWidth"


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
        context.set_default_timeout(PATIENCE)
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


def ready(page: Any, address: str = "") -> None:
    """Open an address of the explorer and wait until its charts stand."""
    if address:
        page.goto(address)
    page.wait_for_function("document.querySelector('.charts').getAttribute('aria-busy') === 'false'")
    page.wait_for_function("document.querySelectorAll('.drawn svg').length === 4")


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


def faults_of(site: Path, page: Any) -> tuple[list[str], int]:
    """What is wrong with the pages of a site, and how many there are."""
    facts, faults = {}, []
    for path in sorted([*site.glob("*.html"), *(site / "pages").glob("*.html")]):
        page.set_viewport_size({"width": WIDE, "height": 900})
        page.goto(path.as_uri())
        found = facts[path] = page.evaluate(FACTS)
        name = path.relative_to(site).as_posix()
        faults += [f"{name}: {kind} {one}" for kind in ("nameless", "textless", "broken") for one in found[kind]]
        faults += [f"{name}: contrast {one}" for one in page.evaluate(CONTRAST)]
        faults += [f"{name}: {found['headings']} headings of the first level"] if found["headings"] != 1 else []
        faults += [f"{name}: language {found['language']}"] if found["language"] != ("zh-CN" if ".zh." in name else "en") else []
        for width in (WIDE, PHONE):
            page.set_viewport_size({"width": width, "height": 900})
            over = page.evaluate(OVERFLOW)
            faults += [f"{name}: {over} pixels too wide at {width}"] if over > 0 else []
    ids = {path: set(found["ids"]) for path, found in facts.items()}
    links = [(path, link) for path, found in facts.items() for link in found["links"]]
    for language in ("en", "zh"):
        entries = json.loads((site / "pages" / "assets" / f"search.{language}.js").read_text(encoding="utf-8")[16:-2])
        absent = {"page", "finding", "figure", "table", "variable", "claim"} - {entry[0] for entry in entries}
        faults += [f"search.{language}.js has no {kind}" for kind in sorted(absent)]
        links += [(site / "index.html", entry[3]) for entry in entries]
    faults += [f"{path.name}: {link} leads nowhere" for path, link in links if not _resolves(path, link, ids)]
    return faults, len(facts)


def _resolves(start: Path, link: str, ids: dict[Path, set[str]]) -> bool:
    if re.match(r"https?:|mailto:|data:", link):
        return True
    name, _, anchor = unquote(link).partition("#")
    target = Path(os.path.normpath(start.parent / name)) if name else start
    if not target.exists():
        return False
    return not anchor or anchor.startswith((":~:text=", "v=")) or target not in ids or anchor in ids[target]

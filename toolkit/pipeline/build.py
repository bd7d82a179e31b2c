"""The verbs that build data and write the site."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from toolkit import paths
from toolkit.language import LANGUAGES, Language, Text
from toolkit.pipeline import cache, collect
from toolkit.pipeline.progress import doing, line

ENTRY = "data"


def build(force: bool) -> bool:
    """Bring data_processed/ up to date; return whether anything was built.

    Parameters
    ----------
    force : build also when nothing has changed.

    Raises
    ------
    DataError
        If a raw file is missing or changed, or a check fails; the message names the place and the remedy.
    """
    start = time.monotonic()
    paths.remove_left()
    key = cache.library_key()
    if not force and cache.current(ENTRY, key):
        line(Text("Data are up to date", "数据已是最新"))
        return False
    from toolkit.data.build import build_tables

    with doing(Text("Building data", "生成数据")):
        built = build_tables(paths.DATA_PROCESSED, raw_root=paths.DATA_RAW)
    for entry in built.unlisted:
        line(entry)
    files = [file for file in paths.DATA_PROCESSED.iterdir() if file.is_file()]
    seconds = time.monotonic() - start
    cache.store(ENTRY, cache.Entry(key, cache.hash_files(files), round(seconds, 1)))
    line(
        Text("Data built, {count} tables, {seconds:.1f} s", "数据已生成，{count}张表，{seconds:.1f}秒").filled(
            count=len(built.tables), seconds=seconds
        )
    )
    return True


SITE_ENTRY = "site"
OF_THE_READER = ("zh", "tags")  # metadata of a cell: its translation, and whether its exhibits are folded away


def report(language: Language, force: bool) -> str:
    """Bring reports/index.html and its pages up to date; return the path of the overview, as it is shown to a reader.

    Parameters
    ----------
    language : language in which the reader is sent to the overview; every page is written in both.
    force : write also when nothing has changed.
    """
    start = time.monotonic()
    paths.remove_left()
    for notebook in cache.notebooks():
        for each in LANGUAGES:
            _refresh(cache.executed_path(notebook.stem, each), notebook)
    key = cache.site_key(cache.library_key(), language)
    if force or not cache.current(SITE_ENTRY, key):
        with doing(Text("Writing the site", "生成网站")):
            files = _write()
        cache.store(SITE_ENTRY, cache.Entry(key, cache.hash_files(files), round(time.monotonic() - start, 1)))
        written = Text("Site written, {count} files, {seconds:.1f} s", "网站已生成，{count}个文件，{seconds:.1f}秒")
        line(written.filled(count=len(files), seconds=time.monotonic() - start))
    else:
        line(Text("Site is up to date", "网站已是最新"))
    return paths.relative(paths.REPORTS / ("index.html" if language == "en" else "index.zh.html"))


def _refresh(executed: Path, notebook: Path) -> None:
    """Bring translations and tags, which cannot change what a cell finds, into the executed copy of a notebook."""
    if not executed.exists():
        return
    before, now = (path.read_text(encoding="utf-8") for path in (executed, notebook))
    copy = json.loads(before)
    told = {cell.get("id"): cell["metadata"] for cell in json.loads(now)["cells"]}
    for cell in copy["cells"]:
        given = told.get(cell.get("id"), cell["metadata"])
        kept = {name: value for name, value in cell["metadata"].items() if name not in OF_THE_READER}
        cell["metadata"] = kept | {name: given[name] for name in OF_THE_READER if name in given}
    if copy != json.loads(before):
        paths.write_text(executed, json.dumps(copy, ensure_ascii=False, indent=1) + "\n")


def _write() -> list[Path]:
    from toolkit.audit.run import audit
    from toolkit.data.catalogue import load_frame
    from toolkit.present.site.write import Site, write_site
    from toolkit.registry import registry

    names = [path.stem for path in cache.notebooks()]
    # a notebook that stopped has no entry; its copy of an earlier run is not shown
    every = {
        (name, language): cache.executed_path(name, language)
        for name in names
        for language in LANGUAGES
        if cache.recall(f"{name}.{language}") is not None
    }
    site = Site(
        reports=paths.REPORTS,
        executed={key: path for key, path in every.items() if path.exists()},
        record=collect.recorded(),
        run=_content(paths.REPORTS / "run.json"),
        verified=_content(collect.verified_path()),
        registry=registry(),
        claims=audit(),
        panel=load_frame("provincial_panel"),
    )
    return write_site(site)


def _content(path: Path) -> Any:
    """A JSON file; empty if there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

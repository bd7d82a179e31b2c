"""The verbs that build data and write the site."""

from __future__ import annotations

import json
import time
from pathlib import Path

from toolkit import paths
from toolkit.language import LANGUAGES, Language
from toolkit.pipeline import cache, collect
from toolkit.pipeline.progress import line

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
        line("Data are up to date")
        return False
    from toolkit.data.build import build_tables

    built = build_tables(paths.DATA_PROCESSED, raw_root=paths.DATA_RAW)
    for entry in built.unlisted:
        line(entry)
    files = [file for file in paths.DATA_PROCESSED.iterdir() if file.is_file()]
    seconds = time.monotonic() - start
    cache.store(ENTRY, cache.Entry(key, cache.hash_files(files), round(seconds, 1)))
    line(f"Data built, {len(built.tables)} tables, {seconds:.1f} s")
    return True


SITE_ENTRY = "site"


def report(language: Language, force: bool) -> str:
    """Bring reports/index.html and its pages up to date; return the path of the overview, as it is shown to a reader.

    Parameters
    ----------
    language : language in which the reader is sent to the overview; every page is written in both.
    force : write also when nothing has changed.
    """
    start = time.monotonic()
    paths.remove_left()
    key = cache.site_key(cache.library_key(), language)
    if force or not cache.current(SITE_ENTRY, key):
        files = _write()
        cache.store(SITE_ENTRY, cache.Entry(key, cache.hash_files(files), round(time.monotonic() - start, 1)))
        line(f"Site written, {len(files)} files, {time.monotonic() - start:.1f} s")
    else:
        line("Site is up to date")
    return paths.relative(paths.REPORTS / ("index.html" if language == "en" else "index.zh.html"))


def _write() -> list[Path]:
    from toolkit.audit.run import audit
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
    run = paths.REPORTS / "run.json"
    site = Site(
        reports=paths.REPORTS,
        executed={key: path for key, path in every.items() if path.exists()},
        record=collect.recorded(),
        run=json.loads(run.read_text(encoding="utf-8")) if run.exists() else {},
        registry=registry(),
        claims=audit(),
    )
    return write_site(site)

"""Build the tables of data_processed/ if the raw files, the registry or the code that builds them have changed."""

from __future__ import annotations

import time

from toolkit import paths
from toolkit.pipeline import cache
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
    key = cache.library_key()
    if not force and cache.current(ENTRY, key):
        line("Data are up to date")
        return False
    from toolkit.data.build import build_tables

    tables = build_tables(paths.DATA_PROCESSED, raw_root=paths.DATA_RAW).tables
    files = [file for file in paths.DATA_PROCESSED.iterdir() if file.is_file()]
    seconds = time.monotonic() - start
    cache.store(ENTRY, cache.Entry(key, cache.hash_files(files), round(seconds, 1)))
    line(f"Data built, {len(tables)} tables, {seconds:.1f} s")
    return True

"""Official figures: verified raw files, checked tables, a codebook in two languages, and a door for the user's own files."""

from __future__ import annotations

from toolkit.data.build import BuildReport, build_tables, compared_publications, repaired_cells
from toolkit.data.catalogue import list_tables, load, load_frame, tables
from toolkit.data.check_file import check_file, read_checked
from toolkit.data.codebook import CodebookEntry, codebook, codebook_markdown, codebook_rows
from toolkit.data.export import export
from toolkit.data.own import read_panel

__all__ = [
    "BuildReport",
    "CodebookEntry",
    "build_tables",
    "check_file",
    "codebook",
    "codebook_markdown",
    "codebook_rows",
    "compared_publications",
    "export",
    "list_tables",
    "load",
    "load_frame",
    "read_checked",
    "read_panel",
    "repaired_cells",
    "tables",
]

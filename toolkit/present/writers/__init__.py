"""Writers of tables: HTML, LaTeX, Word, Markdown and plain text. Each is a function of a :class:`~toolkit.present.tables.table.Table`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from toolkit import paths
from toolkit.present.tables.table import Table
from toolkit.present.writers.html import to_html
from toolkit.present.writers.latex import to_latex
from toolkit.present.writers.markdown import to_markdown, to_text

__all__ = ["WRITERS", "to_docx", "to_html", "to_latex", "to_markdown", "to_text"]


def to_docx(table: Table, path: Path) -> None:
    """Write ``table`` as a Word document; see :func:`toolkit.present.writers.word.write_docx`."""
    from toolkit.present.writers.word import write_docx

    write_docx(table, path)


def _text_writer(render: Callable[[Table], str]) -> Callable[[Table, Path], None]:
    return lambda table, path: paths.write_text(path, render(table))


WRITERS: dict[str, Callable[[Table, Path], None]] = {
    "html": _text_writer(to_html),
    "tex": _text_writer(to_latex),
    "docx": to_docx,
    "md": _text_writer(to_markdown),
}
"""File extension -> function that writes a table to a path."""

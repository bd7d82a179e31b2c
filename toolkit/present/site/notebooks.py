"""An executed notebook as the body of a page. The only place that knows nbconvert."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import pass_context
from markupsafe import Markup
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from toolkit.present.site.equations import to_mathml

_HEADING = re.compile(r"^#\s+(.+)$", re.MULTILINE)
_SAVED = re.compile(r"""save\(.*?["']([\w-]+)["']\s*\)""", re.DOTALL)


class _Renderer(IPythonRenderer):
    """Markdown with equations as MathML."""

    def block_math(self, body: str) -> str:
        return to_mathml(body, "block")

    def inline_math(self, body: str) -> str:
        return to_mathml(body, "inline")

    def latex_environment(self, name: str, body: str) -> str:
        return to_mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")


class _Exporter(HTMLExporter):
    """Bodies without any head, script or style; those are the site's own."""

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        attachments = context.get("cell", {}).get("attachments", {})
        renderer = _Renderer(escape=False, attachments=attachments, embed_images=True, exclude_anchor_links=True)
        return str(MarkdownWithMath(renderer=renderer).render(source))


def title_of(path: Path) -> str:
    """The first heading of a notebook, or its name.

    Raises nothing: a notebook without heading is shown under its file name.
    """
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    heading = _HEADING.search(text)
    return heading.group(1).strip() if heading else path.name.split(".")[0]


def saved_in(path: Path) -> list[str]:
    """The names of the exhibits that a notebook saves, in the order of its cells."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return [name for cell in notebook.cells if cell.cell_type == "code" for name in _SAVED.findall(cell.source)]


def body_of(path: Path, titles: Mapping[str, str]) -> Markup:
    """The cells of an executed notebook as HTML; pictures are embedded.

    Parameters
    ----------
    path : the executed notebook.
    titles : title of each exhibit by name: the alternative text of the picture of a cell that saves it.
    """
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    for cell in notebook.cells:
        saved = _SAVED.findall(cell.source) if cell.cell_type == "code" else []
        cell.metadata["alt"] = "; ".join(titles.get(name, name) for name in saved) or "Figure drawn by the code above"
    exporter = _Exporter(  # type: ignore[no-untyped-call]
        template_name="basic", embed_images=True, exclude_input_prompt=True, exclude_output_prompt=True, require_js_url="", mathjax_url=""
    )
    return Markup(exporter.from_notebook_node(notebook)[0])


def code_style() -> str:
    """The style sheet of highlighted code."""
    from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]

    style: str = HtmlFormatter(style="default").get_style_defs(".highlight")
    return style

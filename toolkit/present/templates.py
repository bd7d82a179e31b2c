"""The only door to Jinja2: pages and tables are filled into the files of ``templates/``, and every text is escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from toolkit.language import Language, Text

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent / "templates"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined, auto_reload=False
    )


def fill(template: str, language: Language, /, **values: object) -> Markup:
    """The file ``templates/<template>.html`` with ``values`` filled in; inside, ``t(text)`` is a text in ``language``.

    A value that is HTML already is a :class:`markupsafe.Markup`; everything else is escaped.

    Examples
    --------
    >>> fill("code", "en", code=Text("R&D", "研发"), source="fit()")
    Markup('<details class="code"><summary>R&amp;D</summary>fit()</details>')
    """

    def t(text: Text) -> str:
        return text.to(language)

    return Markup(_environment().get_template(f"{template}.html").render(language=language, t=t, **values))

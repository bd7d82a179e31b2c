"""What every table says about the weak series that it uses."""

from __future__ import annotations

from collections.abc import Iterable

from toolkit import glossary
from toolkit.language import Language, Text
from toolkit.present.labels import label
from toolkit.present.naming import Names


def weak_series(variables: Iterable[str], names: Names, language: Language) -> list[str]:
    """One sentence for each weak series among ``variables``, with the reason that the registry gives; none for data of other origin.

    Examples
    --------
    >>> from toolkit.present.naming import names_for
    >>> weak_series(["gdp", "urbanisation_rate"], names_for("registry"), "en")[0][:30], weak_series(["urbanisation_rate"], Names(), "en")
    ('Weak series, Urbanisation rate', [])
    """
    head, comma, colon, stop = (text.to(language) for text in _WORDS)
    said = []
    for name in dict.fromkeys(variables):
        if name in names.weak:
            reason = names.weak[name].to(language).rstrip(".。")
            said.append(f"{head}{comma}{label(name, language, names)}{colon}{reason}{stop}")
    return said


_WORDS = (glossary.WEAK_SERIES, Text(", ", "——"), Text(": ", "："), Text(".", "。"))

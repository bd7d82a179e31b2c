"""What every table says about the weak series that it uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from toolkit import glossary
from toolkit.language import Language, Text
from toolkit.present.labels import label


def weak_series(variables: Iterable[str], names: Mapping[str, str | Text], language: Language) -> list[str]:
    """One sentence for each weak series among ``variables``, with the reason that the registry gives.

    Examples
    --------
    >>> weak_series(["gdp", "urbanisation_rate"], {}, "en")[0][:30]
    'Weak series, Urbanisation rate'
    """
    from toolkit.registry import registry

    known = registry().variables
    head, comma, colon, stop = (text.to(language) for text in _WORDS)
    said = []
    for name in dict.fromkeys(variables):
        if name in known and known[name].weak:
            reason = Text(known[name].weak, known[name].weak_zh or known[name].weak).to(language).rstrip(".。")
            said.append(f"{head}{comma}{label(name, language, names)}{colon}{reason}{stop}")
    return said


_WORDS = (glossary.WEAK_SERIES, Text(", ", "——"), Text(": ", "："), Text(".", "。"))

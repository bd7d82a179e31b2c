"""What every table says by itself: the weak series and changes of definition that it uses, and how its numbers were computed."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Literal, TypeVar

from toolkit import glossary
from toolkit.language import Language, Note, Text
from toolkit.present.tables.column import Column
from toolkit.present.words.breaks import span_notes
from toolkit.present.words.labels import label
from toolkit.present.words.naming import Names
from toolkit.present.words.words import COVARIANCES, WILD, name_label, named_in_sentence, said, stars_note


def weak_series(variables: Iterable[str], names: Names, language: Language) -> list[str]:
    """One sentence for each weak series among ``variables``, with the reason that the registry gives; none for data of other origin.

    Examples
    --------
    >>> from toolkit.present.words.naming import names_for
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


def changes_crossed(used: Iterable[tuple[str, tuple[int, int] | None]], names: Names, language: Language) -> list[str]:
    """The sentence on changes of definition inside the years used, for columns of the registry; none where nothing is crossed.

    Parameters
    ----------
    used : variable, and the first and last year for which it is used (None where that is not known).

    Examples
    --------
    >>> from toolkit.present.words.naming import names_for
    >>> changes_crossed([("fiscal_total_exp", (2010, 2023)), ("gdp", (2010, 2023))], names_for("registry"), "en")
    ['Changes inside the years shown: Fiscal expenditure 2015: jump in most provinces.']
    >>> changes_crossed([("fiscal_total_exp", (2016, 2023))], names_for("registry"), "en")
    []
    """
    spans: dict[str, tuple[int, int]] = {}
    for name, years in used:
        if years is not None and name in names.registered:
            first, last = spans.get(name, years)
            spans[name] = min(first, years[0]), max(last, years[1])
    return [note.to(language) for note in span_notes(spans)]


_WORDS = (glossary.WEAK_SERIES, Text(", ", "——"), Text(": ", "："), Text(".", "。"))


Brackets = Literal["std_error", "t", "p", "interval"]
Key = TypeVar("Key", bound=Hashable)

BRACKETS: dict[str, Text] = {
    "std_error": Text("Standard errors in parentheses", "括号内为标准误"),
    "t": Text("t statistics in parentheses", "括号内为t值"),
    "p": Text("p-values in parentheses", "括号内为p值"),
    "interval": Text("95% confidence intervals in brackets", "方括号内为95%置信区间"),
}


def regression_notes(
    columns: Sequence[Column], brackets: Brackets, stars: Sequence[float], names: Names, language: Language
) -> tuple[str, ...]:
    """Everything a reader must know to read the table, in sentences of ``language``."""
    notes = [
        _end(BRACKETS[brackets].to(language) + Text("; ", "；").to(language) + _conventions(columns, names, language), language),
        stars_note(stars, language),
        _by_columns(columns, lambda column: " ".join(said(column.wild_method, language, names)), WILD, language),
        _libraries(columns, language),
        _by_columns(columns, lambda column: _drops(column, names, language), Text("Rows left out", "未进入样本的观测"), language),
        _by_columns(columns, lambda column: _omitted(column, names, language), Text("Regressors omitted", "已剔除的变量"), language),
        *weak_series([name for column in columns for name in column.variables], names, language),
        *changes_crossed([(name, column.years) for column in columns for name in column.variables], names, language),
        _warnings(columns, names, language),
    ]
    return tuple(note for note in notes if note)


def column_list(places: Sequence[int], language: Language = "en") -> str:
    """Column numbers, runs drawn together.

    Examples
    --------
    >>> column_list([1, 2, 3, 5]), column_list([1, 2, 3, 5], "zh")
    ('(1)–(3), (5)', '(1)—(3)、(5)')
    """
    comma, dash = Text(", ", "、").to(language), Text("–", "—").to(language)
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][-1] + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return comma.join(f"({run[0]})" if len(run) == 1 else f"({run[0]}){dash if len(run) > 2 else comma}({run[-1]})" for run in runs)


def _column_prefix(places: Sequence[int], language: Language) -> str:
    shown = column_list(places, language)
    return Text(f"{shown} ", f"第{shown}列").to(language)


def _grouped(columns: Sequence[Column], key: Callable[[Column], Key]) -> dict[Key, list[int]]:
    groups: dict[Key, list[int]] = {}
    for place, column in enumerate(columns, 1):
        groups.setdefault(key(column), []).append(place)
    return groups


def _conventions(columns: Sequence[Column], names: Names, language: Language) -> str:
    groups = _grouped(
        columns, lambda column: (_covariance(column, names, language), _factor(column, names, language), math.isinf(column.convention.df))
    )
    sentences = []
    for (kind, factor, normal), places in groups.items():
        conventions = [columns[place - 1].convention for place in places]
        reference = _reference([df for each in conventions for df in each.df_terms or (each.df,)], normal, language)
        inside = Text("; ", "；").to(language).join(part for part in (factor, reference) if part)
        sentence = Text(f"{kind} ({inside})", f"{kind}（{inside}）").to(language)
        sentences.append(sentence if len(groups) == 1 else _column_prefix(places, language) + sentence)
    return Text("; ", "；").to(language).join(sentences)


def _covariance(column: Column, names: Names, language: Language) -> str:
    convention = column.convention
    if convention.kind in ("cluster", "CR2"):
        known = [named_in_sentence(name, language, names) for name, _ in convention.clusters if name]
        if not known:
            return Text("clustered", "聚类稳健").to(language)
        reduced = Text("CR2, ", "CR2，").to(language) if convention.kind == "CR2" else ""
        return reduced + Text(f"clustered by {' and '.join(known)}", f"聚类到{'和'.join(known)}层面").to(language)
    return COVARIANCES[convention.kind].to(language) if convention.kind in COVARIANCES else convention.kind


def _factor(column: Column, names: Names, language: Language) -> str:
    convention = column.convention
    symbols = convention.factor.replace("*", "·").replace("-", "−")
    if symbols == "1":
        text = Text("no small-sample factor", "无小样本修正").to(language)
    else:
        text = Text(f"factor {symbols}", f"小样本修正因子{symbols}").to(language) if symbols else ""
    comments = said(convention.notes, language, names)
    return Text(", ", "，").to(language).join(part for part in (text, *comments) if part)


def _reference(dfs: Sequence[float], normal: bool, language: Language) -> str:
    if normal:
        return Text("normal distribution", "正态分布").to(language)
    low, high = f"{min(dfs):.4g}", f"{max(dfs):.4g}"
    shown = low if low == high else f"{low}–{high}"
    return Text(f"t with {shown} degrees of freedom", f"t分布，自由度{shown}").to(language)


def _libraries(columns: Sequence[Column], language: Language) -> str:
    if all(column.library == "toolkit" for column in columns):
        return ""
    own = Text("this toolkit", "本工具包").to(language)
    groups = _grouped(columns, lambda column: own if column.library == "toolkit" else column.library)
    parts = Text("; ", "；").to(language).join(_column_prefix(places, language) + library for library, places in groups.items())
    return _end(Text("Computed by: ", "计算程序：").to(language) + parts, language)


def _by_columns(columns: Sequence[Column], text_of: Callable[[Column], str], head: Text, language: Language) -> str:
    """One sentence; columns that say the same are named together, and not at all if all say it."""
    groups = {text: places for text, places in _grouped(columns, text_of).items() if text}
    if not groups:
        return ""
    everywhere = len(groups) == 1 and len(next(iter(groups.values()))) == len(columns)
    parts = [text if everywhere else _column_prefix(places, language) + text for text, places in groups.items()]
    return _end(head.to(language) + Text(": ", "：").to(language) + Text("; ", "；").to(language).join(parts), language)


def _drops(column: Column, names: Names, language: Language) -> str:
    shown = []
    for drop in column.dropped:
        reason = _reason(drop.reason, names, language)
        shown.append(Text(f"{reason} ({drop.rows:,})", f"{reason}（{drop.rows:,}行）").to(language))
    return Text(", ", "，").to(language).join(shown)


def _omitted(column: Column, names: Names, language: Language) -> str:
    shown = []
    for term, reason in column.omitted:
        text, why = label(term, language, names), _reason(reason, names, language)
        shown.append(Text(f"{text} ({why})", f"{text}（{why}）").to(language))
    return Text(", ", "，").to(language).join(shown)


def _reason(reason: Note, names: Names, language: Language) -> str:
    return reason.to(language, lambda name, tongue: name_label(name, tongue, names))


def _warnings(columns: Sequence[Column], names: Names, language: Language) -> str:
    """Each warning once, behind the columns it is about; without them when it is about all."""
    places: dict[str, list[int]] = {}
    for place, column in enumerate(columns, 1):
        for warning in dict.fromkeys(said(column.warnings, language, names)):
            places.setdefault(_end(warning, language), []).append(place)
    parts = [text if len(where) == len(columns) else _column_prefix(where, language) + text for text, where in places.items()]
    if not parts:
        return ""
    return Text("Warnings: ", "提示：").to(language) + Text(" ", "").to(language).join(parts)


def _end(sentence: str, language: Language) -> str:
    return sentence if sentence.endswith((".", "。")) else sentence + Text(".", "。").to(language)

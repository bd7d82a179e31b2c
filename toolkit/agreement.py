"""Whether two runs of the same computation agree: values, CSV texts, sentences and the rendered text of exhibits.

Numbers agree within the tolerances below, because other processors and other releases of numpy and scipy round the last digits
differently. Words, labels, stars, heads and whole numbers agree only if they are the same.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Collection, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final, Literal

RELATIVE: Final = 1e-6  # GMM and bootstraps differ by up to 1e-8 between processors, and by more between releases of scipy
DIGITS: Final = 6  # significant digits of a number in a CSV file of an exhibit
ABSOLUTE: Final = 1e-9  # below this a number is zero up to rounding, and a relative difference means nothing

Numbers = Literal["exact", "rounded"]
"""How printed numbers are compared: to the digit, or within one unit of the last printed digit."""

_DECIMAL = re.compile(r"[−-]?\d[\d,]*\.\d+")
_WORD = re.compile(r"[−-]?\d[\d,.]*|[^\W\d_\u3400-\u9fff]+|\s+|.", re.DOTALL)  # a Chinese sign is a word of its own
_BESIDE = 24  # signs of context on either side of a difference
_LONGEST = 80  # signs of the differing words themselves


def same(recorded: Any, now: Any) -> bool:
    """Whether two values agree: numbers within the tolerances, whole numbers and anything else exactly.

    Examples
    --------
    >>> same(0.38, 0.38 * (1 + 1e-9)), same(0.38, 0.3801), same("East", "West")
    (True, False, False)
    """
    if isinstance(recorded, int) and isinstance(now, int):
        return recorded == now
    if isinstance(recorded, int | float) and isinstance(now, int | float):
        return math.isclose(recorded, now, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return bool(recorded == now)


def difference_of_csv(recorded: str, now: str) -> str:
    """The first differing cell of two CSV texts; empty if there is none.

    Examples
    --------
    >>> difference_of_csv("term,estimate\\nx,0.38\\n", "term,estimate\\nx,0.39\\n")
    'row 1, column estimate: recorded 0.38, now 0.39'
    """
    if recorded == now:
        return ""
    (head, *old), (new_head, *new) = list(csv.reader(io.StringIO(recorded))) or [[]], list(csv.reader(io.StringIO(now))) or [[]]
    if head != new_head:
        return f"columns: recorded {', '.join(head)}; now {', '.join(new_head)}"
    for number, (row, new_row) in enumerate(zip(old, new, strict=False), 1):
        for column, cell, new_cell in zip(head, row, new_row, strict=False):
            if not _same_printed(_number(cell), _number(new_cell)):
                return f"row {number}, column {column}: recorded {cell or 'empty'}, now {new_cell or 'empty'}"
    return f"recorded {len(old)} rows, now {len(new)}" if len(old) != len(new) else ""


def _same_printed(recorded: float | str, now: float | str) -> bool:
    """As :func:`same`, for numbers printed with :data:`DIGITS` significant digits: one unit of the last one may be a rounding."""
    if same(recorded, now):
        return True
    if isinstance(recorded, str) or isinstance(now, str) or not recorded or not now:
        return False
    unit = 10.0 ** (math.floor(math.log10(max(abs(recorded), abs(now)))) - DIGITS + 1)
    counts = float(recorded).is_integer() and float(now).is_integer() and unit < 1
    return not counts and abs(recorded - now) <= unit * (1 + RELATIVE)


def _number(cell: str) -> float | str:
    try:
        value = float(cell)
    except ValueError:
        return cell
    return value if math.isfinite(value) else cell


def difference_of_statement(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """The first differing value of a sentence, or the first differing words of its text; empty if there is none.

    Examples
    --------
    >>> difference_of_statement({"b": 0.38, "n": 31}, {"b": 0.38 + 1e-10, "n": 30})
    'n: recorded 31, now 30'
    """
    names = sorted({*recorded, *now} - {"text"})
    for name in names:
        if name not in recorded or name not in now or not same(recorded[name], now[name]):
            return f"{name}: recorded {recorded.get(name)}, now {now.get(name)}"
    numbers: Numbers = "exact" if all(recorded[name] == now[name] for name in names) else "rounded"
    old, new = recorded.get("text", {}), now.get("text", {})
    return difference_in_languages({k: [v] for k, v in old.items()}, {k: [v] for k, v in new.items()}, numbers)


def numbers_in_csv(text: str) -> tuple[float, ...]:
    """All numbers in the cells of a CSV text.

    Examples
    --------
    >>> numbers_in_csv("term,estimate\\nx,0.38\\ny,\\n")
    (0.38,)
    """
    cells = (_number(cell) for row in list(csv.reader(io.StringIO(text)))[1:] for cell in row)
    return tuple(cell for cell in cells if not isinstance(cell, str))


def difference_in_languages(
    recorded: Mapping[str, Sequence[str]], now: Mapping[str, Sequence[str]], numbers: Numbers, cells: Collection[float] = ()
) -> str:
    """:func:`difference_of_text` of the first language in which the lines differ, with the name of the language before it."""
    for language in sorted({*recorded, *now}):
        if detail := difference_of_text(recorded.get(language, ()), now.get(language, ()), numbers, cells):
            return f"{language} {detail}"
    return ""


def difference_of_text(recorded: Sequence[str], now: Sequence[str], numbers: Numbers, cells: Collection[float] = ()) -> str:
    """The first differing words of two rendered exhibits, with their neighbours; empty if there are none.

    Parameters
    ----------
    recorded, now : lines of Markdown: the title in bold, rows between bars, notes.
    numbers : "exact" where the numbers behind the text are the same; "rounded" where they agree within the tolerances only, so that a
        number with decimals may have been rounded to the neighbouring one. Whole numbers (years, counts, clusters) are always exact.
    cells : numbers of the file behind the text, known to :data:`DIGITS` digits. One that lies halfway between two printed numbers explains
        either of them, also where ``numbers`` is "exact".

    Examples
    --------
    >>> print(difference_of_text(["| x | 0.38\\\\*\\\\* |", "Only 31 clusters."], ["| x | 0.38\\\\*\\\\* |"], "exact"))
    note: recorded 'Only 31 clusters.', now nothing
    >>> difference_of_text(["| x | 0.38 |"], ["| x | 0.39 |"], "rounded")
    ''
    >>> difference_of_text(["| x | 0.38 |"], ["| x | 0.39 |"], "exact")
    "row: recorded '| x | 0.38 |', now '| x | 0.39 |'"
    """
    loose = numbers == "rounded" or bool(cells)
    old, new = ([_DECIMAL.sub("0.0", line) if loose else line for line in lines] for lines in (recorded, now))
    for kind, first, last, new_first, new_last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            return _told(recorded[first] if first < last else "", now[new_first] if new_first < new_last else "")
        for line, new_line in zip(recorded[first:last], now[new_first:new_last], strict=True):
            if not _decimals_agree(line, new_line, None if numbers == "rounded" else cells):
                return _told(line, new_line)
    return ""


def _decimals_agree(line: str, new_line: str, cells: Collection[float] | None) -> bool:
    """Whether the decimal numbers of two lines with the same words are one unit of their last digit apart at most, and a cell explains it.

    ``cells`` None asks for no explanation.
    """
    pairs = zip(_DECIMAL.findall(line), _DECIMAL.findall(new_line), strict=True)
    apart = [(old, new) for old, new in pairs if old != new]
    return all(
        _decimals(old) == _decimals(new) and abs(_units(old) - _units(new)) <= 1 and (cells is None or _halfway(old, new, cells))
        for old, new in apart
    )


def _halfway(old: str, new: str, cells: Collection[float]) -> bool:
    """Whether a cell lies between two neighbouring printed numbers, as far as its printed digits can tell."""
    middle = (_units(old) + _units(new)) / 2 / 10 ** _decimals(old)
    return any(_same_printed(cell, middle) for cell in cells)


def _decimals(number: str) -> int:
    return len(number.partition(".")[2])


def _units(number: str) -> int:
    """A printed number in units of its last digit."""
    return int(number.replace("−", "-").replace(",", "").replace(".", ""))


def _told(line: str, new_line: str) -> str:
    part = "title" if (line or new_line).startswith("**") else "row" if (line or new_line).startswith("|") else "note"
    old, new = _WORD.findall(line), _WORD.findall(new_line)
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    _, first, last, new_first, new_last = next(step for step in steps if step[0] != "equal")
    return f"{part}: recorded {_shown(old, first, last)}, now {_shown(new, new_first, new_last)}"


def _shown(words: Sequence[str], first: int, last: int) -> str:
    """The words from ``first`` to ``last`` in their context, or "nothing"."""
    changed = "".join(words[first:last])
    if not changed.strip():
        return "nothing"
    before, after = "".join(words[:first]), "".join(words[last:])
    shown = changed if len(changed) <= _LONGEST else changed[:_LONGEST] + "…"
    left = ("…" if len(before) > _BESIDE else "") + before[-_BESIDE:]
    right = "" if shown != changed else after[:_BESIDE] + ("…" if len(after) > _BESIDE else "")
    return repr(left + shown + right)

"""The name of a coefficient or column read back into the tree of the formula that it stands for."""

from __future__ import annotations

from toolkit.errors import FormulaError
from toolkit.estimate.formula.parser import Parser
from toolkit.estimate.formula.spec import Effect, parse
from toolkit.estimate.formula.terms import Category, Column, Factor, Term
from toolkit.estimate.rows.columns import Band, DesignColumn, Level, Part


def read_name(text: str) -> DesignColumn:
    """The tree of a name such as ``log(gdp)``, ``a:b``, ``C(region4)[East]`` or ``x [q <= 10]``.

    Names of other libraries are read, too (``np.log(x)``, ``region4[T.East]``). What cannot be read is a column of that name.

    Examples
    --------
    >>> read_name("L(x, 1):y").parts
    (Lag(argument=Column(name='x'), steps=1), Column(name='y'))
    >>> read_name("C(g)[a:b]").parts
    (Level(category=Category(name='g', reference=None), value='a:b', among=()),)
    >>> read_name("foo(x)").parts
    (Column(name='foo(x)'),)
    """
    text = text.strip()
    slope, _, inner = text.rpartition(" [")
    band = _band(inner[:-1]) if slope and inner.endswith("]") else None
    if band is not None:
        read = [_part(part) for part in split_outside_brackets(slope, ":")]
        known = tuple(part for part in read if part is not None)
        if len(known) == len(read):
            return DesignColumn(known, band)
    parts = split_outside_brackets(text, ":")
    return DesignColumn(tuple(_part(part) or Column(part) for part in parts) if all(parts) else (Column(text),))


def read_effect(text: str) -> Effect:
    """The tree of an absorbed effect such as ``g^h``, ``id[x]`` or ``id[[x, z]]``; otherwise a column of that name.

    Examples
    --------
    >>> read_effect("province[year]").slopes, read_effect("bloc^year").columns, read_effect("x^2").columns
    ((Column(name='year'),), ('bloc', 'year'), ('x^2',))
    """
    try:
        effects = parse(f"outcome ~ 1 | {text}").effects
    except FormulaError:
        return Effect((text,))
    return effects[0] if len(effects) == 1 else Effect((text,))


def split_outside_brackets(text: str, separator: str) -> list[str]:
    """Split at the separators that stand outside every bracket, and strip the parts.

    Examples
    --------
    >>> split_outside_brackets("L(x, 1):b", ":")
    ['L(x, 1)', 'b']
    """
    parts, depth, start, quoted = [], 0, 0, False
    for position, character in enumerate(text):
        quoted ^= character == "`"
        if quoted:
            continue
        depth += (character in "([") - (character in ")]")
        if character == separator and depth == 0:
            parts.append(text[start:position].strip())
            start = position + 1
    return [*parts, text[start:].strip()]


def _band(text: str) -> Band | None:
    """``q <= 10``, ``10 < q <= 20`` or ``q > 20``."""
    if " <= " in text:
        left, _, high = text.rpartition(" <= ")
        low, _, variable = left.rpartition(" < ")
    else:
        variable, _, low = text.rpartition(" > ")
        high = ""
    try:
        bounds = float(low or "-inf"), float(high or "inf")
    except ValueError:
        return None
    found = _factor(variable)
    return None if found is None else Band(Term((found,)), *bounds, (low, high))


def _part(text: str) -> Part | None:
    head, mark, level = text.partition("[")
    if mark and text.endswith("]"):
        found = _factor(head)
        if isinstance(found, Category | Column):
            category = found if isinstance(found, Category) else Category(found.name)
            return Level(category, level[:-1].removeprefix("T.").strip(), ())
    return _factor(text)


def _factor(text: str) -> Factor | None:
    """One factor of a formula; None for anything else."""
    try:
        reader = Parser(text.removeprefix("np."))
        found = reader.factor()
    except (FormulaError, RecursionError):
        return None
    return found[0] if len(found) == 1 and reader.next.kind == "end" else None

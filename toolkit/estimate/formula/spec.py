"""A formula as a value: what was asked, parsed once.

Grammar::

    outcome ~ terms [| absorbed effects] [| endogenous ~ instruments]

Nothing is absorbed where the effects are left out or written ``0``: ``y ~ x | d ~ z`` and ``y ~ x | 0 | d ~ z`` ask the same.

Terms are columns, ``log(x)`` ``log1p`` ``asinh`` ``sqrt`` ``exp`` ``abs``, powers ``x^2`` (or ``x**2``), arithmetic inside ``I(...)``, lags
``L(x, 1)``, leads ``F(x, 1)`` and differences ``D(x)`` by the calendar, categories ``C(g)`` or ``C(g, ref="East")``, interactions ``a:b``
and ``a*b``, and ``0`` or ``- 1`` for no intercept. Absorbed effects are columns, ``province + year``, combinations, ``province^year``, or
have slopes of their own: ``id[x1, x2]`` gives each id a level and slopes, ``id[[x]]`` a slope alone (beside which the constant stays, as in
reghdfe and fixest). Clusters are named as effects are, ``"province"``, ``"province^industry"``, ``"province + year"``.

What is read otherwise elsewhere:

=============  ======================================  ============================================================================
written        here                                    elsewhere
=============  ======================================  ============================================================================
``x^2``        the square                              fixest: the square; R and patsy: ``x``
``x:x``        the square, for any term                Stata's ``c.x#c.x``: the square; R, fixest and patsy: ``x``
``b:x``        a boolean b is the number 0 or 1        R makes b a category: ``b:x`` has a column for FALSE and one for TRUE
``b:C(g)``     one column for each level of g, b in    R: all pairs of levels of b and g
               that level and zero elsewhere; without
               the reference if b is a term as well
``C(g):x``     a slope for each level of g; with x a   R: the same; Stata's ``i.g#c.x``: the same
               term as well, differences from the
               reference level
``D(x, 2)``    x(t) - x(t-2), by the calendar          fixest's ``d(x, 2)`` and Stata's ``S2.x``: the same; Stata's ``D2.x`` is the
                                                       second difference, here ``D(D(x))``
``L(x, 1)``    a year earlier, whatever rows there are R's ``lag`` and pandas' ``shift``: the previous row
=============  ======================================  ============================================================================
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from toolkit.errors import FormulaError
from toolkit.estimate.formula.parser import Parser
from toolkit.estimate.formula.terms import Term, Value, columns_of, written


@dataclass(frozen=True)
class Effect:
    """An absorbed effect: one column, or the combination of several (``province^year``), alone or with slopes of its own.

    Attributes
    ----------
    columns : what the groups are made of.
    slopes : terms whose slope differs from group to group, ``province[year]``.
    level : whether each group has an effect beside its slopes; not with ``province[[year]]``.
    """

    columns: tuple[str, ...]
    slopes: tuple[Value, ...] = ()
    level: bool = True

    @property
    def by(self) -> str:
        """The groups as they are written."""
        return "^".join(written(c) for c in self.columns)

    @property
    def text(self) -> str:
        """The effect as it is written."""
        inside = ", ".join(slope.text for slope in self.slopes)
        return self.by + ("" if not inside else f"[{inside}]" if self.level else f"[[{inside}]]")


@dataclass(frozen=True)
class Spec:
    """What a formula asks for.

    Attributes
    ----------
    formula : the formula in one spelling (spaces around every operator).
    left : the outcome term.
    terms : the regressor terms in the order written.
    intercept : whether a constant is asked for.
    effects : absorbed effects.
    endogenous, instruments : terms of the instruments part, empty for most formulas.
    """

    formula: str
    left: Value
    terms: tuple[Term, ...]
    intercept: bool
    effects: tuple[Effect, ...] = ()
    endogenous: tuple[Term, ...] = ()
    instruments: tuple[Term, ...] = ()

    @property
    def outcome(self) -> str:
        """Text of the outcome term, for example ``log(rd)``."""
        return self.left.text

    @property
    def absorb(self) -> tuple[str, ...]:
        """Texts of the absorbed effects."""
        return tuple(effect.text for effect in self.effects)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of all raw columns that the formula uses, each once."""
        names = list(columns_of(self.left))
        for term in (*self.terms, *self.endogenous, *self.instruments):
            names += columns_of(term)
        for effect in self.effects:
            names += effect.columns
            for slope in effect.slopes:
                names += columns_of(slope)
        return tuple(dict.fromkeys(names))

    def absorbs_only(self, names: Collection[str | None]) -> bool:
        """Whether every absorbed effect is a plain one of these columns, or nothing is absorbed."""
        return all(len(e.columns) == 1 and e.columns[0] in names and not e.slopes for e in self.effects)

    @property
    def only_slopes(self) -> bool:
        """Whether effects are absorbed and none of them is more than slopes, so that the model keeps a constant."""
        return bool(self.effects) and not any(effect.level for effect in self.effects)


def parse(formula: str | Spec) -> Spec:
    """Parse a formula. Nothing in it is evaluated.

    Parameters
    ----------
    formula : for example ``"log(rd) ~ log(subsidy) + L(gdp, 1) | province + year"``; what was parsed before is returned as it is.

    Raises
    ------
    FormulaError
        With a caret under the place that cannot be read, and the remedy.

    Examples
    --------
    >>> spec = parse("log(rd)~log(subsidy)+C(region)|province+year")
    >>> spec.formula
    'log(rd) ~ log(subsidy) + C(region) | province + year'
    >>> spec.variables
    ('rd', 'subsidy', 'region', 'province', 'year')
    """
    if isinstance(formula, Spec):
        return formula
    if not isinstance(formula, str):
        raise FormulaError(f"a formula is a text, not {type(formula).__name__}", remedy='write "y ~ x | province + year"')
    try:
        return _read(Parser(formula))
    except RecursionError:
        raise FormulaError("the formula is nested too deeply", where=formula[:60] + " ...", remedy="use fewer parentheses") from None


def _read(reader: Parser) -> Spec:
    left = reader.value()
    reader.expect("~", 'write "outcome ~ regressors"')
    start = reader.next
    terms, intercept = reader.terms()
    effects: tuple[Effect, ...] = ()
    endogenous: tuple[Term, ...] = ()
    instruments: tuple[Term, ...] = ()
    if reader.accept("|"):
        if _instruments_follow(reader):
            endogenous, instruments = _instruments(reader)
        else:
            effects = _effects(reader)
            if reader.accept("|"):
                endogenous, instruments = _instruments(reader)
    if reader.next.kind != "end":
        remedy = "slopes by group are absorbed, | id[x]" if reader.sees("[") else "join terms with +, and absorbed effects after one |"
        reader.fail(f"{reader.next.text!r} cannot stand here", remedy)
    if not intercept and effects and not any(effect.level for effect in effects):
        reader.fail("slopes alone without a constant are not offered", "leave 0 (or - 1) out, or absorb levels too: id[x]", start)
    if intercept and not effects and any(t.text == "Intercept" for t in (*terms, *endogenous)):
        reader.fail(
            "the column Intercept has the name of the constant",
            "rename the column; a column of ones is left out, or write 0 + Intercept",
            start,
        )
    if left.text in {t.text for t in terms}:
        reader.fail(f"the outcome {left.text} is also a regressor", "take it off the right-hand side", start)
    shell = Spec(formula="", left=left, terms=terms, intercept=intercept, effects=effects, endogenous=endogenous, instruments=instruments)
    return replace(shell, formula=_spelled(shell))


def with_effects(spec: Spec, effects: tuple[Effect, ...]) -> Spec:
    """The same question with other absorbed effects."""
    shell = replace(spec, effects=effects)
    return replace(shell, formula=_spelled(shell))


def refuse_instruments(spec: Spec, estimator: str) -> Spec:
    """The spec itself; FormulaError if it names instruments."""
    if spec.endogenous or spec.instruments:
        raise FormulaError(
            f"instruments are not accepted by {estimator}",
            where=spec.formula,
            remedy="use fit_instruments, or leave out the part | endogenous ~ instruments",
        )
    return spec


def refuse_effects(spec: Spec, estimator: str) -> Spec:
    """The spec itself; FormulaError if it names absorbed effects."""
    if spec.effects:
        names = " + ".join(f"C({' '.join(e.columns)})" for e in spec.effects)
        raise FormulaError(
            f"absorbed effects are not accepted by {estimator}", where=spec.formula, remedy=f"use fit_within, or write dummies: + {names}"
        )
    return spec


def refuse_slopes(spec: Spec, estimator: str, remedy: str = "") -> Spec:
    """The spec itself; FormulaError if an absorbed effect has slopes.

    Parameters
    ----------
    remedy : instead of the usual one, dummies times the variable.
    """
    for effect in spec.effects:
        if effect.slopes:
            dummies = ":".join(f"C({written(c)})" for c in effect.columns)
            terms = " + ".join(f"{dummies}:{slope.text}" for slope in effect.slopes)
            levels = f", with | {effect.by}" if effect.level else ""
            raise FormulaError(
                f"slopes by group ({effect.text}) are not offered by {estimator}",
                where=spec.formula,
                remedy=remedy or f"write them as terms: + {terms}{levels}; fit_within and fit_instruments absorb them",
            )
    return spec


def parse_clusters(text: str) -> tuple[Effect, ...]:
    """Cluster variables joined with ``+``; a combination of columns is one of them.

    Examples
    --------
    >>> [cluster.text for cluster in parse_clusters("province + industry ^ year")]
    ['province', 'industry^year']
    """
    reader = Parser(text)
    found = [_combination(reader, "a cluster variable")]
    while reader.accept("+"):
        found.append(_combination(reader, "a cluster variable"))
    if reader.next.kind != "end":
        reader.fail(f"{reader.next.text!r} cannot stand here", 'join cluster variables with +, as in "province + year"')
    return tuple(dict.fromkeys(found))


def _instruments_follow(reader: Parser) -> bool:
    rest = [t.text for t in reader.tokens[reader.index :] if t.kind == "operator"]
    return "~" in rest and ("|" not in rest or rest.index("~") < rest.index("|"))


def _effects(reader: Parser) -> tuple[Effect, ...]:
    if reader.next.kind == "number" and reader.next.text == "0":
        reader.take()
        return ()
    found: dict[str, Effect] = {}
    while True:
        effect = _slopes(reader, _combination(reader, "an absorbed effect"))
        found.setdefault(effect.text, effect)
        if not reader.accept("+"):
            return _once(tuple(found.values()))


def _combination(reader: Parser, what: str) -> Effect:
    """``province`` or ``province^year``."""
    columns = [reader.name(what)]
    while reader.accept("^"):
        columns.append(reader.name(what))
    return Effect(tuple(dict.fromkeys(columns)))


def _slopes(reader: Parser, groups: Effect) -> Effect:
    """``id[x1, x2]``, levels and slopes, or ``id[[x]]``, slopes alone."""
    if not reader.accept("["):
        return groups
    level = not reader.accept("[")
    slopes = [reader.value()]
    while reader.accept(","):
        slopes.append(reader.value())
    for _ in range(1 if level else 2):
        reader.expect("]", "write id[x] for effects and slopes by id, id[[x]] for slopes alone")
    return replace(groups, slopes=tuple({slope.text: slope for slope in slopes}.values()), level=level)


def _once(effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """Effects of the same groups as one: ``id + id[[x]]`` asks for ``id[x]``."""
    joined: dict[tuple[str, ...], Effect] = {}
    for effect in effects:
        old = joined.get(effect.columns, Effect(effect.columns, (), False))
        slopes = {slope.text: slope for slope in (*old.slopes, *effect.slopes)}
        joined[effect.columns] = Effect(effect.columns, tuple(slopes.values()), old.level or effect.level)
    return tuple(joined.values())


def _instruments(reader: Parser) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    endogenous, _ = reader.terms()
    reader.expect("~", "write | endogenous ~ instruments")
    instruments, _ = reader.terms()
    return endogenous, instruments


def _spelled(spec: Spec) -> str:
    right = [t.text for t in spec.terms] + ([] if spec.intercept else ["0"])
    text = f"{spec.outcome} ~ {' + '.join(right) or '1'}"
    if spec.effects:
        text += f" | {' + '.join(spec.absorb)}"
    if spec.endogenous:
        text += f" | {' + '.join(t.text for t in spec.endogenous)} ~ {' + '.join(t.text for t in spec.instruments)}"
    return text

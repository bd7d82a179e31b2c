"""The choices read and checked against the data: what each cell of the curve asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress, product

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import FormulaError, NothingToEstimate, UnknownOption
from toolkit.estimate.formula.spec import Spec, parse, refuse_instruments
from toolkit.estimate.formula.terms import Category, Term, columns_of, shifts
from toolkit.estimate.rows.columns import evaluate
from toolkit.estimate.rows.options import Options
from toolkit.estimate.rows.sample import select
from toolkit.estimate.rows.source import Source
from toolkit.estimate.spec_curve.choices import Choices, rows_outside
from toolkit.language import Note

_MOST_CELLS = 2**16


@dataclass(frozen=True)
class ControlSet:
    """One set of controls.

    Attributes
    ----------
    text : its name, or its members joined with +.
    terms : the terms that it adds to the model.
    """

    text: str
    terms: tuple[str, ...]


@dataclass(frozen=True)
class Combination:
    """The choices that all control sets of a block share.

    Attributes
    ----------
    outcome, treatment, effects, sample, weights : as they are written; effects "" for none, weights None for none.
    outside : (reason, mask) of the rows that the sample leaves out, None if it leaves out none.
    """

    outcome: str
    treatment: str
    effects: str
    sample: str
    weights: str | None
    outside: tuple[Note, NDArray[np.bool_]] | None


@dataclass(frozen=True)
class Plan:
    """All cells: each combination with each set of controls.

    Attributes
    ----------
    combinations, sets : their product are the cells.
    members : (sets, q) which of the candidates each set holds.
    always : terms in every model.
    controls : texts of the q candidates.
    terms : all their terms in the order written.
    """

    combinations: tuple[Combination, ...]
    sets: tuple[ControlSet, ...]
    members: NDArray[np.bool_]
    always: tuple[str, ...]
    controls: tuple[str, ...]
    terms: tuple[str, ...]

    def union(self, group: Sequence[int]) -> tuple[str, ...]:
        """The terms of several sets of controls together, in the order written: the earlier wins over one that says the same."""
        held = {term for at in group for term in self.sets[at].terms}
        return tuple(term for term in self.terms if term in held)

    def spec(self, chosen: Combination, terms: tuple[str, ...]) -> Spec:
        """The question with these controls: the treatment is written first, so that it wins over a control that says the same."""
        right = " + ".join([chosen.treatment, *self.always, *terms])
        return parse(f"{chosen.outcome} ~ {right}" + (f" | {chosen.effects}" if chosen.effects else ""))


def read_choices(choices: Choices, source: Source) -> Plan:
    """Parse the choices and check them against the data.

    Raises
    ------
    NothingToEstimate
        If a list of choices is empty.
    UnknownOption
        If there are more than 65,536 cells.
    FormulaError
        If the treatment is also a control, is no single number, or a category cannot be varied.
    MissingColumn, EmptySample, NotNumeric
    """
    _require_cells(choices)
    outcomes = [parse(f"{text} ~ 1").outcome for text in choices.outcomes]
    treatments = [_treatment(text, outcomes[0]) for text in choices.treatments]
    always = {t.text: t for text in choices.always for t in _terms(text, outcomes[0])}
    sets, members, controls, optional = _control_sets(choices, outcomes[0])
    _require_apart(treatments, always, optional, sets)
    effects = [_effects(text, outcomes[0]) for text in choices.effects]
    outside = {name: rows_outside(name, rule, source) for name, rule in choices.samples.items()}
    found = product(outcomes, [t.text for t in treatments], effects, outside, choices.weights)
    plan = Plan(
        combinations=tuple(
            Combination(outcome=y, treatment=d, effects=e, sample=sample, weights=w, outside=outside[sample])
            for y, d, e, sample, w in found
        ),
        sets=sets,
        members=members,
        always=tuple(always),
        controls=controls,
        terms=tuple(optional),
    )
    for chosen in plan.combinations:
        for name in plan.spec(chosen, tuple(optional)).variables:
            source.column(name)
    return plan


def _require_cells(choices: Choices) -> None:
    for name in ("outcomes", "treatments", "controls", "effects", "samples", "weights"):
        if not len(getattr(choices, name)) and not (name == "controls" and choices.control_sets):
            what = "no set of controls" if name == "controls" else f"no {name}"
            raise NothingToEstimate(
                f"the curve has no cell: the choices name {what}", remedy=f"give {name} at least one entry, or leave {name} out"
            )
    if choices.cells > _MOST_CELLS:
        lists = {name: len(getattr(choices, name)) for name in ("outcomes", "treatments", "effects", "samples", "weights")}
        counts = " x ".join(f"{count} {name}" for name, count in lists.items() if count > 1)
        raise UnknownOption(
            f"the choices make {choices.cells:,} cells, more than {_MOST_CELLS:,}",
            where=" x ".join(filter(None, [counts, f"{choices.control_sets:,} sets of controls"])),
            remedy="narrow them: move controls to always, let some enter together ('a + b'), or name the sets: controls={'short': [...]}",
        )


def _terms(text: str, outcome: str) -> tuple[Term, ...]:
    """The terms of one entry."""
    spec = refuse_instruments(parse(f"{outcome} ~ {text}"), "specification_curve")
    if spec.effects or not spec.intercept or not spec.terms:
        raise FormulaError(
            f"{text!r} is no list of terms", where=text, remedy="write terms such as log(x) + z; effects have a list of their own"
        )
    return spec.terms


def _treatment(text: str, outcome: str) -> Term:
    terms = _terms(text, outcome)
    if len(terms) > 1 or any(isinstance(f, Category) for f in terms[0].factors):
        kind = "a category" if len(terms) == 1 else f"{len(terms)} terms"
        raise FormulaError(
            f"the treatment {text} is {kind}; a curve follows one coefficient",
            where=text,
            remedy="name one numeric term for each treatment",
        )
    return terms[0]


def _effects(text: str, outcome: str) -> str:
    spec = refuse_instruments(parse(f"{outcome} ~ 1 | {text.strip() or '0'}"), "specification_curve")
    return " + ".join(spec.absorb)


def _control_sets(choices: Choices, outcome: str) -> tuple[tuple[ControlSet, ...], NDArray[np.bool_], tuple[str, ...], dict[str, Term]]:
    """The sets, which candidates each holds, the texts of the candidates, and all their terms in order."""
    given = choices.controls
    entries = list(dict.fromkeys(e for one in given.values() for e in one)) if isinstance(given, Mapping) else list(given)
    terms = {entry: _terms(entry, outcome) for entry in entries}
    optional = {t.text: t for found in terms.values() for t in found}
    held = {entry: [t.text for t in found] for entry, found in terms.items()}
    texts = {entry: " + ".join(found) for entry, found in held.items()}
    if isinstance(given, Mapping):
        members = np.array([[entry in chosen for entry in entries] for chosen in given.values()], dtype=bool).reshape(len(given), -1)
        names = list(given)
    else:
        members = ((np.arange(2 ** len(entries))[:, None] >> np.arange(len(entries))) & 1).astype(bool)
        names = [""] * len(members)
    sets = []
    for name, row in zip(names, members.tolist(), strict=True):
        chosen = list(compress(entries, row))
        own = tuple(dict.fromkeys(chain.from_iterable(held[entry] for entry in chosen)))
        sets.append(ControlSet(name or " + ".join(texts[entry] for entry in chosen), own))
    return tuple(sets), members, tuple(texts.values()), optional


def _require_apart(treatments: list[Term], always: dict[str, Term], optional: dict[str, Term], sets: tuple[ControlSet, ...]) -> None:
    """No term twice, and no category whose columns would depend on the set of controls."""
    for treatment in treatments:
        if treatment.text in always or treatment.text in optional:
            raise FormulaError(
                f"the treatment {treatment.text} is also a control",
                where=f"controls: {', '.join([*always, *optional])}",
                remedy="take it off the controls",
            )
    twice = [text for text in optional if text in always]
    if twice:
        raise FormulaError(f"{twice[0]} is in always and among the controls", remedy="name it once")
    for term in (*always.values(), *optional.values()):
        for factor in term.factors:
            rest = Term(tuple(f for f in term.factors if f is not factor)).text
            if not isinstance(factor, Category) or rest not in optional:
                continue
            if any((term.text in always or term.text in one.terms) and rest not in one.terms for one in sets):
                raise FormulaError(
                    f"the columns of {term.text} depend on whether {rest} is in the model",
                    where=f"controls: {', '.join(optional)}",
                    remedy=f"move {rest} to always, or let both enter together: '{rest} + {term.text}'",
                )


def groups_of_sets(plan: Plan, chosen: Combination, source: Source, options: Options) -> list[list[int]]:
    """Positions of the sets of controls, grouped by the rows on which they are complete.

    The union of the sets of a group has the same rows as each of them, so one block serves them all.

    Raises
    ------
    EmptySample
        If no row is left even without controls.
    """
    base = plan.spec(chosen, ())
    positions = select(base, source, options, outside=chosen.outside).positions
    known = {term.text for term in base.terms}
    terms = [t for t in plan.spec(chosen, plan.terms).terms if t.text not in known]
    if not terms:
        return [list(range(len(plan.sets)))]
    absent = np.array([_absent(term, source)[positions] for term in terms])
    patterns = np.unique(absent.T, axis=0)
    held = np.array([[term.text in one.terms for term in terms] for one in plan.sets])
    complete = ~((held.astype(np.int64) @ patterns.T.astype(np.int64)) > 0)
    _, which = np.unique(complete, axis=0, return_inverse=True)
    return [[int(at) for at in np.flatnonzero(which == group)] for group in range(int(which.max()) + 1)]


def _absent(term: Term, source: Source) -> NDArray[np.bool_]:
    """(n,) whether a row leaves because of the term: by the rules of :mod:`toolkit.estimate.rows.sample`."""
    absent = np.zeros(len(source), dtype=bool)
    for factor in term.factors:
        if isinstance(factor, Category):
            absent |= source.group(factor.name).codes < 0
            continue
        why = evaluate(factor, source).why
        absent |= False if why is None else why > 0
        if not shifts(factor):
            for name in columns_of(factor):
                absent |= ~np.isfinite(source.numbers(name))
    return absent

"""The audit: every claim through its declared test and its registered computations to a verdict.

Contradictions are statements that cannot be true together: different numbers for one quantity, and equations that fail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from toolkit import glossary
from toolkit.audit.checks import Check, compare, depends, document, relation, resolve
from toolkit.audit.figures import Figure
from toolkit.audit.printed import PrintedClaim
from toolkit.audit.registered import computations, reference
from toolkit.audit.tables import Tables, claim_named
from toolkit.audit.units import convert
from toolkit.audit.verdicts import WORDS, Verdict, Word, judge
from toolkit.errors import AuditError, ToolkitError, UnitMismatch
from toolkit.language import Text
from toolkit.registry import Claim, registry
from toolkit.registry.claims import DocumentTest, FigureTest, RelationTest, SeriesTest
from toolkit.report import Report, ReportMixin, ReportTable

TWO_NUMBERS = Text(
    "{first} ({first_id}) and {second} ({second_id}) are given for the same quantity.",
    "同一指标有两个数：{first}（{first_id}）与{second}（{second_id}）。",
)
SAME_QUANTITY = Text("two numbers for one quantity", "同一指标的两个数")


@dataclass(frozen=True)
class Contradiction:
    """Claims that cannot all be true, or only under one definition of their words, and why.

    Attributes
    ----------
    claims : ids, sorted.
    always : whether no definition reconciles them.
    sentence : why.
    code : the function that found it.
    """

    claims: tuple[str, ...]
    always: bool
    sentence: Text
    code: str


def disagreeing(claims: Iterable[Claim]) -> dict[str, list[Check]]:
    """Pairs with the same indicator, place and period whose printed numbers exclude each other, as checks by claim.

    Numbers in units that do not convert are not compared; neither are claims without a number or without a period.
    """
    groups: dict[tuple[str, str, str], list[PrintedClaim]] = {}
    for claim in claims:
        if claim.comparator != "none":
            groups.setdefault((claim.indicator.en.lower(), claim.place.en.lower(), claim.period), []).append(PrintedClaim(claim))
    found: dict[str, list[Check]] = {}
    for group in groups.values():
        for first, second in combinations(group, 2):
            if not _can_agree(first, second):
                for one, other in ((first, second), (second, first)):
                    found.setdefault(one.id, []).append(_check(first, second, other.id))
    return found


def _can_agree(first: PrintedClaim, second: PrintedClaim) -> bool:
    try:
        return first.interval.overlaps(convert(second.interval, second.unit.en, first.unit.en))
    except UnitMismatch:
        return True


def _check(first: PrintedClaim, second: PrintedClaim, other: str) -> Check:
    sentence = TWO_NUMBERS.filled(first=first.printed, first_id=first.id, second=second.printed, second_id=second.id)
    return Check(
        what=SAME_QUANTITY,
        result="incoherent",
        value=first.printed,
        sentence=sentence,
        evidence="papers",
        claims=(other,),
        code=f"{__name__}.disagreeing",
    )


def spread(checks: Mapping[str, list[Check]]) -> dict[str, list[Check]]:
    """Every incoherence is charged to its relation: to each claim in it that no official figure clears."""
    cleared = {name for name, own in checks.items() if any(c.result == "agrees" and c.evidence == "official" for c in own)}
    out = {name: [c for c in own if c.result != "incoherent" or name not in cleared] for name, own in checks.items()}
    for name, own in checks.items():
        for check in own:
            if check.result != "incoherent":
                continue
            for other in check.claims:
                if other in out and other not in cleared and check.sentence not in [c.sentence for c in out[other]]:
                    others = tuple(c for c in (name, *check.claims) if c != other)
                    out[other].append(replace(check, claims=others))
    return out


def contradictions(checks: Mapping[str, list[Check]]) -> tuple[Contradiction, ...]:
    """Each incoherence once, and behind them the pairs that only one definition reconciles."""
    found: dict[tuple[tuple[str, ...], Text], Contradiction] = {}
    for name, own in checks.items():
        for check in own:
            if check.result == "incoherent" or (check.result == "depends" and check.claims):
                ids = tuple(sorted({name, *check.claims}))
                always = check.result == "incoherent"
                found.setdefault((ids, check.sentence), Contradiction(ids, always, check.sentence, check.code))
    return tuple(sorted(found.values(), key=lambda one: not one.always))


Watch = Callable[[Iterable[Claim]], Iterator[Claim]]


@dataclass(frozen=True, repr=False)
class Audit(ReportMixin):
    """The verdicts on a list of claims; a notebook shows how many there are of each.

    Attributes
    ----------
    verdicts : one for each claim, in the order of the list.
    contradictions : statements that cannot be true together.
    """

    verdicts: tuple[Verdict, ...]
    contradictions: tuple[Contradiction, ...]

    def counts(self) -> dict[Word, int]:
        """How many claims have each verdict, in the order of the verdicts."""
        seen = Counter(verdict.word for verdict in self.verdicts)
        return {word: seen[word] for word in WORDS}

    def _ipython_key_completions_(self) -> list[str]:
        return [verdict.id for verdict in self.verdicts]

    def __getitem__(self, claim: str) -> Verdict:
        return self.of(claim)

    def _report(self) -> Report:
        cells = tuple((WORDS[word].to(), str(number)) for word, number in self.counts().items() if number)
        return Report("", (ReportTable((glossary.VERDICT.to(), Text("Claims", "论断数").to()), cells),))

    def of(self, claim: str) -> Verdict:
        """The verdict on one claim.

        Raises
        ------
        UnknownName
            With near ids.
        """
        found = {verdict.id: verdict for verdict in self.verdicts}
        claim_named(claim, {name: verdict.claim for name, verdict in found.items()})
        return found[claim]

    def only(self, paper: str = "", word: str = "") -> Audit:
        """The verdicts of one paper, or with one word, or both."""
        kept = tuple(v for v in self.verdicts if paper in ("", v.claim.paper) and word in ("", v.word))
        ids = {verdict.id for verdict in kept}
        return Audit(kept, tuple(c for c in self.contradictions if ids.intersection(c.claims)))


def audit(claims: Mapping[str, Claim] | None = None, watch: Watch = iter) -> Audit:
    """Audit a list of claims.

    Parameters
    ----------
    claims : by id (default: those of the registry). A relation may also refer to claims of the registry.
    watch : a wrapper of the iteration, for a progress bar.

    Raises
    ------
    ToolkitError
        A test refers to something unknown, or compares what does not compare; every such claim is named.

    Examples
    --------
    >>> from toolkit.registry import registry
    >>> drugs = registry().claims["chen2025_class1_48"]
    >>> verdict = audit({drugs.id: drugs}).of("chen2025_class1_48")
    >>> verdict.word, verdict.grade
    ('reproduced', 'A')
    """
    known = registry().claims
    own = known if claims is None else claims
    tables = Tables({**known, **own})
    checks, faults = {}, list[ToolkitError]()
    for claim in watch(own.values()):
        try:
            checks[claim.id] = _checks(claim, tables, known.get(claim.id) == claim)
        except ToolkitError as error:
            faults.append(error)
    if faults:
        raise faults[0] if len(faults) == 1 else AuditError("\n".join(map(str, faults)), remedy="correct each of them")
    for name, more in disagreeing(own.values()).items():
        checks[name] += more
    whole = spread(checks)
    verdicts = tuple(judge(own[name], found) for name, found in whole.items())
    return Audit(verdicts, contradictions(checks))


def _checks(claim: Claim, tables: Tables, ours: bool) -> list[Check]:
    """The checks of one claim; the registered computations belong to the claims of the registry, not to a list that uses the same ids."""
    stated = PrintedClaim(claim)
    try:
        found = _declared(stated, tables)
        for function in computations(claim.id) if ours else ():
            result = function(stated, tables)
            checks: Sequence[Check] = [result] if isinstance(result, Check) else result
            found += [replace(check, code=reference(function)) for check in checks]
    except ToolkitError as error:
        where = ", ".join(filter(None, [f"claim {claim.id}", claim.where, error.where]))
        raise type(error)(error.what, where=where, remedy=error.remedy) from error
    except (ArithmeticError, ValueError, TypeError, KeyError, IndexError) as error:
        raise AuditError(f"a computation failed: {error!r}", where=f"claim {claim.id}", remedy="correct the function") from error
    return found


def _declared(claim: PrintedClaim, tables: Tables) -> list[Check]:
    test = claim.claim.test
    if isinstance(test, RelationTest):
        return [replace(relation(claim, text, tables), code=reference(relation)) for text in test.relation]
    if isinstance(test, SeriesTest):
        stated = tables.cell(test.series, test.time, test.entity)
        if test.measure != "level":
            return [replace(compare(claim, _moved(stated, tables, test), scale=test.scale), code=reference(compare))]
        check = resolve(claim, stated, _vintages(claim, test, tables), scale=test.scale)
        return [replace(check, code=reference(resolve))]
    if isinstance(test, DocumentTest):
        return [replace(document(claim, [tables.official(name) for name in test.figures], test), code=reference(document))]
    if isinstance(test, FigureTest):
        return [_figures(claim, test, tables)]
    return []


def _moved(stated: Figure, tables: Tables, test: SeriesTest) -> Figure:
    """The growth of a series on the year before in per cent, or its change in its own unit."""
    before = tables.cell(test.series, test.time - 1, test.entity)
    moved, word = (
        (stated - before, Text("change", "变化")) if test.measure == "change" else ((stated / before - 1) * 100, Text("growth", "增速"))
    )
    unit = stated.unit if test.measure == "change" else Text("%", "%")
    return replace(moved.named(Text(f"{word.en}, {stated.label.en}", f"{stated.label.zh}{word.zh}"), unit), time=0)


def _figures(claim: PrintedClaim, test: FigureTest, tables: Tables) -> Check:
    """One figure with its vintages; of several every one must hold, and when none does a vintage may."""
    stated, others = ([tables.official(name) for name in names] for names in (test.figures, test.vintages))
    if len(stated) == 1:
        return replace(resolve(claim, stated[0], others), code=reference(resolve))
    check = replace(depends(claim, {figure.label: figure for figure in stated}), ours=False, code=reference(depends))
    return replace(resolve(claim, stated[0], others), code=reference(resolve)) if check.result == "contradicts" and others else check


def _vintages(claim: PrintedClaim, test: SeriesTest, tables: Tables) -> list[Figure]:
    """Other releases of the same year, then other years from the nearest on; a bound ("over 10") names no year, so only releases count."""
    series = [test.series, *test.vintages]
    found = [tables.series(name, test.entity) for name in series]
    releases = [years[test.time] for years in found[1:] if test.time in years]
    if claim.claim.comparator not in ("=", "~", "range"):
        return releases
    years = [(abs(year - test.time), figure) for own in found for year, figure in own.items() if year != test.time]
    return [*releases, *(figure for _, figure in sorted(years, key=lambda pair: pair[0]))]

"""The audit: every claim through its declared test and its registered computations to a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from toolkit.audit.checks import Check, relation, resolve
from toolkit.audit.contradictions import Contradiction, contradictions, disagreeing, spread
from toolkit.audit.figures import Figure, Tables, claim_named
from toolkit.audit.registered import computations, reference
from toolkit.audit.stated import Stated
from toolkit.audit.verdicts import WORDS, Verdict, Word, judge
from toolkit.errors import AuditError, ToolkitError
from toolkit.registry import Claim, registry
from toolkit.registry.claims import RelationTest, SeriesTest

Watch = Callable[[Iterable[Claim]], Iterator[Claim]]


@dataclass(frozen=True)
class Audit:
    """The verdicts on a list of claims.

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
        A test refers to something unknown, or compares what does not compare; the claim is named.

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
    checks = {claim.id: _checks(claim, tables, known.get(claim.id) == claim) for claim in watch(own.values())}
    for name, more in disagreeing(own.values()).items():
        checks[name] += more
    whole = spread(checks)
    verdicts = tuple(judge(own[name], found) for name, found in whole.items())
    return Audit(verdicts, contradictions(checks))


def _checks(claim: Claim, tables: Tables, ours: bool) -> list[Check]:
    """The checks of one claim; the registered computations belong to the claims of the registry, not to a list that uses the same ids."""
    stated = Stated(claim)
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


def _declared(claim: Stated, tables: Tables) -> list[Check]:
    test = claim.claim.test
    if isinstance(test, RelationTest):
        return [replace(relation(claim, text, tables), code=reference(relation)) for text in test.relation]
    if isinstance(test, SeriesTest):
        stated = tables.cell(test.series, test.time, test.entity)
        check = resolve(claim, stated, _vintages(claim, test, tables), scale=test.scale)
        return [replace(check, code=reference(resolve))]
    return []


def _vintages(claim: Stated, test: SeriesTest, tables: Tables) -> list[Figure]:
    """Other releases of the same year, then other years from the nearest on; a bound ("over 10") names no year, so only releases count."""
    series = [test.series, *test.vintages]
    found = [tables.series(name, test.entity) for name in series]
    releases = [years[test.time] for years in found[1:] if test.time in years]
    if claim.claim.comparator not in ("=", "~", "range"):
        return releases
    years = [(abs(year - test.time), figure) for own in found for year, figure in own.items() if year != test.time]
    return [*releases, *(figure for _, figure in sorted(years, key=lambda pair: pair[0]))]

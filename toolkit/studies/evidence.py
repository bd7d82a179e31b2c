"""The claim and our estimates among published ones: elasticities and effects per unit of money, kept apart."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit.data.raw import RawFolder
from toolkit.data.tables.elasticity_evidence import excluded
from toolkit.errors import UnknownName
from toolkit.estimate import Estimate, fit
from toolkit.language import Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.registry import registry
from toolkit.studies import subsidy, us_industries
from toolkit.studies.evidence_texts import AMONG, BEYOND, FINDINGS, GROUPS, KINDS, MEASURES, OWN_ROWS

CLAIM = subsidy.CLAIM
COMPUTED = "computed"  # rows of this project in the file; they are estimated anew here
NOT_EFFECTS = ("share relabelled",)  # numbers that are no effect of public money on R&D
NORMAL_95 = 1.959964  # turns a published standard error into an interval
NAMES = {**KINDS, **GROUPS, **OWN_ROWS, **{study: finding.row() for study, finding in FINDINGS.items()}}


@dataclass(frozen=True)
class EvidenceResults:
    """Everything that the evidence figure and its table show.

    Attributes
    ----------
    drawn : id, kind, group, estimate, low, high, in the order of the figure.
    table : one row per published finding: study, sample, kind, estimate, std_error, range_low, range_high, says, outlet (words in both
        languages).
    recalled : ids of findings that the data leave out because they were remembered, not read.
    claim : the claimed elasticity.
    """

    drawn: pd.DataFrame
    table: pd.DataFrame
    recalled: tuple[str, ...]
    claim: float


def run(findings: pd.DataFrame, provinces: Panel, industries: Panel) -> EvidenceResults:
    """Put published findings, the claim and our own estimates side by side.

    Parameters
    ----------
    findings : the table ``elasticity_evidence``.
    provinces, industries : the tables ``provincial_panel`` and ``us_industry_rd``.

    Raises
    ------
    UnknownName
        When a finding or its kind of number has no text in :mod:`toolkit.studies.evidence_texts`.
    """
    published = findings[findings["status"] != COMPUTED].reset_index(drop=True)
    _require_texts(published)
    claim = registry().claims[CLAIM].number
    ours = [
        {"id": "claim", "kind": "elasticity", "group": "paper", "estimate": claim},
        *_own("provinces", subsidy.SPECIFICATIONS, subsidy.SUBSIDY, provinces.between(subsidy.FIRST_YEAR, subsidy.LAST_YEAR)),
        *_own("us", us_industries.SPECIFICATIONS, us_industries.FEDERAL, us_industries.prepare(industries)),
    ]
    drawn = pd.concat([pd.DataFrame(ours), _with_number(published)], ignore_index=True)
    order = {kind: place for place, kind in enumerate(KINDS)}
    drawn = drawn.sort_values("kind", key=lambda kinds: kinds.map(order), kind="stable", ignore_index=True)
    return EvidenceResults(marked(drawn), _table(published), excluded(RawFolder()), claim)


def numbers(results: EvidenceResults) -> pd.DataFrame:
    """The rows of the table that come with an effect size."""
    return results.table[results.table["kind"] != "in_words"].reset_index(drop=True)


def _require_texts(published: pd.DataFrame) -> None:
    for study, measure, number in zip(published["id"], published["measure"], _numbered(published), strict=True):
        if study not in FINDINGS:
            raise UnknownName(f"finding {study!r} has no text", where="toolkit/studies/evidence_texts.py", remedy="add it to FINDINGS")
        if number and measure not in MEASURES and measure not in NOT_EFFECTS:
            raise UnknownName(f"measure {measure!r} has no panel", where=f"finding {study}", remedy="add it to MEASURES")


def _numbered(published: pd.DataFrame) -> pd.Series:
    return published[["estimate", "low"]].notna().any(axis=1)


def _own(prefix: str, specifications: dict[str, str], term: str, sample: Panel) -> list[dict[str, object]]:
    """Our two-way and pooled elasticity with their 95 % intervals."""
    found: list[dict[str, object]] = []
    for name in ("two_way", "pooled"):
        estimate: Estimate = fit(specifications[name], sample)
        c = estimate.coefficient(term)
        group = "provinces" if prefix == "provinces" else "industries"
        found.append({"id": f"{prefix}_{name}", "kind": "elasticity", "group": group, "estimate": c.estimate, "low": c.low, "high": c.high})
    return found


def _with_number(published: pd.DataFrame) -> pd.DataFrame:
    """Published effects with a number: as printed, a standard error turned into an interval, largest first within each kind."""
    rows = published[_numbered(published) & published["measure"].isin(list(MEASURES))]
    reach = NORMAL_95 * rows["std_error"]
    drawn = pd.DataFrame(
        {
            "id": rows["id"],
            "kind": rows["measure"].map(MEASURES),
            "group": "published",
            "estimate": rows["estimate"],
            "low": rows["low"].fillna(rows["estimate"] - reach),
            "high": rows["high"].fillna(rows["estimate"] + reach),
        }
    )
    height = drawn["estimate"].fillna((drawn["low"] + drawn["high"]) / 2)
    return drawn.loc[height.sort_values(ascending=False, kind="stable").index]


def _table(published: pd.DataFrame) -> pd.DataFrame:
    """Every published finding, those with a number first and in the order of the figure."""
    kind = published["measure"].map(MEASURES).where(_numbered(published), "in_words").fillna("in_words")
    table = pd.DataFrame(
        {
            "study": [FINDINGS[study].study for study in published["id"]],
            "sample": [FINDINGS[study].sample for study in published["id"]],
            "kind": kind,
            "estimate": published["estimate"],
            "std_error": published["std_error"],
            "range_low": published["low"],
            "range_high": published["high"],
            "says": [FINDINGS[study].says for study in published["id"]],
            "outlet": published["outlet"],
        }
    )
    middle = table["estimate"].fillna((table["range_low"] + table["range_high"]) / 2)
    order = pd.DataFrame(
        {"kind": kind.map({name: place for place, name in enumerate(KINDS)}), "middle": -middle, "year": published["year"]}
    )
    return table.loc[order.sort_values(["kind", "middle", "year"], kind="stable").index].reset_index(drop=True)


def finding_values(results: EvidenceResults) -> dict[str, float | int | Text]:
    """What :data:`toolkit.studies.evidence_texts.FINDING` is filled with."""
    drawn = results.drawn
    ours = dict(zip(drawn["id"], drawn["estimate"], strict=True))
    published = drawn[drawn["group"] == "published"]
    printed = published.loc[published["kind"] == "elasticity", ["estimate", "low", "high"]]
    least, most = float(printed.min().min()), float(printed.max().max())
    return {
        "all": len(results.table),
        "with_number": len(published),
        "kinds": published["kind"].nunique(),
        "recalled": len(results.recalled),
        "least": least,
        "most": most,
        "claim": results.claim,
        "verdict": AMONG if least <= results.claim <= most else BEYOND,
        "provinces": ours["provinces_two_way"],
        "industries": ours["us_two_way"],
    }

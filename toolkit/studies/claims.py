"""The claim audit as exhibits: verdicts by paper, the ladder of the G60 shares, vintages, implied growth, drugs, contradictions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from toolkit.audit.basket import READINGS, RESOURCES, Basket, share_basket
from toolkit.audit.figures import Figure, Tables
from toolkit.audit.interval import Interval, wholes
from toolkit.audit.run import Audit, audit
from toolkit.audit.stated import Stated
from toolkit.audit.verdicts import SHORT_WORDS, WORDS
from toolkit.origin import marked

PERCENT = 100
TRILLION = 10**12
HUNDRED_MILLION = 10**8
DOUBLE_DIGITS = 10
NATION, PROVINCES = "national_series.tech_market_value_national", "national_series.tech_market_value_sum31"
SHARES = ("population", "gdp", "hcr_116", "hte_share", "star")


@dataclass(frozen=True)
class ClaimResults:
    """Everything the notebook shows.

    Attributes
    ----------
    audit : the verdicts and contradictions.
    matrix : papers x verdicts, counts of claims.
    decided : the claims that an official figure or arithmetic decides, with number, computed value and sentence.
    ladder : shares of the G60 corridor (%) as printed and as computed, with the ends of their rounding.
    basic : the share of basic research, 2024, as printed and by release (%), with the ends of their rounding.
    growth : yearly growth of technology contracts (%), the nation and the sum of the provinces.
    before : the value of contracts in the year before (trillion yuan) as implied and as published.
    drugs : whole numbers of drugs around the claimed share, and whether it admits them.
    basket : shares of the three centres under every reading (%).
    """

    audit: Audit
    matrix: pd.DataFrame
    decided: pd.DataFrame
    ladder: pd.DataFrame
    basic: pd.DataFrame
    growth: pd.DataFrame
    before: pd.DataFrame
    drugs: pd.DataFrame
    basket: Basket

    @property
    def contradictions(self) -> pd.DataFrame:
        """Statements that cannot be true together, one row each: columns claims, always (under every definition), why."""
        rows = [{"claims": ", ".join(c.claims), "always": c.always, "why": c.sentence} for c in self.audit.contradictions]
        return pd.DataFrame(rows, columns=["claims", "always", "why"])

    @property
    def readings(self) -> pd.DataFrame:
        """One row per territorial reading: shares computed, shares that the claim admits, and the largest of them."""
        return _readings(self.basket, two_thirds(Tables()))


def run() -> ClaimResults:
    """Audit all claims of the registry and compute what the exhibits show."""
    tables = Tables()
    found = audit()
    return ClaimResults(
        audit=found,
        matrix=_matrix(found),
        decided=_decided(found),
        ladder=_ladder(tables),
        basic=_basic(tables),
        growth=_growth(tables),
        before=_before(tables),
        drugs=_drugs(tables),
        basket=share_basket(tables.panel("provincial_panel"), RESOURCES, {name: who for name, (_, who) in READINGS.items()}),
    )


def _matrix(found: Audit) -> pd.DataFrame:
    papers = dict.fromkeys(verdict.claim.paper for verdict in found.verdicts)
    return pd.DataFrame([found.only(paper).counts() for paper in papers], index=list(papers))


def _decided(found: Audit) -> pd.DataFrame:
    rows = [
        {
            "claim": v.claim.indicator,
            "printed": v.printed,
            "computed": v.checks[0].value,
            "verdict": SHORT_WORDS[v.word],
            "grade": v.grade,
            "section": f"{v.claim.paper} {v.claim.section}",
        }
        for word in WORDS
        for v in found.only(word=word).verdicts
        if word != "not_testable"
    ]
    return pd.DataFrame(rows)


def _row(name: str, interval: Interval, estimate: float, **more: object) -> dict[str, object]:
    return {"row": name, "estimate": estimate, "low": float(interval.low or 0), "high": float(interval.high or 0), **more}


def _ladder(tables: Tables) -> pd.DataFrame:
    """Printed shares of the corridor, and the share that its firms make of the printed national number."""
    rows = [_row(name, *_in_percent(tables.claim(f"chen2025_g60_{name}")), kind="printed") for name in SHARES]
    firms, nation = tables.claim("chen2025_g60_hte_growth").high_end, tables.claim("chen2025_hte_463k")
    quoted = tables.national("hightech_enterprises_certified", 2021)
    for name, whole in (("computed", nation.interval), ("quoted", quoted.interval * 10**4)):
        share = firms / whole * PERCENT
        rows.append(_row(f"hte_{name}", share, share.middle, kind=name))
    frame = pd.DataFrame(rows)
    gdp = frame.loc[frame["row"] == "gdp", "estimate"].item()
    people = frame.loc[frame["row"] == "population", "estimate"].item()
    return frame.assign(per_gdp=frame["estimate"] / gdp, per_head=frame["estimate"] / people)


def _in_percent(claim: Stated) -> tuple[Interval, float]:
    factor = PERCENT if claim.unit.en == "share" else 1
    return claim.interval * factor, claim.number * factor


def _basic(tables: Tables) -> pd.DataFrame:
    """The printed share beside the preliminary and the final one, each also divided out."""
    printed = tables.claim("chen2025_basic_share_691")
    cells = {key: tables.national(key, 2024) for key in ("basic_share_preliminary", "basic_share")}
    preliminary = tables.national("rd_basic_preliminary", 2024) / tables.national("gerd_preliminary", 2024) * PERCENT
    final = tables.national("rd_basic", 2024) / tables.national("gerd", 2024) * PERCENT
    figures = {
        "preliminary_printed": cells["basic_share_preliminary"],
        "preliminary_divided": preliminary,
        "final_printed": cells["basic_share"],
        "final_divided": final,
    }
    rows = [_row("paper", printed.interval, printed.number, kind="printed")]
    rows += [_row(key, figure.interval, figure.number, kind=key.partition("_")[0]) for key, figure in figures.items()]
    return pd.DataFrame(rows)


def _growth(tables: Tables) -> pd.DataFrame:
    rows = []
    for series in (NATION, PROVINCES):
        values = tables.series(series)
        for year, figure in values.items():
            if year - 1 in values:
                rows.append(
                    {"year": year, "series": series.partition(".")[2], "growth": (figure.number / values[year - 1].number - 1) * PERCENT}
                )
    return marked(pd.DataFrame(rows))


def double_digit_run(growth: pd.DataFrame, series: str) -> int:
    """How many years in a row up to the last one the growth of a series was ten per cent or more."""
    own = growth[growth["series"] == series].sort_values("year", ascending=False)
    return int((own["growth"] >= DOUBLE_DIGITS).cumprod().sum())


def _before(tables: Tables) -> pd.DataFrame:
    """What the printed value and growth say about the year before, under two readings of "over", and what was published."""
    value, growth = tables.claim("chen2025_tech_contract_68"), tables.claim("chen2025_tech_contract_growth")
    divisor = 1 + growth.interval / PERCENT
    rows = [
        _row(reading, amount / divisor / TRILLION, (amount / divisor / TRILLION).middle, kind="implied")
        for reading, amount in (("truncated", value.truncated), ("rounded", value.rounded))
    ]
    nation = _trillions(tables.cell(NATION, 2023), HUNDRED_MILLION)
    provinces = _trillions(tables.cell(PROVINCES, 2023), 10**4)
    rows += [_row(key, figure.interval, figure.number, kind="published") for key, figure in (("nation", nation), ("provinces", provinces))]
    return pd.DataFrame(rows)


def _trillions(figure: Figure, yuan: int) -> Figure:
    return figure * Fraction(yuan, TRILLION)


def _drugs(tables: Tables) -> pd.DataFrame:
    """Whole numbers of drugs around the claimed share of the approvals."""
    share, drugs = tables.claim("chen2025_class1_domestic_83"), tables.claim("chen2025_class1_48")
    whole = int(drugs.number)
    middle = round(share.number / PERCENT * whole)
    fits = wholes(share.interval / PERCENT * whole)
    rows = [
        {"drugs": n, "share": PERCENT * n / whole, "rounded": PERCENT * Fraction(n, whole) in share.rounded, "about": n in fits}
        for n in range(middle - 2, middle + 3)
    ]
    return pd.DataFrame(rows)


def two_thirds(tables: Tables) -> Interval:
    """The shares of the three centres, in per cent, that are two thirds when the denominator is rounded."""
    return tables.claim("chen2025_resources_two_thirds").rounded * PERCENT


def claimed_share() -> float:
    """Two thirds as the paper claims it, in per cent."""
    return PERCENT * Tables().claim("chen2025_resources_two_thirds").number


def _readings(basket: Basket, claim: Interval) -> pd.DataFrame:
    rows = []
    for reading, own in basket.shares.groupby("reading", sort=False):
        holds = [share in claim for share in own["share"]]
        top = own.nlargest(1, "share").to_dict("records")[0]
        rows.append(
            {
                "reading": reading,
                "cases": len(own),
                "admitted": sum(holds),
                "indicators": own.loc[holds, "indicator"].nunique(),
                **{key: top[key] for key in ("indicator", "year", "share")},
            }
        )
    return marked(pd.DataFrame(rows))

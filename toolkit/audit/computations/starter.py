"""Technology contracts, new drugs and the share of the three centres."""

from __future__ import annotations

from toolkit.audit.api import Check, Stated, Tables, arithmetic, computes, related, wholes
from toolkit.language import Text

PERCENT = 100


@computes("chen2025_class1_domestic_83")
def domestic_drugs(claim: Stated, tables: Tables) -> Check:
    """Which whole numbers of the approved drugs make the share."""
    drugs = tables.claim("chen2025_class1_48")
    counts = wholes(claim.interval / PERCENT * drugs.number)
    sentence = Text("Of {n} drugs the share admits {counts}.", "在{n}款中，该比重对应{counts}款。").filled(
        n=f"{drugs.number:.0f}", counts=", ".join(map(str, counts))
    )
    what = Text("whole numbers that make the share", "与该比重相符的整数")
    return arithmetic(claim, bool(counts), what, counts, sentence, claims=(drugs.id,))


@computes("chen2025_tech_contract_growth")
def contracts_of_the_year_before(claim: Stated, tables: Tables) -> Check:
    """The year before that 6.8 trillion and the growth rate imply."""
    value = tables.claim("chen2025_tech_contract_68").truncated
    implied = value / (1 + claim.interval / PERCENT) / 10**8
    official = tables.national("tech_market_value_national", 2023)
    fits = implied.overlaps(official.interval)
    sentence = Text(
        "The printed value and growth imply {low:,.0f} to {high:,.0f} for the year before; official: {value}.",
        "由论文的数值与增速推算上年为{low:,.0f}至{high:,.0f}；官方数为{value}。",
    ).filled(low=float(implied.low or 0), high=float(implied.high or 0), value=official.text)
    what = Text("the year before that is implied", "推算的上年值")
    return related(claim, implied if fits else official, what, sentence, sources=official.sources, claims=("chen2025_tech_contract_68",))

r"""What does the grant do to an elasticity whose left side contains it?

With O money other than public, S public money, Y = O + S all innovation spending, and s = S / Y::

    d ln Y = s d ln S + (1 - s) d ln O

Where O does not move at all, the elasticity of Y is s: arithmetic. R&D contains the grant as far as the grant pays for R&D, which the
survey does not ask.
"""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.estimate import Estimate, fit
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present.record import Statement, statement
from toolkit.studies.firms.survey import PUBLIC, inside


@dataclass(frozen=True)
class Arithmetic:
    """Elasticities with respect to public money where the left side contains it, and its share in spending.

    Attributes
    ----------
    research, spending : R&D, internal and bought; all innovation spending; firm and year effects.
    unmoved : spending if money other than public had stayed at its mean over the firm's years.
    mean_share : mean of s over firm-years with public money.
    share_of_money : sum of S over sum of Y in them.
    """

    research: Estimate
    spending: Estimate
    unmoved: Estimate
    mean_share: float
    share_of_money: float

    def items(self) -> dict[str, Estimate]:
        """The estimates by name, in order."""
        return {"research": self.research, "spending": self.spending, "unmoved": self.unmoved}


def run(funded: Panel) -> Arithmetic:
    """The estimates and the shares.

    Parameters
    ----------
    funded : firm-years with public money, from :func:`toolkit.studies.firms.survey.prepare`.
    """
    frame = funded.frame
    others = (frame["sti_total"] - frame["fund_public"]).groupby(frame["firm"]).transform("mean")
    panel = funded.assign(unmoved=others + frame["fund_public"])
    return Arithmetic(
        research=fit(f"log(research) ~ {PUBLIC} | firm + year", panel),
        spending=fit(f"log(sti_total) ~ {PUBLIC} | firm + year", panel),
        unmoved=fit(f"log(unmoved) ~ {PUBLIC} | firm + year", panel),
        mean_share=float((frame["fund_public"] / frame["sti_total"]).mean()),
        share_of_money=float(frame["fund_public"].sum() / frame["sti_total"].sum()),
    )


def finding(results: Arithmetic, claim: float) -> Statement:
    """What the grant on the left side does to the elasticity."""
    research, spending, unmoved = (e.coefficient(PUBLIC) for e in results.items().values())
    return statement(
        "colombia_mechanical",
        Text(
            "Where the left side contains the grant the same firms give {research:.3f} (R&D, standard error {research_se:.3f}) and "
            "{spending:.3f} (all innovation spending, {spending_se:.3f}). Public money is {share:.0%} of spending in the mean "
            "firm-year that has any, {money:.0%} of the money; had nothing but the grant moved, spending would still show "
            "{unmoved:.3f}. An elasticity of total R&D therefore says little about own money; the published {claim} {verdict} the "
            "interval of that arithmetic.",
            "若左侧包含资助本身，同一批企业的弹性为{research:.3f}（R&D，标准误{research_se:.3f}）与{spending:.3f}（全部创新投入，{spending_se:.3f}）。"
            "在有公共资金的企业-年份中，公共资金平均占创新投入的{share:.0%}，按金额合计占{money:.0%}；即便除资助外其他资金毫无变动，"
            "创新投入的弹性仍为{unmoved:.3f}。因此，总R&D的弹性难以说明自有资金的变化；论文数值{claim}{verdict}这一纯算术结果的区间内。",
        ),
        research=research.estimate,
        research_se=research.std_error,
        spending=spending.estimate,
        spending_se=spending.std_error,
        share=results.mean_share,
        money=results.share_of_money,
        unmoved=unmoved.estimate,
        claim=claim,
        verdict=inside(claim, unmoved),
    )

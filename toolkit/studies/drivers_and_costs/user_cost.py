r"""What the fall of the user cost would be worth in R&D: a published elasticity times the change of the B-index, no estimate.

.. math:: \Delta \ln R = \epsilon \, \Delta \ln B

Nothing is estimated here: the rates are national, so no province differs from another in a year, and before and after is one comparison in
which everything else moved too. The elasticity is read from the sentence of the study in the table ``elasticity_evidence``.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import pandas as pd

from toolkit.errors import NotEstimable
from toolkit.language import Text
from toolkit.present.record import Statement, statement
from toolkit.present.words.formats import fixed
from toolkit.studies.drivers_and_costs.tax import fall

_SAID = re.compile(r"user-cost elasticity around (-?\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class UserCost:
    """An elasticity of R&D to its user cost, as a study printed it.

    Attributes
    ----------
    study, sample : its citation, and whose R&D it is about.
    elasticity : per cent of R&D per per cent of user cost.
    """

    study: Text
    sample: Text
    elasticity: float

    def rise(self, fall: float) -> float:
        """The rise of R&D that the elasticity implies for a fall of the user cost, both as fractions.

        Examples
        --------
        >>> round(UserCost(Text("a", "a"), Text("b", "b"), -1.0).rise(0.5), 3)
        1.0
        """
        return math.expm1(self.elasticity * math.log1p(-fall))


def published(evidence: pd.DataFrame) -> list[UserCost]:
    """The elasticities that the studies of the table printed, the newest first; versions of one study stand beside each other.

    Parameters
    ----------
    evidence : the table ``elasticity_evidence``.

    Raises
    ------
    NotEstimable
        No study of the table printed one.
    """
    found = [
        UserCost(Text(str(row.cite_en), str(row.cite_zh)), Text(str(row.sample_en), str(row.sample_zh)), float(said[1]))
        for row in evidence.sort_values("year", ascending=False).itertuples()
        if (said := _SAID.search(str(row.printed_en)))
    ]
    if not found:
        raise NotEstimable("no study of the table printed a user-cost elasticity", remedy="pass the table elasticity_evidence")
    return found


def finding(index: pd.DataFrame, evidence: pd.DataFrame) -> Statement:
    """The published elasticity times the fall at the rate of high-tech enterprises, and why none is estimated."""
    newest, *earlier = published(evidence)
    fell = fall(index, "high_tech")
    return statement(
        "tax_user_cost",
        Text(
            "No elasticity of R&D to its user cost is estimated here: the rates are national, and no province has its own. Arithmetic "
            "only: with the {elasticity} of {study} ({sample}), the fall of {fall:.1%} at the rate of high-tech enterprises would mean "
            "{rise:.0%} more R&D of those who pay tax and claim; with the {other} of {earlier}, {other_rise:.0%}. Firms that relabel "
            "spending, make losses or do not claim are not in it, nor is the revenue forgone.",
            "本文不估计R&D对使用成本的弹性：税率全国统一，各省并无差异。仅作算术：若取{study}（{sample}）的{elasticity}，按高新技术企业税率下降"
            "{fall:.1%}，盈利且享受政策的企业研发约多{rise:.0%}；若取{earlier}的{other}，则约多{other_rise:.0%}。将其他支出改列为研发、亏损或"
            "未享受的企业，以及减收的税款，均未计入。",
        ),
        elasticity=fixed(newest.elasticity, 1),
        study=newest.study,
        sample=newest.sample,
        fall=fell,
        rise=newest.rise(fell),
        other=fixed(earlier[0].elasticity, 1),
        earlier=earlier[0].study,
        other_rise=earlier[0].rise(fell),
    )

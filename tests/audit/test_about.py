"""What "about two thirds" admits, by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from toolkit.audit.about import about_share, count_about, narrowest
from toolkit.audit.printed import PrintedClaim
from toolkit.registry import registry

CLAIM = PrintedClaim(registry().claims["chen2025_resources_two_thirds"])
THIRDS = 200 / 3


def test_the_rule_is_five_points_between_two_and_ten() -> None:
    bounds = about_share(CLAIM)
    assert bounds.low is not None
    assert bounds.high is not None
    assert (float(bounds.low), float(bounds.high)) == (pytest.approx(185 / 3), pytest.approx(215 / 3))


@pytest.mark.parametrize("points", [2, 5, 10])
def test_a_share_is_about_it_exactly_when_the_distance_is_no_larger(points: int) -> None:
    for share in (THIRDS - points - 0.001, THIRDS - points + 0.001, THIRDS, THIRDS + points - 0.001, THIRDS + points + 0.001):
        assert (share in about_share(CLAIM, points)) == (abs(share - THIRDS) <= points)


def test_counts_and_the_narrowest_width_agree() -> None:
    shares = pd.DataFrame({"indicator": list("abcd"), "reading": "wide", "share": [66.2, 70.0, 75.0, 36.4]})
    counts = count_about(CLAIM, shares).set_index("points")["inside"]
    assert counts.to_dict() == {2: 1, 5: 2, 10: 3}
    assert [narrowest(CLAIM, share) for share in shares["share"]] == [2, 5, 10, None]

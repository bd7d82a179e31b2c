"""Repairs and agreements: what they change, and that each refuses figures it was not written for."""

from __future__ import annotations

import math

import msgspec
import pandas as pd
import pytest

from toolkit.data.agreements import agreement, join_publications
from toolkit.data.build import check_slips, crossed, repeated
from toolkit.data.repairs import correct
from toolkit.errors import CorrectionObsolete, RegistryError, RepeatedValue, SumMismatch
from toolkit.registry import Agreement, Deviation, Exchange, Identity, Nil, registry
from toolkit.registry.records import make

FRAME = pd.DataFrame(
    {
        "province": ["a", "b", "a", "b"],
        "year": [1, 1, 2, 2],
        "v": [10.0, 20.0, 30.0, 40.0],
        "gov": [1.0, 2.0, math.nan, 4.0],
        "abroad": [9.0, 18.0, 7.0, math.nan],
        "other": [10.0, 20.5, math.nan, 40.0],
    }
)
NIL = Nil(id="n", table="t", total="v", parts=("gov", "abroad"), blank=("abroad",), within=0.1, reason="r")


def exchange(expected: dict[int, tuple[float, float]]) -> Exchange:
    return Exchange(id="x", table="t", entities=("a", "b"), variable="v", expected=expected, reason="r")


def test_an_exchange_puts_each_value_in_the_other_place() -> None:
    assert correct(FRAME, [exchange({2: (30.0, 40.0)})], "province", "year")["v"].tolist() == [10, 20, 40, 30]
    with pytest.raises(CorrectionObsolete, match="v = 40, the data has 30"):
        correct(FRAME, [exchange({2: (40.0, 30.0)})], "province", "year")
    with pytest.raises(ValueError, match="twice"):
        make(Exchange, {"id": "x", "table": "t", "entities": ["a", "a"], "variable": "v", "expected": {}, "reason": "r"})


def test_an_identity_fills_an_empty_cell_only() -> None:
    rule = Identity(id="i", table="t", entity="a", time=2, variable="gov", total="v", parts=("abroad",), value=23.0, reason="r")
    assert correct(FRAME, [rule], "province", "year")["gov"].tolist() == [1, 2, 23, 4]
    filled = FRAME.assign(gov=1.0)
    with pytest.raises(CorrectionObsolete, match="gov = an empty cell, the data has 1"):
        correct(filled, [rule], "province", "year")
    with pytest.raises(CorrectionObsolete, match="to be 23, it is 25"):
        correct(FRAME.assign(abroad=5.0), [rule], "province", "year")


def test_a_nil_is_refused_where_something_is_left() -> None:
    with pytest.raises(CorrectionObsolete, match=r"36 is left(?s:.*)b, 2"):
        correct(FRAME, [NIL], "province", "year")
    whole = FRAME.assign(gov=[1.0, 2.0, 23.0, 40.0])
    assert correct(whole, [NIL], "province", "year")["abroad"].tolist() == [9, 18, 7, 0]
    with pytest.raises(CorrectionObsolete, match="there are none"):
        correct(FRAME.assign(abroad=1.0), [NIL], "province", "year")


def record(**changes: object) -> Agreement:
    return make(Agreement, {"id": "v", "other": "other", "gap": "units", "bounds": [-0.1, 0.1], "reason": "r"} | changes)  # type: ignore[no-any-return]


def test_two_publications_must_agree_but_for_what_is_declared() -> None:
    table = registry().tables["provincial_panel"]
    with pytest.raises(SumMismatch, match=r"v = 20, other = 20\.5"):
        agreement(FRAME, record(), table)
    declared = {"entity": "b", "time": 1, "gap": -0.5, "reason": "known"}
    found = agreement(FRAME, record(deviations=[declared]), table)
    assert (found.compared, found.equal, found.smallest, found.largest, found.deviations, found.joined) == (3, 2, 0, 0, 1, 0)
    with pytest.raises(CorrectionObsolete, match=r"-0.4 is declared, there is -0\.5"):
        agreement(FRAME, record(deviations=[declared | {"gap": -0.4}]), table)
    with pytest.raises(CorrectionObsolete, match="nothing to compare"):
        agreement(FRAME, record(deviations=[declared | {"time": 3}]), table)


def test_the_longer_publication_has_the_plain_name_and_the_other_fills_it() -> None:
    table = registry().tables["provincial_panel"]
    short = FRAME.assign(v=[10.0, math.nan, math.nan, math.nan])
    with pytest.raises(RegistryError, match="more cells"):
        agreement(short, record(), table)
    with pytest.raises(RegistryError, match="share no cell"):
        agreement(FRAME.assign(other=math.nan), record(), table)
    apart = FRAME.assign(v=[10.0, 20.0, 30.0, math.nan], other=[math.nan, math.nan, math.nan, 40.0])
    fields = {name: getattr(table, name) for name in ("id", "title", "description", "raw", "keys", "columns", "entity", "time")}
    joined = join_publications(apart, type(table)(**fields, agreements=(record(overlap="none"),)))
    assert joined["v"].tolist() == [10, 20, 30, 40]


def test_a_deviation_is_a_record_with_a_reason() -> None:
    for table in registry().tables.values():
        declared = [d for a in table.agreements for d in a.deviations] + [d for c in table.all_checks() for d in c.deviations]
        assert all(isinstance(d, Deviation) and d.reason for d in declared)


def test_a_value_carried_forward_is_found_and_must_be_looked_at() -> None:
    known = registry()
    table = known.tables["provincial_panel"]
    columns = {name: [math.nan] * 4 for name in table.columns}
    frame = pd.DataFrame(columns | {"province": ["a", "a", "a", "b"], "year": [2017, 2018, 2020, 2021]})
    frame = frame.assign(ind_rd_fte=[1971.0, 1971.0, 1971.0, 1971.0], gdp=[200.0, 200.0, 200.0, 200.0], cpi=101.25)
    assert repeated(frame, table, known) == [("ind_rd_fte", ("a",), 2018)]  # not over a gap, not in another province, not three digits
    with pytest.raises(RepeatedValue, match="ind_rd_fte of a 2018 equals the year before"):
        check_slips(frame, table, known)
    with pytest.raises(CorrectionObsolete, match="is declared under repeats and is none"):
        check_slips(frame.assign(ind_rd_fte=math.nan), table, known)


def test_two_provinces_in_each_others_place_from_a_year_on_are_found() -> None:
    known = registry()
    table = msgspec.structs.replace(known.tables["provincial_panel"], repeats=None)
    years = [2018, 2019, 2020]
    frame = pd.DataFrame({name: [math.nan] * 6 for name in table.columns} | {"province": ["a"] * 3 + ["b"] * 3, "year": years * 2})
    frame = frame.assign(ind_rd_fte=[100.0, 101.0, 202.0, 200.0, 200.0, 101.5], gdp=[100.0, 101.0, 102.0, 105.0, 101.0, 102.0])
    assert crossed(frame, table, known) == [("ind_rd_fte", ("a", "b"), 2020)]  # GDP of the two is too close to tell
    with pytest.raises(RepeatedValue, match="a and b 2020 take each other's value of the year before"):
        check_slips(frame, table, known)
    with pytest.raises(CorrectionObsolete, match="declared under crossings and is none"):
        check_slips(frame.assign(ind_rd_fte=math.nan), table, known)

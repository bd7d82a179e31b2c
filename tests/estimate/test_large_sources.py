"""Tables as they are found: odd keys, types and names, files that are none, settings that are none; and random questions of them."""

from __future__ import annotations

import copy
import datetime
import os
import pickle
import re
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import (
    DuplicateKey,
    EmptySample,
    EstimationError,
    FormulaError,
    MissingKey,
    NoSuccessivePeriods,
    NothingToEstimate,
    PanelError,
    RawFileMissing,
    ToolkitError,
    UnknownOption,
    UnreadableFile,
)
from toolkit.estimate import Choices, Estimate, fit, specification_curve
from toolkit.estimate.large import LargeTable
from toolkit.panel import Panel

duckdb = pytest.importorskip("duckdb", reason="needs the extra [large]")
pa = pytest.importorskip("pyarrow")
TWO = "y ~ x | firm + year"


def firms(entities: int = 24, periods: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    n = entities * periods
    frame = pd.DataFrame({"firm": np.repeat(np.arange(entities), periods), "year": np.tile(np.arange(2000, 2000 + periods), entities)})
    frame["x"], frame["z"] = rng.normal(size=(2, n))
    frame["y"] = frame["x"] + rng.normal(size=n)
    frame["g"], frame["w"] = rng.integers(0, 3, n), rng.random(n) + 0.5
    return frame


def parquet(frame: pd.DataFrame, path: Path, rows: int = 7) -> Path:
    from pyarrow import parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path, row_group_size=rows)
    return path


def relation(sql: str, **frames: pd.DataFrame) -> Any:
    """A table of a connection of its own."""
    connection = duckdb.connect(config={"threads": 1})
    for name, frame in frames.items():
        connection.register(name, frame)
    connection.execute(f"CREATE TABLE kept AS {sql}")
    return connection.table("kept")


def agree(memory: Estimate, large: Estimate) -> None:
    assert large.terms == memory.terms
    np.testing.assert_allclose(large.beta, memory.beta, rtol=1e-9, atol=1e-9 * float(memory.std_errors.max()))
    np.testing.assert_allclose(large.std_errors, memory.std_errors, rtol=1e-9, atol=1e-14)
    assert large.counts == memory.counts
    assert large.omitted == memory.omitted
    assert [str(w) for w in large.warnings] == [str(w) for w in memory.warnings]


def same_error(memory: Callable[[], object], large: Callable[[], object], kind: type[ToolkitError]) -> None:
    with pytest.raises(kind) as one:
        memory()
    with pytest.raises(kind) as other:
        large()
    assert (other.value.what, other.value.where, other.value.remedy) == (one.value.what, one.value.where, one.value.remedy)


def both(frame: pd.DataFrame, source: Any, formula: str, **choices: Any) -> None:
    """In memory and beyond, sorted and grouped, the same estimate."""
    memory = fit(formula, Panel(frame, "firm", "year"), **choices)
    for sort in (True, False):
        agree(memory, fit(formula, LargeTable(source, "firm", "year", sort=sort), **choices))


# --- no row ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", [TWO, "y ~ x", "y ~ x + C(g) | firm + g", "y ~ x | year", "y ~ z | firm | x ~ w", "y ~ L(x, 1) | firm"])
@pytest.mark.parametrize("kind", ["int64", "str"])
def test_no_row_after_a_filter(formula: str, kind: str, tmp_path: Path) -> None:
    frame = firms().astype({"year": kind})
    path = parquet(frame, tmp_path / "rows.parquet")
    panel = Panel(frame[:0], "firm", "year", name="rows.parquet")
    same_error(lambda: fit(formula, panel), lambda: fit(formula, LargeTable(path, "firm", "year", where="z > 99")), EmptySample)


def test_a_curve_of_no_row(tmp_path: Path) -> None:
    choices, frame = Choices("y", "x", ["z"], effects="firm"), firms()
    table = LargeTable(parquet(frame, tmp_path / "rows.parquet"), "firm", "year", where="false")
    same_error(
        lambda: specification_curve(choices, Panel(frame[:0], "firm", "year")),
        lambda: specification_curve(choices, table),
        NothingToEstimate,
    )


@pytest.mark.parametrize(
    ("formula", "change"),
    [
        ("log(y) ~ x | firm", {"y": -1.0}),
        ("y ~ C(g):x | firm + year", {"x": np.nan}),
        ("y ~ L(x, 9) | firm", {}),
    ],
)
def test_the_account_of_rows_that_left(formula: str, change: dict[str, float], tmp_path: Path) -> None:
    frame = firms().assign(**change)
    path = parquet(frame, tmp_path / "rows.parquet")
    panel = Panel(frame, "firm", "year", name="rows.parquet")
    same_error(lambda: fit(formula, panel), lambda: fit(formula, LargeTable(path, "firm", "year")), EmptySample)


def test_periods_that_are_apart(tmp_path: Path) -> None:
    frame = firms().assign(year=lambda f: 2 * f["year"] - 2000)
    path = parquet(frame, tmp_path / "rows.parquet")
    panel = Panel(frame, "firm", "year", name="rows.parquet")
    same_error(lambda: fit("y ~ L(x, 1)", panel), lambda: fit("y ~ L(x, 1)", LargeTable(path, "firm", "year")), NoSuccessivePeriods)


def test_too_few_rows_for_instruments(tmp_path: Path) -> None:
    frame = firms(1, 3)
    path = parquet(frame, tmp_path / "rows.parquet")
    with pytest.raises(EmptySample, match="3 rows are not enough for 3 parameters"):
        fit("y ~ z | firm | x ~ w", LargeTable(path, "firm", "year"))


def test_nearly_collinear_instruments_propose_a_sample(tmp_path: Path) -> None:
    frame = firms().assign(v=lambda f: f["x"] + 1e-6 * f["z"])
    with pytest.raises(UnknownOption, match=r"(?s)nearly collinear.*table\.sample"):
        fit("y ~ z | firm | x ~ v", LargeTable(parquet(frame, tmp_path / "rows.parquet"), "firm", "year"))


# --- rows that leave ---------------------------------------------------------------------------------


def test_negative_weights_are_counted_among_the_rows_used(tmp_path: Path) -> None:
    frame = firms()
    frame.loc[3, ["w", "x"]] = [-1, np.nan]
    both(frame, parquet(frame, tmp_path / "rows.parquet"), TWO, weights="w")
    frame.loc[[10, 8], "w"] = -1
    path = parquet(frame, tmp_path / "more.parquet")
    panel, table = Panel(frame, "firm", "year"), LargeTable(path, "firm", "year")
    same_error(lambda: fit(TWO, panel, weights="w"), lambda: fit(TWO, table, weights="w"), EstimationError)


def test_missing_combinations_have_the_name_of_the_combination(tmp_path: Path) -> None:
    frame = firms().assign(h=lambda f: f["z"].where(f.index % 11 > 0).round())
    both(frame, parquet(frame, tmp_path / "rows.parquet"), "y ~ x", cluster="g^h")


@pytest.mark.parametrize("formula", ["y ~ x | year + firm", "y ~ x | firm + year", "y ~ x | g^year + firm"])
def test_singletons_in_the_order_in_which_they_leave(formula: str, tmp_path: Path) -> None:
    """The first one lies at the edge of a row group, where runs are put together last; firms leave before any year does, or after."""
    frame = firms(9, 4)
    for rows in ([0, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 20], [3, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 24, 25, 27, 30, 32, 33]):
        some = frame.iloc[rows].assign(firm=lambda f: [f"f{k}" for k in f["firm"]])
        path = parquet(some, tmp_path / f"{len(rows)}.parquet", 3)
        try:
            memory = fit(formula, Panel(some, "firm", "year"))
        except EmptySample:
            with pytest.raises(EmptySample):
                fit(formula, LargeTable(path, "firm", "year"))
        else:
            agree(memory, fit(formula, LargeTable(path, "firm", "year")))


def test_levels_of_rows_that_left_are_no_levels(tmp_path: Path) -> None:
    """A category that only a year of one row has is no category, nor the reference."""
    frame = firms().assign(g=lambda f: f["g"] + 1)
    alone = frame.iloc[[0]].assign(year=1999, g=0)
    frame = pd.concat([frame, alone], ignore_index=True)
    both(frame, parquet(frame, tmp_path / "rows.parquet"), "y ~ x + C(g) | firm + year")


# --- keys and types ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["DECIMAL(18,0)", "HUGEINT", "UBIGINT"])
@pytest.mark.parametrize("choices", [{}, {"weights": "w"}])
def test_long_codes_stay_apart(kind: str, choices: dict[str, str]) -> None:
    """Codes of eighteen digits that differ in the last one are the same as doubles."""
    codes = [911_100_000_000_000_001 + k for k in range(24)]
    frame = firms()
    found = relation(f"SELECT * REPLACE (CAST(911100000000000001 + firm AS {kind}) AS firm) FROM given", given=frame)
    given = [Decimal(codes[k]) if "DECIMAL" in kind else codes[k] for k in frame["firm"]]
    for formula in (TWO, "y ~ x | firm + g"):
        both(frame.assign(firm=given), found, formula, **choices)


@pytest.mark.parametrize(
    "times", [[200001, 200003, 200012, 200101, 200102, 200201], [20001, 20002, 20004, 20011, 20014, 20021], [-5, -4, 0, 1, 2, 30]]
)
def test_whole_numbers_that_are_months_or_quarters(times: list[int], tmp_path: Path) -> None:
    """In order, where rows are read from the file: the number there is not the period."""
    frame = firms().assign(year=np.tile(times, 24))
    path = parquet(frame, tmp_path / "rows.parquet", 50)
    for formula in (TWO, "y ~ x | firm"):
        both(frame, path, formula)
        both(frame, path, formula, cluster=["firm", "year"])


PERIODS = {
    "months as numbers": [200001, 200003, 200012, 200101, 200102, 200201],
    "dates": [datetime.date(2000 + k, 6, 30) for k in range(6)],
    "times": [datetime.datetime(2000 + k, 6, 30) for k in range(6)],
    "quarters as text": ["2000Q1", "2000Q2", "2000Q4", "2001Q1", "2001Q2", "2002Q1"],
    "years in Chinese": [f"{2000 + k}\u5e74" for k in range(6)],
    "years as floats": [2000.0 + k for k in range(6)],
    "floats around zero": [-1.0, -0.0, 1.0, 2.0, 3.0, 4.0],
}


@pytest.mark.parametrize("name", PERIODS)
def test_rows_keep_their_order_however_periods_are_written(name: str, tmp_path: Path) -> None:
    """Periods are looked up in a list: a join would hand the rows on in an order of its own, now and then."""
    frame = firms(200).assign(year=PERIODS[name] * 200)
    path = parquet(frame, tmp_path / "rows.parquet", 50)
    assert all(LargeTable(path, "firm", "year", threads=4).ordered for _ in range(8))
    both(frame, path, TWO, cluster=["firm", "year"])
    both(frame, path, "y ~ x + L(z) | firm")


@pytest.mark.parametrize("effect", ["g^year", "year^g", "g^name", "name^year", "wide^year", "wide", "name^g^year", "day^g"])
def test_joined_effects_are_looked_up(effect: str, tmp_path: Path) -> None:
    frame = firms(60)
    frame["name"] = frame["g"].map({0: "it's", 1: "\u6c5f\u82cf", 2: ""})
    frame["wide"] = np.where(frame["g"] > 1, 10**17, -frame["g"] * 10**9)
    frame["day"] = [datetime.date(2020, 1, 1 + k) for k in frame["g"]]
    frame.loc[frame.index % 17 == 0, "x"] = np.nan
    frame["g"] = frame["g"].astype("Int64").mask(frame.index % 23 == 0)
    frame.loc[frame.index % 17 == 0, "name"] = "only where x is missing"
    path = parquet(frame, tmp_path / "rows.parquet", 50)
    for cluster in (None, "firm", effect):
        both(frame, path, f"y ~ x | firm + {effect}", cluster=cluster)


def test_more_levels_than_a_list_takes(tmp_path: Path) -> None:
    """The levels are then joined, and the rows grouped."""
    frame = firms(1000)
    frame["industry"] = frame["firm"] % 700
    frame["part"] = frame["firm"] * 7 % 300
    both(frame, parquet(frame, tmp_path / "rows.parquet", 500), "y ~ x | firm + industry^part", cluster="firm")


def test_months_are_one_year_where_the_step_says_so(tmp_path: Path) -> None:
    frame = firms().assign(year=np.tile([200001, 200003, 200012, 200101, 200102, 200201], 24))
    with pytest.raises(DuplicateKey, match="repeated firm-year"):
        fit(TWO, LargeTable(parquet(frame, tmp_path / "rows.parquet"), "firm", "year", step="year"))


def test_dates_are_periods_where_the_rows_are_sorted_into_a_copy(tmp_path: Path) -> None:
    frame = firms().assign(year=lambda f: [datetime.date(int(t), 12, 31) for t in f["year"]])
    frame = frame.sample(frac=1, random_state=1).reset_index(drop=True)
    both(frame, parquet(frame, tmp_path / "rows.parquet"), TWO)


def test_missing_numbers_as_keys() -> None:
    """NaN is no firm and no year."""
    frame = firms()
    for name in ("firm", "year"):
        found = relation(
            f"SELECT * REPLACE (CASE WHEN z > 1 THEN 'nan'::DOUBLE WHEN z < -1 THEN NULL ELSE {name} END AS {name}) FROM given", given=frame
        )
        lost = int(((frame["z"] > 1) | (frame["z"] < -1)).sum())
        with pytest.raises(MissingKey, match=f"^{lost} rows of the table have no {name}"):
            fit(TWO, LargeTable(found, "firm", "year"))


def test_categories_have_the_names_of_memory(tmp_path: Path) -> None:
    frame = firms()
    frame["day"] = [datetime.date(2020, 1, 1 + k) for k in frame["g"]]
    frame["when"] = pd.to_datetime(frame["day"])
    frame["money"] = [Decimal(f"{k}.50") for k in frame["g"]]
    frame["small"] = (frame["g"] / 10).astype("float32")
    frame["text"] = frame["g"].map({0: "it's", 1: 'a"b', 2: ""})
    frame["wide"] = np.where(frame["g"] == 0, np.inf, frame["g"])
    path = parquet(frame, tmp_path / "rows.parquet")
    frame = pd.read_parquet(path)
    for name in ("day", "when", "money", "small", "text", "wide", "year"):
        both(frame, path, f"y ~ x + C({name})")
        both(frame, path, f"y ~ C({name}):x | firm")
    frame = frame.assign(year=lambda f: [f"{t}Q1" for t in f["year"]])
    both(frame, parquet(frame, tmp_path / "quarters.parquet"), "y ~ x + C(year)")


def test_categories_in_their_own_order() -> None:
    frame = firms()
    frame["c"] = pd.Categorical(np.array(list("zab"))[frame["g"]], categories=list("zba"))
    both(frame, relation("SELECT * REPLACE (CAST(c AS ENUM('z', 'b', 'a')) AS c) FROM given", given=frame), "y ~ x + C(c)")


def test_values_that_are_no_categories() -> None:
    found = relation("SELECT *, [g] AS many, CAST(CAST(g AS VARCHAR) AS BLOB) AS bytes FROM given", given=firms())
    for name in ("many", "bytes"):
        with pytest.raises(FormulaError, match=f"{name} cannot be a category"):
            fit(f"y ~ x + C({name})", LargeTable(found, "firm", "year"))
        by = [fit(f"y ~ x | {g} + firm", LargeTable(found, "firm", "year"), weights="w") for g in ("g", name)]
        np.testing.assert_allclose(by[1].std_errors, by[0].std_errors, rtol=1e-9)


@pytest.mark.parametrize("name", ["t_", "v0_", "c_", "key_", "X0_"])
def test_columns_with_the_names_of_the_scans_are_refused(name: str, tmp_path: Path) -> None:
    path = parquet(firms().rename(columns={"z": name}), tmp_path / "rows.parquet")
    with pytest.raises(PanelError, match=f"rows.parquet has a column '{name}'.*\n.*RENAME"):
        fit(TWO, LargeTable(path, "firm", "year"))


@pytest.mark.parametrize("name", ["my x", 'x"q', "x'q", "变量", "select", "a.b", "x;y"])
def test_columns_of_any_other_name(name: str, tmp_path: Path) -> None:
    frame = firms().rename(columns={"z": name})
    quoted = f"`{name}`"
    both(frame, parquet(frame, tmp_path / "rows.parquet"), f"y ~ L({quoted}, 1) + C(g):{quoted} | firm + g^year")


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    from pyarrow import parquet as pq

    frame = firms()
    columns = [pa.array(frame[c]) for c in ("firm", "year", "y", "x", "z")]
    pq.write_table(pa.Table.from_arrays(columns, names=["firm", "year", "y", "x", "x"]), tmp_path / "twice.parquet")
    agree(fit(TWO, Panel(frame, "firm", "year")), fit(TWO, LargeTable(tmp_path / "twice.parquet", "firm", "year")))


# --- sources that are none ---------------------------------------------------------------------------


def no_parquet(folder: Path) -> dict[str, Path]:
    whole = parquet(firms(), folder / "whole.parquet").read_bytes()
    for name, content in (("none", b""), ("text", b"firm,year\n1,2\n"), ("cut", whole[: len(whole) // 2])):
        (folder / f"{name}.parquet").write_bytes(content)
    parquet(firms(), folder / "mixed" / "a.parquet")
    (folder / "mixed" / "b.parquet").write_bytes(b"")
    broken = bytearray(whole)
    broken[4:400] = bytes(range(99)) * 4
    (folder / "broken.parquet").write_bytes(bytes(broken))
    return {name: folder / f"{name}.parquet" for name in ("none", "text", "cut", "broken")} | {"mixed": folder / "mixed"}


@pytest.mark.parametrize("name", ["none", "text", "cut", "broken", "mixed"])
@pytest.mark.parametrize("formula", [TWO, "y ~ x"])
def test_what_is_no_parquet_is_named(name: str, formula: str, tmp_path: Path) -> None:
    bad = "b" if name == "mixed" else name
    with pytest.raises(UnreadableFile, match=rf"^{bad}\.parquet cannot be read as Parquet: .*\n.*{bad}\.parquet"):
        fit(formula, LargeTable(no_parquet(tmp_path)[name], "firm", "year"))


def test_where_no_file_is(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for source, said in (
        ("empty", "no Parquet file in empty"),
        ("nothing.parquet", "no nothing.parquet"),
        ("q*.parquet", r"no q\*.parquet"),
    ):
        with pytest.raises(RawFileMissing, match=f"there is {said}"):
            fit("y ~ x", tmp_path / source)


def test_names_of_files_are_no_patterns(tmp_path: Path) -> None:
    frame = firms()
    for name in ("rows [1].parquet", "it's 公司.parquet", "d[x]/a.parquet"):
        path = parquet(frame, tmp_path / name)
        both(frame, path.parent if "/" in name else path, TWO)


@pytest.mark.parametrize("source", [pd.DataFrame({"a": [1]}), 3, duckdb.connect()])
def test_what_is_no_source(source: object) -> None:
    with pytest.raises(PanelError, match="the data are a"):
        fit(TWO, LargeTable(source, "firm", "year"))


@pytest.mark.parametrize("where", ["nope > 1", "year >", "'", "1=1; DROP TABLE x", "sum(x) > 0", "year = 'a'", "ln(x) > 0"])
def test_conditions_that_are_none(where: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownOption, match=r"(?s)^where=.* cannot be used: .*rows\.parquet.*year >= 2005"):
        fit(TWO, LargeTable(parquet(firms(), tmp_path / "rows.parquet"), "firm", "year", where=where))


@pytest.mark.parametrize(
    "settings",
    [{"memory_limit": m} for m in ("nonsense", "10", "", "-1GB", None, 600)] + [{"threads": t} for t in (0, -1, "two", True, 10**9)],
)
def test_settings_that_are_none(settings: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UnknownOption):
        LargeTable(parquet(firms(), tmp_path / "rows.parquet"), "firm", "year", **settings)


def test_memory_that_ends(tmp_path: Path) -> None:
    with pytest.raises(EstimationError, match=r"(?s)no room for a scan of rows\.parquet.*memory_limit"):
        LargeTable(parquet(firms(), tmp_path / "rows.parquet"), "firm", "year", memory_limit="1KB")


def test_spill_folders_that_are_none(tmp_path: Path) -> None:
    path = parquet(firms().sample(frac=1, random_state=1), tmp_path / "rows.parquet")
    (tmp_path / "file").write_text("")
    for spill in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UnknownOption, match=r"(?s)nothing can be written to the spill folder.*room"):
            fit(TWO, LargeTable(path, "firm", "year", spill_folder=spill))


@pytest.mark.parametrize("share", [0, -1, 5, "a"])
def test_shares_that_are_none(share: Any, tmp_path: Path) -> None:
    with pytest.raises(UnknownOption, match="no share"):
        LargeTable(parquet(firms(), tmp_path / "rows.parquet"), "firm", "year").sample(share)


def test_relations_that_cannot_be_had() -> None:
    found = relation("SELECT * FROM given", given=firms())
    closed = duckdb.connect()
    closed.execute("CREATE TABLE rows AS SELECT 1 AS firm, 2000 AS year, 1.0 AS x, 2.0 AS y")
    kept = closed.table("rows")
    closed.close()
    with pytest.raises(PanelError, match="connection of the relation is closed"):
        fit(TWO, LargeTable(kept, "firm", "year"))
    failing = found.query("given", "SELECT * REPLACE (error('boom ' || firm) AS x) FROM given")
    with pytest.raises(PanelError, match=r"rows of the relation cannot be had: .*boom"):
        fit("y ~ x | firm", LargeTable(failing, "firm", "year"))


# --- use ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", [True, False])
@pytest.mark.parametrize("change", ["replaced", "gone", "more"])
def test_files_that_change(change: str, sort: bool, tmp_path: Path) -> None:
    frame = firms().sample(frac=1, random_state=1)
    path = parquet(frame, tmp_path / "rows" / "a.parquet")
    table = LargeTable(tmp_path / "rows", "firm", "year", sort=sort, spill_folder=tmp_path / "rows" / "spill")
    agree(fit(TWO, table), fit(TWO, table))
    if change == "replaced":
        parquet(pd.concat([frame, frame]), path)
    elif change == "gone":
        path.unlink()
    else:
        parquet(frame, tmp_path / "rows" / "b.parquet")
    for formula in (TWO, "y ~ x"):
        with pytest.raises(PanelError, match=r"(?s)(has changed|more files).*make the LargeTable again"):
            fit(formula, table)


def test_copies_of_a_table(tmp_path: Path) -> None:
    """Nothing that was found of one table is taken for another; what stands on a connection says that it cannot be copied."""
    frame = firms().sample(frac=1, random_state=1)
    table = LargeTable(parquet(frame, tmp_path / "rows.parquet"), "firm", "year")
    first = fit(TWO, table)
    for made in (pickle.loads(pickle.dumps(table)), copy.deepcopy(table), replace(table, sort=False)):
        agree(first, fit(TWO, made))
    late = frame[frame["year"] > 2002]
    agree(fit(TWO, Panel(late, "firm", "year")), fit(TWO, replace(table, where="year > 2002")))
    with pytest.raises(PanelError, match="cannot be copied"):
        pickle.dumps(LargeTable(relation("SELECT * FROM given", given=frame), "firm", "year"))


@pytest.mark.parametrize("kind", ["one table", "one connection", "two tables"])
def test_two_threads(kind: str, tmp_path: Path) -> None:
    frame = firms()
    path = parquet(frame, tmp_path / "rows.parquet")
    kept = relation("SELECT * FROM given", given=frame)
    one = LargeTable(path, "firm", "year")
    pairs = {
        "one table": (one, one),
        "one connection": (LargeTable(kept, "firm", "year", sort=False), LargeTable(kept, "firm", "year", sort=False)),
        "two tables": (one, LargeTable(path, "firm", "year")),
    }
    formula, found, raised = "y ~ L(x, 1) | firm + year", [], []

    def work(table: LargeTable) -> None:
        try:
            found.extend(float(fit(formula, table).beta[0]) for _ in range(6))
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=work, args=(table,)) for table in pairs[kind]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not raised
    np.testing.assert_allclose(found, fit(formula, Panel(frame, "firm", "year")).beta[0], rtol=1e-9)


# --- at random ---------------------------------------------------------------------------------------

TERMS = ("x", "x + z", "log(z) + x", "L(x, 1) + z", "D(x)", "x + C(g)", "C(g):x + x", "C(h, ref=1) + x:z", "asinh(x) + abs(z)", "x + x^2")
EFFECTS = ("", " | firm", " | firm + year", " | year + firm", " | g + year", " | firm + g^year", " | firm^h")
OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"cluster": "year"},
    {"cluster": ["firm", "year"]},
    {"cluster": "g^year"},
    {"covariance": "HC1"},
    {"covariance": "iid", "weights": "w"},
    {"weights": "w", "small_sample": "xtreg"},
)
IDS: tuple[Callable[[int], Any], ...] = (
    lambda k: k - 7,
    lambda k: f"{k:06d}",
    lambda k: f"公司{k}'\"",
    lambda k: k / 4,
    lambda k: 2**63 + k,
)


@pytest.mark.parametrize("seed", range(60))
def test_random_tables_and_questions(seed: int, tmp_path: Path) -> None:
    """Gaps, singletons, missing and infinite values, zero weights, ids, orders and row groups of any kind."""
    rng = np.random.default_rng(seed)
    frame = firms(int(rng.choice([2, 9, 24])), int(rng.choice([2, 6])))
    frame["firm"] = frame["firm"].map(IDS[seed % len(IDS)])
    frame["h"] = rng.integers(0, 3, len(frame))
    frame.loc[rng.random(len(frame)) < 0.1, "w"] = 0
    for name, value in (("x", np.nan), ("z", np.inf), ("g", np.nan)):
        if rng.random() < 0.4:
            frame[name] = frame[name].astype(float).mask(rng.random(len(frame)) < 0.1, value)
    frame = frame[rng.random(len(frame)) < rng.choice([1, 0.6, 0.3])]
    order = {0: frame.index, 1: rng.permutation(frame.index), 2: frame.index[::-1]}[seed % 3]
    frame = frame.loc[order].reset_index(drop=True)
    path = parquet(frame, tmp_path / "rows.parquet", int(rng.choice([1, 7, 1000])))
    formula = f"y ~ {rng.choice(TERMS)}{rng.choice(EFFECTS)}"
    choices = OPTIONS[int(rng.integers(len(OPTIONS)))]
    table = LargeTable(path, "firm", "year", sort=bool(seed % 2))
    try:
        memory = fit(formula, Panel(frame, "firm", "year", name="rows.parquet"), **choices)
    except ToolkitError as error:
        with pytest.raises(type(error)) as caught:
            fit(formula, table, **choices)
        memory_error, large_error = error, caught.value
        said = (memory_error.what, memory_error.where), (large_error.what, large_error.where)
        np.testing.assert_equal(said[1], said[0])
    else:
        if not any("eigenvalues" in str(n) or "perfect" in str(n) for n in (*memory.covariance.notes, *memory.warnings)):
            agree(memory, fit(formula, table, **choices))


def test_a_bar_moves_on_a_terminal(tmp_path: Path) -> None:
    """DuckDB does not count in scripts unless it is told to; then the bar would stand at nothing until the end."""
    pty = pytest.importorskip("pty", reason="needs a POSIX terminal")
    script = tmp_path / "scan.py"
    script.write_text(
        "from toolkit.estimate.large.engines import connect, run\n"
        "connection = connect('1GB', threads=1)\n"
        "run(connection, 'CREATE TABLE t AS SELECT i FROM range(4000000) r(i)')\n"
        "run(connection, 'SELECT sum(sin(cos(sin(cos(i)))) * tan(cos(tan(sin(i))))) FROM t', 'a long scan')\n"
    )
    told: list[bytes] = []

    def read(descriptor: int) -> bytes:
        told.append(os.read(descriptor, 4096))
        return told[-1][:1]  # what is handed on is shown

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOOLKIT_QUIET", raising=False)
        patch.setenv("TERM", "xterm")
        assert pty.spawn([sys.executable, str(script)], read) == 0
    shown = {int(share) for share in re.findall(rb"(\d+)%", b"".join(told))}
    assert shown & set(range(1, 100)), b"".join(told)[-200:]

"""What is computed by grouped scans beyond memory against what is computed in memory, to 1e-9."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from interrupts import started

from toolkit.errors import (
    DuplicateKey,
    EstimationError,
    FormulaError,
    MissingColumn,
    MissingKey,
    NotNumeric,
    PanelError,
    UnknownOption,
)
from toolkit.estimate import (
    Choices,
    Condition,
    Estimate,
    InstrumentsEstimate,
    fit,
    fit_between,
    fit_dynamic,
    fit_threshold,
    specification_curve,
)
from toolkit.estimate.large import LargeTable
from toolkit.estimate.large.question import Question
from toolkit.panel import Panel

duckdb = pytest.importorskip("duckdb", reason="needs the extra [large]")


def firms(entities: int = 60, periods: int = 8) -> pd.DataFrame:
    """Text ids, two rows in five missing, so that there are gaps and singletons; missing values; a column with a large mean."""
    rng = np.random.default_rng(0)
    n = entities * periods
    frame = pd.DataFrame({"firm": np.repeat([f"f{i:02d}" for i in range(entities)], periods)})
    frame["year"] = np.tile(np.arange(2000, 2000 + periods), entities)
    frame["industry"] = np.repeat(rng.integers(0, 5, entities), periods)
    frame["x"] = rng.normal(size=n) + 0.1 * frame.index
    frame["z"] = rng.normal(size=n) + 1e6
    frame["y"] = 0.5 * frame["x"] - frame["z"] + rng.normal(size=n) * (1 + frame["x"].abs() / 10)
    frame["w"] = rng.random(n) + 0.5
    frame.loc[rng.random(n) < 0.05, "x"] = np.nan
    frame["p"] = frame["x"] - 10
    frame["fixed"] = frame["industry"] + 1.0
    frame["group"] = rng.choice(list("abc"), n)
    return frame[rng.random(n) < 0.6].sample(frac=1, random_state=1).reset_index(drop=True)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return firms()


def relation(frame: pd.DataFrame) -> Any:
    connection = duckdb.connect(config={"threads": 1})
    connection.register("rows", frame)
    connection.execute("CREATE TABLE firms AS SELECT * FROM rows")
    return connection.table("firms")


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """Spark in this process, with nothing that a table of some hundred rows does not need."""
    sql = pytest.importorskip("pyspark.sql", reason="needs the extra [spark]")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Spark needs Java 17, which is not installed")
    settings = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "1", "spark.sql.adaptive.enabled": "false"}
    settings |= {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN", "spark.log.level": "ERROR"}
    settings |= {"spark.ui.showConsoleProgress": "false", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
    builder = sql.SparkSession.builder.master("local[1]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


def parquet(frame: pd.DataFrame, path: Path) -> Path:
    relation(frame).write_parquet(str(path))
    return path


def agree(memory: Estimate, large: Estimate) -> None:
    assert large.terms == memory.terms
    np.testing.assert_allclose(large.beta, memory.beta, rtol=1e-9)
    np.testing.assert_allclose(large.std_errors, memory.std_errors, rtol=1e-9)
    assert large.counts == memory.counts
    assert large.omitted == memory.omitted
    assert [str(w) for w in large.warnings] == [str(w) for w in memory.warnings]
    assert set(large.statistics) == set(memory.statistics)
    for name, value in memory.statistics.items():
        assert large.statistics[name] == pytest.approx(value, rel=1e-9, abs=1e-12), name
    assert (large.covariance.factor, large.covariance.parameters, large.covariance.df_t) == (
        memory.covariance.factor,
        memory.covariance.parameters,
        memory.covariance.df_t,
    )
    assert [str(n) for n in large.covariance.notes] == [str(n) for n in memory.covariance.notes]
    assert dict(large.means) == pytest.approx(dict(memory.means), rel=1e-9)


TWO = "y ~ x + z | firm + year"
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    (TWO, {}),
    ("y ~ x + z | year + firm", {}),
    ("y ~ x + z | firm", {}),
    ("y ~ x | year", {}),
    ("y ~ x + z", {}),
    ("y ~ 0 + x", {}),
    (TWO, {"cluster": "year"}),
    (TWO, {"cluster": "industry"}),
    (TWO, {"cluster": ["firm", "year"]}),
    (TWO, {"covariance": "HC1"}),
    (TWO, {"covariance": "iid"}),
    ("y ~ x", {"covariance": "HC0"}),
    (TWO, {"weights": "w"}),
    ("y ~ x | firm", {"weights": "w", "cluster": ["firm", "year"]}),
    ("y ~ x", {"weights": "w"}),
    (TWO, {"small_sample": "xtreg"}),
    (TWO, {"small_sample": "plm", "cluster": ["firm", "year"]}),
    (TWO, {"small_sample": "none"}),
    ("y ~ x + C(group) | firm + year", {}),
    ("y ~ C(group):x | firm", {}),
    ("y ~ C(group, ref='b'):x + x | firm", {}),
    ("log(p) ~ z | firm + year", {}),
    ("asinh(y) ~ log1p(p) + sqrt(w) + abs(x) + w^2 | firm", {}),
    ("y ~ L(x, 1) + F(z, 1) | firm + year", {}),
    ("D(y) ~ D(x) + L(D(x), 2)", {}),
    ("y ~ x + year | firm", {}),
    ("y ~ x | industry + year", {}),
    ("y ~ x | industry^year", {}),
    ("y ~ x | firm + industry^year", {"cluster": "industry^year"}),
    ("y ~ x + fixed + I(2 * x) | firm + year", {}),
    ("I(10000 * fixed + y / 1000) ~ x | firm + year", {}),
]


IDS = [f"{q} {c or ''}" for q, c in QUESTIONS]


@pytest.mark.parametrize(("formula", "choices"), QUESTIONS, ids=IDS)
def test_agrees_with_memory(frame: pd.DataFrame, formula: str, choices: dict[str, Any]) -> None:
    """Grouped as the rows are."""
    table = LargeTable(relation(frame), "firm", "year", sort=False)
    assert not table.ordered
    agree(fit(formula, Panel(frame, "firm", "year"), **choices), fit(formula, table, **choices))


@pytest.mark.parametrize("source", ["relation", "file"])
def test_rows_in_no_order_are_sorted_once_for_all_questions(
    frame: pd.DataFrame, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy with the columns that were asked for, made again only for others; nothing stays where it lay."""
    asked: list[str] = []
    query = LargeTable.query
    monkeypatch.setattr(LargeTable, "query", lambda self, sql, label="": (asked.append(label), query(self, sql, label))[1])
    spill = tmp_path / "spill"
    data = relation(frame) if source == "relation" else parquet(frame, tmp_path / "rows.parquet")
    table = LargeTable(data, "firm", "year", spill_folder=spill)
    copies: list[int] = []
    for formula, choices in QUESTIONS:
        agree(fit(formula, Panel(frame, "firm", "year"), **choices), fit(formula, table, **choices))
        copies.append(asked.count("sorting"))
    assert copies[:3] == [1, 1, 1]
    assert "scan by entity" not in asked[: asked.index("sorting")]
    again = [q for q in QUESTIONS if "firm" in q[0].split("|")[-1]]
    for formula, choices in again:
        fit(formula, table, **choices)
    assert asked.count("sorting") == copies[-1] <= 8
    assert len(list(spill.glob("sorted_*"))) == 1
    del table
    gc.collect()
    assert not list(spill.glob("sorted_*"))


def test_a_copy_without_room_names_the_remedies(frame: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    query = LargeTable.query

    def full(self: LargeTable, sql: str, label: str = "") -> Any:
        if label == "sorting":
            raise duckdb.IOException("No space left on device")
        return query(self, sql, label)

    monkeypatch.setattr(LargeTable, "query", full)
    table = LargeTable(parquet(frame, tmp_path / "rows.parquet"), "firm", "year", spill_folder=tmp_path)
    with pytest.raises(EstimationError, match=r"rows\.parquet could not be sorted: No space left") as caught:
        fit(TWO, table)
    assert "sort=False" in str(caught.value)
    gc.collect()
    assert not list(tmp_path.glob("sorted_*"))


@pytest.mark.parametrize("order", [["firm", "year"], ["year", "firm"]])
def test_a_file_that_changes_after_it_was_looked_at_is_told(frame: pd.DataFrame, tmp_path: Path, order: list[str]) -> None:
    """Be it the file that is scanned or the one that was copied."""
    path = parquet(frame.sort_values(order), tmp_path / "rows.parquet")
    table = LargeTable(path, "firm", "year", spill_folder=tmp_path / "spill")
    fit(TWO, table)
    path.unlink()
    parquet(frame.sort_values(["group", "x"]), path)
    with pytest.raises(PanelError, match=r"rows\.parquet has changed since its rows were looked at"):
        fit(TWO, table)


@pytest.mark.parametrize(("formula", "choices"), QUESTIONS, ids=IDS)
def test_agrees_where_the_rows_of_each_firm_lie_together(
    frame: pd.DataFrame, formula: str, choices: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read from the file where no column is computed, else from the answer of the database; runs cross the batches of seven rows."""
    for module in ("batches", "engines"):
        monkeypatch.setattr(f"toolkit.estimate.large.{module}.BATCH", 7)
    monkeypatch.setattr("toolkit.estimate.large.ordered.EDGES", 50)
    table = LargeTable(parquet(frame.sort_values(["firm", "year"]), tmp_path / "rows.parquet"), "firm", "year")
    assert table.ordered
    agree(fit(formula, Panel(frame, "firm", "year"), **choices), fit(formula, table, **choices))


@pytest.mark.slow
@pytest.mark.parametrize(("formula", "choices"), QUESTIONS, ids=IDS)
def test_spark_agrees_with_memory(
    frame: pd.DataFrame, formula: str, choices: dict[str, Any], spark: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows = spark.read.parquet(str(parquet(frame, tmp_path_factory.mktemp("spark") / "rows.parquet")))
    agree(fit(formula, Panel(frame, "firm", "year"), **choices), fit(formula, LargeTable(rows, "firm", "year"), **choices))


@pytest.mark.slow
def test_spark_checks_keys_samples_and_instruments(frame: pd.DataFrame, spark: Any, tmp_path: Path) -> None:
    twice = spark.read.parquet(str(parquet(pd.concat([frame, frame.iloc[[7]]]), tmp_path / "twice.parquet")))
    with pytest.raises(DuplicateKey, match=f"first: firm {frame['firm'][7]}, year {frame['year'][7]}"):
        fit(TWO, LargeTable(twice, "firm", "year"))
    frame = frame.assign(v=frame["x"].fillna(0) + np.random.default_rng(8).normal(size=len(frame)), name="it's")
    table = LargeTable(spark.read.parquet(str(parquet(frame, tmp_path / "rows.parquet"))), "firm", "year", where="name = 'it''s'")
    agree(fit("y ~ z | firm + year | x ~ v", Panel(frame, "firm", "year")), fit("y ~ z | firm + year | x ~ v", table))
    some = table.sample(0.5).frame
    assert len(some) == frame["firm"].isin(some["firm"]).sum() > 0


@pytest.mark.parametrize(
    ("formula", "choices"),
    [
        ("y ~ z | firm + year | x ~ v", {}),
        ("y ~ z | firm | x ~ v + u", {"cluster": ["firm", "year"]}),
        ("y ~ z | firm + year | x ~ v + u + I(2 * u)", {"covariance": "HC1"}),
        ("y ~ 1 | firm + year | x + z ~ v + u", {"covariance": "iid"}),
        ("y ~ z | x ~ v + u", {}),
        ("y ~ C(group) | firm + year | x ~ v + u", {"weights": "w", "small_sample": "xtreg"}),
        ("y ~ z | firm | x ~ v + u", {"cluster": "year", "small_sample": "plm"}),
    ],
)
def test_instruments_agree_with_memory(frame: pd.DataFrame, formula: str, choices: dict[str, Any]) -> None:
    rng = np.random.default_rng(8)
    frame = frame.assign(v=frame["x"].fillna(0) + rng.normal(size=len(frame)), u=frame["z"] - 1e6 + 0.2 * frame["x"].fillna(0))
    frame["u"] += rng.normal(size=len(frame))
    memory, large = (
        fit(formula, Panel(frame, "firm", "year"), **choices),
        fit(formula, LargeTable(relation(frame), "firm", "year"), **choices),
    )
    agree(memory, large)
    assert isinstance(memory, InstrumentsEstimate)
    assert isinstance(large, InstrumentsEstimate)
    agree(memory.reduced_form, large.reduced_form)
    for one, other in zip(memory.first_stages, large.first_stages, strict=True):
        agree(one, other)
    assert large.dropped_instruments == memory.dropped_instruments


def test_nearly_collinear_regressors(frame: pd.DataFrame) -> None:
    """Condition number 1e6: the cross-products are formed again in orthonormal directions."""
    formula = "y ~ x + I(x + 0.00001 * (z - 1000000)) | firm + year"
    memory, large = fit(formula, Panel(frame, "firm", "year")), fit(formula, LargeTable(relation(frame), "firm", "year"))
    np.testing.assert_allclose(large.beta, memory.beta, rtol=1e-9)
    np.testing.assert_allclose(large.std_errors, memory.std_errors, rtol=1e-9)
    assert [w.key for w in large.warnings] == [w.key for w in memory.warnings]


def test_a_cross_section_has_hc1(frame: pd.DataFrame) -> None:
    memory, large = fit("y ~ x", frame), fit("y ~ x", LargeTable(relation(frame)))
    np.testing.assert_allclose(large.std_errors, memory.std_errors, rtol=1e-9)
    assert large.covariance.kind == "HC1"
    assert [(d.reason, d.rows) for d in large.counts.dropped] == [(d.reason, d.rows) for d in memory.counts.dropped]


@pytest.mark.parametrize("formula", ["y ~ x | firm + year", "y ~ x | year + firm"])
def test_singletons_leave_in_turn(formula: str) -> None:
    """A year that one firm alone has leaves, and then the firm whose other year is the last one it had."""
    rng = np.random.default_rng(3)
    rows = [("a", t) for t in range(1, 6)] + [("b", t) for t in range(1, 6)] + [("c", 9), ("c", 3), ("d", 8), ("e", 8), ("e", 2), ("e", 4)]
    frame = pd.DataFrame(rows, columns=["firm", "year"])
    frame["x"], frame["y"] = rng.normal(size=(2, len(frame)))
    agree(fit(formula, Panel(frame, "firm", "year")), fit(formula, LargeTable(relation(frame), "firm", "year")))


@pytest.mark.parametrize("times", [pd.period_range("2001-01", periods=8, freq="M").astype(str), [1.0, 2, 3, 5, 8, 13, 400, 9000]])
def test_other_calendars(frame: pd.DataFrame, times: Any) -> None:
    frame = frame.assign(year=frame["year"].map(dict(zip(range(2000, 2008), times, strict=True))))
    agree(
        fit("y ~ x + L(z, 1) | firm + year", Panel(frame, "firm", "year")),
        fit("y ~ x + L(z, 1) | firm + year", LargeTable(relation(frame), "firm", "year")),
    )


def test_more_periods_than_bits() -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"firm": np.repeat(np.arange(9), 300), "day": np.tile(np.arange(300), 9)})
    frame["x"] = rng.normal(size=2700) + frame["day"]
    frame["y"] = frame["x"] + np.sin(frame["day"]) + rng.normal(size=2700)
    frame = frame[rng.random(2700) < 0.5]
    agree(
        fit("y ~ x | firm + day", Panel(frame, "firm", "day"), cluster="day"),
        fit("y ~ x | firm + day", LargeTable(relation(frame), "firm", "day"), cluster="day"),
    )


def test_files_and_filters(frame: pd.DataFrame, tmp_path: Path) -> None:
    connection = relation(frame)
    connection.write_parquet(str(tmp_path / "one.parquet"))
    for source in (tmp_path / "one.parquet", tmp_path):
        table = LargeTable(source, "firm", "year", where="industry <> 2", memory_limit="200MB", spill_folder=tmp_path / "spill", threads=1)
        agree(fit(TWO, Panel(frame[frame["industry"] != 2], "firm", "year")), fit(TWO, table))
    assert fit("y ~ x", tmp_path / "one.parquet").covariance.kind == "HC1"


LATE = Condition("year", ">=", 2003)
CURVE = Choices(
    ["y", "asinh(y)"],
    "x",
    controls=["z", "c", "fixed"],
    always="C(group)",
    effects="firm + year",
    samples={"all": None, "late": LATE},
)


@pytest.mark.parametrize(
    ("changes", "settings"),
    [
        ({}, {}),
        (
            {"effects": ["", "firm"], "samples": {"late": Condition("year", ">=", 2003)}},
            {"cluster": ["firm", "year"], "small_sample": "plm"},
        ),
        ({"outcomes": ("y",), "controls": {"none": (), "two": ("c", "fixed")}, "weights": "w"}, {"rows": "own"}),
        ({"outcomes": ("y",), "treatments": "L(x, 1)", "effects": "firm"}, {"cluster": "industry", "small_sample": "xtreg"}),
    ],
)
@pytest.mark.parametrize("sort", [True, False])
def test_a_specification_curve_agrees_with_memory(
    frame: pd.DataFrame, changes: dict[str, Any], settings: dict[str, Any], sort: bool
) -> None:
    rng = np.random.default_rng(2)
    frame = frame.assign(c=frame["x"].fillna(0) + rng.normal(size=len(frame)))
    frame.loc[rng.random(len(frame)) < 0.1, "c"] = np.nan
    choices = replace(CURVE, **changes)
    memory = specification_curve(choices, Panel(frame, "firm", "year"), **settings)
    large = specification_curve(choices, LargeTable(relation(frame), "firm", "year", sort=sort), **settings)
    pd.testing.assert_frame_equal(large.frame, memory.frame, rtol=1e-9, atol=1e-14)
    assert [str(w) for w in large.warnings] == [str(w) for w in memory.warnings]


def test_a_curve_of_nearly_collinear_controls_proposes_a_sample(frame: pd.DataFrame) -> None:
    table = LargeTable(relation(frame), "firm", "year")
    with pytest.raises(UnknownOption, match="nearly collinear"):
        specification_curve(Choices("y", "x", ["z", "I(2 * z)"], effects="firm"), table)
    with pytest.raises(UnknownOption, match="a tuple of them"):
        specification_curve(Choices("y", "x", samples={"mask": np.ones(len(frame), dtype=bool)}), table)


def test_keys_are_checked(frame: pd.DataFrame) -> None:
    twice = pd.concat([frame, frame.iloc[[7]]])
    with pytest.raises(DuplicateKey, match=f"1 repeated firm-year rows\n.*{frame['firm'][7]}, year {frame['year'][7]}"):
        fit(TWO, LargeTable(relation(twice), "firm", "year"))
    with pytest.raises(MissingKey, match="no firm"):
        fit(TWO, LargeTable(relation(frame.assign(firm=frame["firm"].where(frame["firm"] != "f01"))), "firm", "year"))
    with pytest.raises(MissingColumn, match="did you mean firm"):
        LargeTable(relation(frame), "firms", "year")
    with pytest.raises(NotNumeric, match="write C"):
        fit("y ~ group | firm", LargeTable(relation(frame), "firm", "year"))


@pytest.mark.parametrize(
    ("formula", "choices", "error"),
    [
        ("y ~ x | firm + year + industry", {}, FormulaError),
        ("y ~ x | firm[z]", {}, FormulaError),
        (TWO, {"covariance": "HC3"}, UnknownOption),
        (TWO, {"covariance": "driscoll_kraay"}, UnknownOption),
    ],
)
def test_what_cannot_be_pushed_down_is_noted(frame: pd.DataFrame, formula: str, choices: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match="take a sample of entities"):
        fit(formula, LargeTable(relation(frame), "firm", "year"), **choices)


INTERRUPTED = """
import sys
from toolkit.estimate.large import LargeTable

table = LargeTable(sys.argv[1], threads=1)
print("ready", flush=True)
try:
    table.query("SELECT count(*) FROM range(10000000) a(i), range(1000000) b(j) WHERE hash(i + j) % 7 = 3")
except KeyboardInterrupt:
    print("rows", table.rows)
"""


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_an_interrupted_scan_ends_and_the_table_can_be_used_again(tmp_path: Path) -> None:
    duckdb.connect().execute(f"COPY (SELECT i AS x FROM range(10) r(i)) TO '{tmp_path}/few.parquet'")
    with started([sys.executable, "-c", INTERRUPTED, str(tmp_path / "few.parquet")]) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, stdout) == (0, "rows 10\n"), stderr


def test_other_estimators_propose_a_sample(frame: pd.DataFrame) -> None:
    table = LargeTable(relation(frame), "firm", "year")
    with pytest.raises(PanelError, match=r"table\.sample"):
        fit_between("y ~ x", table)  # type: ignore[arg-type]
    with pytest.raises(PanelError, match=r"table\.sample"):
        fit_dynamic("y ~ L(y, 1) + x", table, gmm={"y": (2, 3)})  # type: ignore[arg-type]
    with pytest.raises(PanelError, match=r"table\.sample"):
        fit_threshold("y ~ x", table, variable="z", rng=np.random.default_rng(1))  # type: ignore[arg-type]
    some = table.sample(0.5)
    assert 0 < some.frame["firm"].nunique() < 60
    assert len(some) == frame["firm"].isin(some.frame["firm"]).sum()


def test_codes_of_missing_values_are_seen(frame: pd.DataFrame) -> None:
    with pytest.raises(EstimationError, match="x is too large"):
        fit("y ~ x | firm", LargeTable(relation(frame.assign(x=frame["x"].fillna(1e200))), "firm", "year"))


def test_two_effects_clustered_by_entity_take_three_scans(frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """By period, by entity, and of the scores; the shift looks at some rows only, and the keys were checked before."""
    complete = frame.dropna()
    rows = relation(complete[complete.groupby("firm")["year"].transform("size") > 1])
    table = LargeTable(rows, "firm", "year", sort=False)
    assert table.rows > 0
    asked: list[str] = []
    query = LargeTable.query

    def counted(self: LargeTable, sql: str, label: str = "") -> Any:
        asked.append(label)
        return query(self, sql, label)

    monkeypatch.setattr(LargeTable, "query", counted)
    fit(TWO, table)
    assert [label for label in asked if label] == ["scan by period", "scan by period", "scan by entity", "scan of the scores"]


def test_rows_of_a_firm_together_take_two_passes_over_the_file(
    frame: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of sums and one of scores, and no scan in the database but of some rows for the shift."""
    complete = frame.dropna().sort_values(["firm", "year"])
    table = LargeTable(parquet(complete, tmp_path / "rows.parquet"), "firm", "year")
    assert table.rows == len(complete)
    asked: list[str] = []
    read: list[int] = []
    query, tasks = LargeTable.query, Question.tasks
    monkeypatch.setattr(LargeTable, "query", lambda self, sql, label="": (asked.append(sql), query(self, sql, label))[1])
    monkeypatch.setattr(Question, "tasks", lambda self, complete=False: (read.append(1), tasks(self, complete))[1])
    fit(TWO, table)
    assert len(read) == 2
    assert all("LIMIT 10000" in sql for sql in asked)

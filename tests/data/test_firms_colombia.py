"""Colombian firms: sums with their declared exceptions, copied records found by brute force, the entity that links rounds."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from msgspec.structs import replace

from toolkit.data import load_frame
from toolkit.data.raw import RawFolder
from toolkit.data.tables.firms_colombia_services import KINDS, PAYERS, PROGRAMMES, SAME, build, same_records
from toolkit.errors import DataError, SumMismatch, UnreadableFile
from toolkit.paths import DATA_RAW
from toolkit.registry import registry

RAW = "firms_colombia_services"
FIRST = "a1,II,1,2008,CIIU3,40,INNO,91,43,0,23083,2831127,"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return load_frame(RAW)


def planted(tmp_path: Path, edit: Callable[[str], str]) -> RawFolder:
    """A raw folder with only this file, edited, and a registry that accepts it."""
    record = registry().raw_files[RAW]
    text = (DATA_RAW / record.path).read_text(encoding="utf-8")
    changed = edit(text)
    assert changed != text
    path = tmp_path / record.path
    path.parent.mkdir()
    path.write_text(changed, encoding="utf-8")
    files = registry().raw_files | {RAW: replace(record, sha256=hashlib.sha256(path.read_bytes()).hexdigest())}
    return RawFolder(tmp_path, replace(registry(), raw_files=files))


def test_counts_of_the_delivery(frame: pd.DataFrame) -> None:
    assert (len(frame), frame["firm"].nunique(), int((frame["fund_public"] > 0).sum())) == (13296, 5205, 728)
    assert "nordemp" not in frame


def test_sums_and_their_exceptions(frame: pd.DataFrame) -> None:
    """The counts that the delivery states, one unit of rounding allowed."""
    assert (frame["fund_total"] == frame["sti_total"]).all()
    sums = {"payers": (PAYERS, "fund_total"), "programmes": (PROGRAMMES, "fund_public"), "kinds": (KINDS, "sti_total")}
    gap = {name: (frame[list(parts)].sum(axis=1) - frame[total]).abs() for name, (parts, total) in sums.items()}
    assert {name: int((found > 1).sum()) for name, found in gap.items()} == {"payers": 7, "programmes": 11, "kinds": 644}
    assert int(gap["payers"].max()) == 2
    last = frame["survey_round"] == "V"
    assert int((gap["kinds"][last] > 1).sum()) == 602


def test_copied_records_by_comparing_rows(frame: pd.DataFrame) -> None:
    """Counting equal rows of the raw file as text gives the flag again."""
    with (DATA_RAW / registry().raw_files[RAW].path).open(encoding="utf-8") as stream:
        rows = sorted(csv.DictReader(stream), key=lambda row: (row["round"], row["firm"], row["year"]))
    records = {
        (first["round"], first["firm"]): tuple(row[name] for row in (first, second) for name in SAME)
        for first, second in zip(rows[::2], rows[1::2], strict=True)
    }
    shared = Counter((key[0], record) for key, record in records.items())
    flags = frame.set_index(["survey_round", "firm"])["same_as_another"].groupby(level=[0, 1]).first()
    assert all((shared[key[0], records[key]] > 1) == (flag == 1) for key, flag in flags.items())
    share = frame.groupby("survey_round")["same_as_another"].mean()
    assert share.round(2).to_dict() == {"II": 0.08, "III": 0.17, "IV": 0.23, "V": 0.24}
    assert frame.loc[frame["fund_public"] > 0, "same_as_another"].mean() == pytest.approx(0.397, abs=0.0005)
    assert same_records(frame).nunique() == len(shared)


def test_the_printed_number_would_join_different_firms(frame: pd.DataFrame) -> None:
    """Firms of the last round carry numbers that other firms had before; ``firm`` keeps them apart."""
    with (DATA_RAW / registry().raw_files[RAW].path).open(encoding="utf-8") as stream:
        firms: dict[str, set[str]] = {}
        for row in csv.DictReader(stream):
            firms.setdefault(row["nordemp"], set()).add(row["firm"])
    reused = [found for found in firms.values() if len(found) > 1]
    assert reused
    assert all({name[0] for name in found} == {"a", "v"} for found in reused)
    rounds = frame.groupby("firm")["survey_round"].agg(set)
    assert set().union(*rounds[rounds.index.str.startswith("v")]) == {"V"}
    assert not frame.duplicated(["firm", "year"]).any()


@pytest.mark.parametrize(
    ("edit", "error", "words"),
    [
        (lambda text: text.replace("0,0,0,0,3138840,0,0,0", "0,0,9,0,3138840,0,0,0", 1), SumMismatch, ("fund_total in 8 rows; 7 are",)),
        (lambda text: text.replace(FIRST, FIRST.replace(",91,", ",92,"), 1), UnreadableFile, ("same_as_another", "a1", "2008")),
        (lambda text: text.replace("a1,II,1,2008", "a1,II,1,2007", 1), UnreadableFile, ("two successive years",)),
    ],
    ids=["a sum", "a copied record", "a year"],
)
def test_planted_errors_are_named(tmp_path: Path, edit: Callable[[str], str], error: type[DataError], words: tuple[str, ...]) -> None:
    with pytest.raises(error) as caught:
        build(planted(tmp_path, edit))
    for word in words:
        assert word in str(caught.value)
    assert "remedy" in str(caught.value)

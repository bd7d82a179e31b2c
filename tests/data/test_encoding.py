"""An encoding is chosen for a whole file, and only on evidence that points one way."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.data import read_panel
from toolkit.data.readers.encoding import decode
from toolkit.data.readers.stata import read_stata
from toolkit.errors import UnknownOption, UnreadableFile

LATIN = ["São Paulo", "Córdoba", "Nariño", "Curaçao", "Île-de-France", "Zürich", "Málaga", "Québec"]
CHINESE = ["北京", "呼和浩特", "圳", "衢州", "鑫源", "亳州", "儋州", "漯河"]


def keys(panel: object) -> set[tuple[str, ...]]:
    return {found.key for found in panel.notes}  # type: ignore[attr-defined]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_latin_names_stay_latin(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(("región,año,x\n" + "".join(f"{name},2010,{i}\n" for i, name in enumerate(LATIN))).encode(encoding))
    panel = read_panel(path, entity="región", time="año")
    assert sorted(panel.frame["región"]) == sorted(LATIN)
    assert ("encoding" in keys(panel)) == (not encoding.startswith("utf-8"))


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "utf-16"])
def test_chinese_names_stay_chinese(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(("城市,年份,研发R&D经费\n" + "".join(f"{name},2010,{i}\n" for i, name in enumerate(CHINESE))).encode(encoding))
    panel = read_panel(path, entity="城市", time="年份", entities="as given")
    assert sorted(panel.frame["城市"]) == sorted(CHINESE)
    assert panel.columns == ("研发R&D经费",)
    assert ("encoding" in keys(panel)) == (encoding != "utf-8")


def test_what_the_bytes_leave_open_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    text = "city,year,x\nConceição,2010,1\n"  # two accents in a row: a Chinese character to GBK, an odd word to it and to Latin-1
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UnreadableFile, match=r"(?s)a\.csv.*encoding=\"gb18030\""):
        read_panel(path, entity="city")
    assert read_panel(path, entity="city", encoding="cp1252").frame["city"].tolist() == ["Conceição"]
    path.write_bytes("город,year,x\nМосква,2010,1\nСамара,2010,2\n".encode("cp1251"))
    with pytest.raises(UnreadableFile, match="neither UTF-8 nor GBK"):
        read_panel(path, entity="город")
    assert "Москва" in read_panel(path, entity="город", encoding="cp1251").frame["город"].tolist()
    with pytest.raises(UnknownOption, match="'klingon'"):
        read_panel(path, encoding="klingon")
    with pytest.raises(UnreadableFile, match=r"(?s)not in utf-8.*byte 0"):
        read_panel(path, encoding="utf-8")


@given(st.lists(st.sampled_from(LATIN), min_size=1))
def test_western_text_is_never_chinese(names: list[str]) -> None:
    text = "name,x\n" + "\n".join(f"{name},1" for name in names)
    assert decode(text.encode("cp1252"), "a.csv").text == text


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF, codec="gb2312"), min_size=1), st.sampled_from(CHINESE))
def test_chinese_text_comes_back_or_is_asked_about(name: str, usual: str) -> None:
    text = f"地区,年份,研发经费,专利授权数\n{usual}{name},2010,1,1"
    with contextlib.suppress(UnreadableFile):
        assert decode(text.encode("gbk"), "a.csv").text == text


def stata(path: Path, names: list[str], version: int, encoding: str) -> Path:
    """A file as an old Stata of that machine wrote it: bytes of the encoding in Latin-1 clothes."""
    worn = [name.encode(encoding).decode("latin-1") for name in names] if version < 118 else names
    frame = pd.DataFrame({"name": worn, "year": 2010, "x": range(len(names))})
    frame.to_stata(path, write_index=False, version=version)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize(
    ("names", "version", "encoding"),
    [
        (LATIN, 118, "utf-8"),
        (CHINESE, 118, "utf-8"),
        (LATIN, 114, "latin-1"),
        (LATIN, 117, "latin-1"),
        (CHINESE, 117, "gbk"),
        (CHINESE, 114, "utf-8"),
    ],
)
def test_text_of_stata(tmp_path: Path, names: list[str], version: int, encoding: str) -> None:
    path = stata(tmp_path / "a.dta", names, version, encoding)
    panel = read_panel(path, entity="name", entities="as given")
    assert sorted(panel.frame["name"]) == sorted(names)
    assert ("encoding" in keys(panel)) == (encoding in ("latin-1", "gbk"))


def test_text_of_stata_that_is_not_clear(tmp_path: Path) -> None:
    path = stata(tmp_path / "a.dta", ["Conceição"], 117, "latin-1")
    with pytest.raises(UnreadableFile, match=r"a\.dta"):
        read_stata(path)
    assert read_stata(path, "latin-1").frame["name"].tolist() == ["Conceição"]
    new = stata(tmp_path / "b.dta", ["São Paulo"], 118, "utf-8")
    with pytest.raises(UnknownOption, match="UTF-8 by definition"):
        read_stata(new, "gb18030")
    broken = new.read_bytes().replace("ã".encode(), b"\xe3o")
    (tmp_path / "c.dta").write_bytes(broken)
    with pytest.raises(UnreadableFile, match=r"(?s)not UTF-8.*unicode translate"):
        read_stata(tmp_path / "c.dta")


def test_a_marked_file_that_is_cut_off_says_so() -> None:
    whole = "省份,年份\n北京,2020\n".encode("utf-16")
    with pytest.raises(UnreadableFile, match="not in utf-16") as caught:
        decode(whole[:-1], "a.csv")
    assert "a.csv, byte" in str(caught.value)
    assert "cut off or damaged" in str(caught.value)
    with pytest.raises(UnreadableFile, match="leave encoding out"):
        decode(whole, "a.csv", "utf-8")

"""A user's own list: YAML and CSV in, the same verdicts out; every mistake names file and line or row."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.audit.own import COLUMNS, MEANINGS, TEMPLATE, read_claims, write_template
from toolkit.audit.run import audit
from toolkit.errors import RegistryError, ToolkitError, UnreadableFile
from toolkit.language import Language
from toolkit.paths import LIBRARY
from toolkit.present.tables.claims import to_csv

YAML = """\
gdp_share:
  paper: student2026
  section: "2"
  statement: Basic research was 6.88 % of R&D.
  indicator: {en: basic research share, zh: 基础研究占比}
  kind: statistic
  comparator: "="
  value: "6.88"
  unit: "%"
  period: "2024"
  place: China
  testability: A
  test: {series: national_series.basic_share, time: 2024}

wrong:
  paper: student2026
  section: "3"
  statement: It was 9 %.
  indicator: basic research share
  kind: statistic
  comparator: "="
  value: "9"
  unit: "%"
  place: China
  testability: A
  test: {relation: [wrong = gdp_share, "wrong > 1"]}
"""
HEADER = "id,paper,section,statement,indicator,kind,comparator,value,unit,place,testability,test_series,test_time\n"
ROW = "share,me2025,1,It was 6.88,share,statistic,=,6.88,%,China,A,national_series.basic_share,2024\n"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(YAML, encoding="utf-8")
    return path


def test_a_list_in_yaml(mine: Path) -> None:
    claims = read_claims(mine)
    assert claims["gdp_share"].statement == ("Basic research was 6.88 % of R&D.",) * 2
    assert claims["wrong"].where.endswith("mine.yaml, line 15, entry wrong")
    found = audit(claims)
    assert [(v.id, v.word) for v in found.verdicts] == [("gdp_share", "reproduced"), ("wrong", "incoherent")]


def test_what_is_written_as_csv_reads_back_with_the_same_verdicts(mine: Path, tmp_path: Path) -> None:
    first = audit(read_claims(mine))
    copy = tmp_path / "copy.csv"
    copy.write_text(to_csv(first), encoding="utf-8")
    second = audit(read_claims(copy))
    assert [(v.id, v.word, v.grade, v.sentence) for v in first.verdicts] == [(v.id, v.word, v.grade, v.sentence) for v in second.verdicts]


def test_a_csv_of_chinese_excel(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes((HEADER + ROW.replace("It was 6.88", "占比为6.88%")).encode("gb18030"))
    assert read_claims(path)["share"].statement.zh == "占比为6.88%"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('value: "6.88"', "value: 6.88", ("line 1, entry gdp_share", "value must be text", "quotes")),
        ('  comparator: "="\n  value: "9"', '  comparator: "<>"\n  value: "9"', ("line 15, entry wrong", "'<>' is none of")),
        (
            "place: China\n  testability: A\n  test: {rel",
            "plaice: China\n  testability: A\n  test: {rel",
            ("line 15", "unknown field 'plaice'"),
        ),
        ("{series: national_series.basic_share, time: 2024}", "{series: x, relation: y}", ("must have a series, figures or a relation",)),
        ("wrong:\n", "gdp_share:\n", ("line 15", "written twice")),
        ('  paper: student2026\n  section: "3"', "  paper: [\n", ("not valid YAML",)),
    ],
)
def test_mistakes_in_yaml_are_named(mine: Path, old: str, new: str, words: tuple[str, ...]) -> None:
    assert old in YAML
    mine.write_text(YAML.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RegistryError) as caught:
        read_claims(mine)
    for word in (*words, "mine.yaml", "remedy"):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (HEADER + ROW + ROW, ("row 3", "row 2", "written twice")),
        (HEADER + ROW.replace("share,me2025", "1share,me2025", 1), ("row 2", "is no id")),
        (HEADER + ROW.replace(",A,", ",Z,"), ("row 2, claim share", "'Z' is none of A, B, C, D")),
        (HEADER + ROW.replace("=,6.88,", "=,,"), ("row 2", "needs a value")),
        (HEADER.replace("kind", "sort") + ROW, ("row 2", "unknown field 'sort'")),
        (HEADER + ROW.replace("2024\n", "soon\n"), ("row 2", "'soon'")),
        (HEADER + ROW.replace("It was 6.88", ""), ("row 2", "'statement' is missing")),
        (HEADER + ROW.replace("=,6.88", "=,六成"), ("row 2", "column value", "write 三成 as 30")),
        (HEADER + ROW.replace(",%,", ",公斤,"), ("row 2", "column unit", "公斤 is not known")),
    ],
)
def test_mistakes_in_csv_are_named(tmp_path: Path, content: str, words: tuple[str, ...]) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(RegistryError) as caught:
        read_claims(path)
    for word in (*words, "mine.csv", "remedy"):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("mine.csv", b"paper\nx\n", "column 'id' is missing"),
        ("mine.csv", b"id,paper\na,b,c\n", "more cells than the header"),
        ("mine.csv", HEADER.encode(), "holds no claim"),
        ("mine.csv", b"id\xff\xff,\x81", "neither UTF-8 nor GBK"),
        ("mine.txt", b"", "no list of claims"),
    ],
)
def test_unreadable_files_are_named(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=words):
        read_claims(path)
    with pytest.raises(UnreadableFile, match="no such file"):
        read_claims(tmp_path / "none.yaml")


def test_a_number_that_is_none_is_named_with_its_line(mine: Path) -> None:
    mine.write_text(YAML.replace('value: "9"', 'value: "nine"'), encoding="utf-8")
    with pytest.raises(ToolkitError) as caught:
        audit(read_claims(mine))
    assert "'nine' is no printed number" in str(caught.value)
    assert "mine.yaml, line 15" in str(caught.value)


def test_the_example_of_the_documentation_is_a_list(tmp_path: Path) -> None:
    text = (LIBRARY / "registry" / "claims" / "README.md").read_text(encoding="utf-8")
    path = tmp_path / "example.yaml"
    path.write_text(text.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")
    found = audit(read_claims(path))
    assert [(v.id, v.word) for v in found.verdicts] == [
        ("basic_share_2024", "reproduced"),
        ("basic_growth_2024", "reproduced"),
        ("applied_twice_basic", "not_tested"),
    ]


def test_all_faults_of_a_list_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    rows = ["a,占三成,三成,%,2024,", "b,单位不明,5,公斤,2024,=", "c,年份错,5,%,soon,<>"]
    path.write_text(
        "id,statement,value,unit,test_time,comparator,test_series\n" + "\n".join(f"{row},national_series.basic_share" for row in rows),
        encoding="utf-8",
    )
    with pytest.raises(RegistryError) as caught:
        read_claims(path)
    said = str(caught.value)
    assert said.startswith("4 faults")
    for place in ("row 2, claim a, column value", "row 3, claim b, column unit", "row 4, claim c, column comparator", "column test_time"):
        assert place in said
    assert said.count("remedy:") == 5  # one each, and one for the list


@pytest.mark.parametrize("province", ["北京", "北京市", "11", "110000", "Beijing"])
def test_a_province_by_code_or_name_and_a_unit_in_chinese(tmp_path: Path, province: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        f"id,statement,comparator,value,unit,test_series,test_time,test_entity\nrd,研发,>,2000,亿元,provincial_panel.rd_expenditure,2023,{province}\n",
        encoding="utf-8",
    )
    (verdict,) = audit(read_claims(path)).verdicts
    assert (verdict.word, verdict.printed) == ("reproduced", ("over 2000 100 million yuan", "超过2000亿元"))


@pytest.mark.parametrize("ending", ["xlsx", "csv", "yaml"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_template_is_a_list_that_passes(tmp_path: Path, ending: str, language: Language) -> None:
    path = tmp_path / f"mine.{ending}"
    write_template(path, language)
    assert [(v.id, v.word) for v in audit(read_claims(path)).verdicts] == [("basic_share", "reproduced")]
    with pytest.raises(UnreadableFile, match="there already"):
        write_template(path, language)


def test_every_column_says_what_it_holds() -> None:
    stems = {name.removesuffix("_en").removesuffix("_zh") for name in COLUMNS}
    assert stems == set(MEANINGS)
    assert all(text.en and text.zh for text in MEANINGS.values())
    assert set(TEMPLATE) <= set(MEANINGS)


def test_growth_of_a_series_is_a_test_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    head = "id,statement,value,unit,test_series,test_time,test_measure\n"
    rows = [f"g{n},基础研究增长,{value},%,national_series.rd_basic,2024,growth\n" for n, value in enumerate(("10.7", "11.7"))]
    path.write_text(head + "".join(rows), encoding="utf-8")
    assert [v.word for v in audit(read_claims(path)).verdicts] == ["reproduced", "contradicted"]


def test_a_latin_list_is_not_taken_for_chinese(tmp_path: Path) -> None:
    row = ROW.replace(ROW.split(",")[3], "São Paulo, Nariño und Córdoba über año".replace(",", " "))
    file = tmp_path / "latin.csv"
    file.write_bytes((HEADER + row).encode("cp1252"))
    (claim,) = read_claims(file).values()
    assert claim.statement.en == "São Paulo  Nariño und Córdoba über año"

"""A user's own list of claims: the YAML of the registry, or a CSV or spreadsheet with the same fields in flat columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_type_hints

from msgspec.structs import replace

from toolkit.audit.printed import read_printed
from toolkit.data.readers.grid import read_grid
from toolkit.data.safety import awake
from toolkit.data.xlsx import write_workbook
from toolkit.errors import NotNumeric, RegistryError, UnitMismatch, UnreadableFile
from toolkit.language import Language, Text
from toolkit.paths import relative, write_text
from toolkit.registry import Claim, registry
from toolkit.registry.claims import FIELDS, SeriesTest, make_claim
from toolkit.registry.read import lines_of, read_yaml
from toolkit.units import factor, in_both_languages

BILINGUAL = ("statement", "indicator", "unit", "place", "settle", "caution", "reported", "untested")
PLAIN = tuple(name for name in FIELDS if name not in (*BILINGUAL, "test"))
TEST = ("series", "time", "entity", "scale", "vintages", "measure", "figures", "relation")
COLUMNS = ("id", *PLAIN, *(f"{name}_{language}" for name in BILINGUAL for language in ("en", "zh")), *(f"test_{name}" for name in TEST))
RESULTS = (
    "printed_en",
    "printed_zh",
    "verdict",
    "grade",
    "sentence_en",
    "sentence_zh",
    "computed_en",
    "computed_zh",
    "sources",
    "data",
    "code",
)
MEANINGS: dict[str, Text] = {
    "id": Text("a name: letters, digits and _, a letter first", "名称：字母、数字与下划线，字母开头"),
    "statement": Text("the statement in your words", "用自己的话写出的论断"),
    "indicator": Text("the quantity (default: the statement)", "指标（默认同论断）"),
    "unit": Text("unit: 元 万元 亿元 % 个 家 项 件 人 …, or in English", "单位：元、万元、亿元、%、个、家、项、件、人等，或英文单位"),
    "place": Text("place (default: the nation)", "地区（默认全国）"),
    "settle": Text("the publication that would settle it", "可据以判定的出版物"),
    "caution": Text("problems of definition, unit or release", "定义、单位或版本方面的问题"),
    "reported": Text("a second-hand reading, never shown as official", "二手报道，不作为官方数字"),
    "untested": Text("why no public figure tests it", "没有公开数字可检验的原因"),
    "paper": Text("the text it stands in (default: the name of the file)", "出自哪篇文章（默认文件名）"),
    "section": Text("where in the text", "所在章节"),
    "kind": Text(
        "statistic count ranking comparison regression target anecdotal",
        "类型：statistic统计 count计数 ranking排名 comparison比较 target目标等",
    ),
    "comparator": Text("= rounded, ~ about, > >= < <=, range, none (no number)", "=四舍五入，~约，> >= < <=，range区间，none无数值"),
    "testability": Text("A public series, B public document, C private data, D undefined", "A公开序列，B公开文件，C非公开数据，D未作定义"),
    "value": Text("digits as printed: 6.9, 1,540, 46.3万, 6.8万亿, 1/7", "按原文写数字：6.9、1,540、46.3万、6.8万亿、1/7"),
    "low": Text("lower end of a range", "区间下限"),
    "high": Text("upper end of a range", "区间上限"),
    "measured": Text("stock, flow or either", "stock存量、flow流量或either"),
    "period": Text("as stated; empty where the text gives none", "按原文；原文未给出则留空"),
    "priority": Text("must, should or could", "must必查、should应查或could可查"),
    "remains": Text("why it stays open: public private own_count undefined goal", "未决原因：public private own_count undefined goal"),
    "test_series": Text(
        "table.variable that settles it, e.g. national_series.basic_share", "据以检验的序列，如national_series.basic_share"
    ),
    "test_time": Text("its year", "年份"),
    "test_entity": Text("a province by name or code, or a country; empty for the nation", "省份名称或代码，或国家；全国留空"),
    "test_scale": Text("the official value times this has your unit", "官方数乘以此数即为所填单位"),
    "test_vintages": Text("other releases of the series, divided by spaces", "该序列的其他发布版本，以空格分隔"),
    "test_measure": Text("level, growth (%, on the year before) or change", "level水平、growth比上年增速（%）或change变化"),
    "test_figures": Text("ids of official_figures.csv, divided by spaces", "official_figures.csv中的编号，以空格分隔"),
    "test_relation": Text("an equation between ids, several divided by ;", "各编号之间的等式，多个以分号分隔"),
}
"""What every column holds; a bilingual one may stand alone or as _en and _zh."""
TEMPLATE = (
    *("id", "statement", "comparator", "value", "low", "high", "unit", "place", "period"),
    *("test_series", "test_time", "test_entity", "test_measure", "test_relation", "settle"),
)
_EXAMPLE = {
    "id": "basic_share",
    "statement": "2024年基础研究占R&D经费的6.88%",
    "comparator": "=",
    "value": "6.88",
    "unit": "%",
    "period": "2024",
    "test_series": "national_series.basic_share",
    "test_time": "2024",
}
_COMMENT = "#"  # an id that begins so marks a row of explanations
_DEFAULTS = {"section": "", "kind": "statistic", "testability": "A", "place": {"en": "China", "zh": "全国"}}


class Fault(NamedTuple):
    """One mistake of a list: file and row, column, what is wrong, and what helps."""

    where: str
    column: str
    what: str
    remedy: str


def read_claims(path: str | Path) -> dict[str, Claim]:
    """The claims of a file, by id.

    Parameters
    ----------
    path : ``.yaml`` in the form of toolkit/registry/claims, ``.xlsx``, or ``.csv`` (UTF-8, or what the whole file speaks for, such as the
        GB18030 of Chinese Excel). Columns and their meanings are in ``MEANINGS``; ``python -m toolkit claims new FILE`` writes a template.
        A text may be given in one language; the columns that ``--format csv`` adds, and rows whose id begins with #, are passed over.

    Raises
    ------
    UnreadableFile
        It is none of these, cannot be decoded, or is empty.
    RegistryError
        Names all mistakes with row and column, and what helps.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "mine.csv"
    >>> _ = file.write_text("id,statement,value,unit\\ngdp,GDP was 100,100,亿元\\n", encoding="utf-8")
    >>> read_claims(file)["gdp"].unit
    Text(en='100 million yuan', zh='亿元')
    """
    path = Path(path)
    if not path.is_file():
        raise UnreadableFile("there is no such file", where=relative(path), remedy="give the path of a .yaml, .csv or .xlsx file")
    suffix = path.suffix.lower()
    if suffix not in (".yaml", ".yml", ".csv", ".xlsx"):
        raise UnreadableFile(f"{suffix or 'no ending'} is no list of claims", where=relative(path), remedy="write .yaml, .csv or .xlsx")
    faults: list[Fault] = []
    found: dict[str, Claim] = {}
    for name, where, entry in _of_yaml(path) if suffix in (".yaml", ".yml") else _of_rows(path):
        own = list(_faults(name, where, entry, found))
        if not own:
            try:
                found[name] = _claim(name, where, entry, path.stem)
                own = list(_unit_faults(found[name]))
            except (KeyError, ValueError, TypeError) as error:
                own = [Fault(where, "", f"malformed claim: {error}", "compare with another row")]
        faults += own
    if faults:
        raise _refused(path, faults)
    if not found:
        raise UnreadableFile("the list holds no claim", where=relative(path), remedy="add one: python -m toolkit claims new FILE shows how")
    return found


def _refused(path: Path, faults: list[Fault]) -> RegistryError:
    """All mistakes as one error; a single one in the usual three lines."""
    if len(faults) == 1:
        where, column, what, remedy = faults[0]
        return RegistryError(what, where=where + (f", column {column}" if column else ""), remedy=remedy)
    lines = [f"  {f.where}{f', column {f.column}' if f.column else ''}: {f.what}\n    remedy: {f.remedy}" for f in faults]
    return RegistryError(f"{len(faults)} faults in the list\n" + "\n".join(lines), where=relative(path), remedy="correct each of them")


def _of_yaml(path: Path) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    content = read_yaml(path)
    lines = lines_of(path)
    for name, entry in content.items():
        yield str(name), f"{relative(path)}, line {lines.get(str(name), 1)}, entry {name}", entry


def _of_rows(path: Path) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    grid = read_grid(path, wanted=lambda rows: bool(rows) and "id" in rows[0])
    header = grid.rows[0] if grid.rows else []
    if "id" not in header:
        raise UnreadableFile("column 'id' is missing", where=f"{grid.where}, row 1", remedy=f"the columns are: {', '.join(MEANINGS)}")
    for number, row in enumerate(grid.rows[1:], 2):
        if not any(row):
            continue
        if len(row) > len(header):
            raise UnreadableFile(
                "the row has more cells than the header", where=f"{grid.where}, row {number}", remedy="put text with commas in quotes"
            )
        cells = dict(zip(header, row, strict=False))
        name = cells.get("id", "")
        if not name.startswith(_COMMENT):
            yield name, f"{grid.where}, row {number}, claim {name}", _nested(cells)


def _faults(name: str, where: str, entry: Any, found: Mapping[str, Claim]) -> Iterator[Fault]:
    """All checks of an entry before it becomes a claim."""
    if not name.isidentifier():
        yield Fault(where, "id", f"{name!r} is no id", "use letters, digits and underscores, a letter first")
    if name in found:
        yield Fault(where, "id", f"{name!r} is written twice: {found[name].where}", "keep one of them")
    if not isinstance(entry, Mapping):
        yield Fault(where, "", "an entry must be a mapping", "indent its fields below the id")
        return
    hints = get_type_hints(Claim)
    for key, value in entry.items():
        if key not in FIELDS:
            yield Fault(where, key, f"unknown field {key!r}", f"allowed are: {', '.join(MEANINGS)}")
        elif choices := get_args(hints[key]):
            allowed = [choice for choice in choices if isinstance(choice, str)]
            if allowed and value not in allowed:
                yield Fault(where, key, f"{value!r} is none of {', '.join(filter(None, allowed))}", "write one of these")
        elif key in ("value", "low", "high") and value:
            yield from _number_faults(where, key, value)
    if not entry.get("statement"):
        yield Fault(where, "statement", "'statement' is missing", "write the statement in one language")
    test = entry.get("test")
    if isinstance(test, Mapping) and "time" in test and not str(test["time"]).isdigit():
        yield Fault(where, "test_time", f"{test['time']!r} is no year", "write four digits such as 2024")


def _number_faults(where: str, key: str, value: Any) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield Fault(where, key, f'{key} must be text: put the printed digits in quotes, {key}: "{value}"', "put quotes around the digits")
        return
    try:
        read_printed(value)
    except NotNumeric as error:
        tenths = "成" in value
        yield Fault(where, key, error.what, "write 三成 as 30 with the unit %" if tenths else error.remedy)


def _unit_faults(claim: Claim) -> Iterator[Fault]:
    """A declared series whose unit does not convert into the one of the claim."""
    test = claim.test
    if not isinstance(test, SeriesTest) or test.scale is not None or claim.comparator == "none":
        return
    variable = registry().variables.get(test.series.partition(".")[2])
    if variable is None:
        yield Fault(
            claim.where, "test_series", f"there is no series {test.series!r}", "python -m toolkit codebook NAME shows the variables"
        )
        return
    try:
        factor("%" if test.measure == "growth" else variable.unit.en, claim.unit.en)
    except UnitMismatch as error:
        yield Fault(
            claim.where, "unit", error.what, f"write a unit like that of the series ({variable.unit.zh}, {variable.unit.en}), or test_scale"
        )


def _claim(name: str, where: str, entry: Mapping[str, Any], paper: str) -> Claim:
    """The claim of an entry, with what may be left out filled in."""
    texts = {key: _in_both(value) if key in BILINGUAL else value for key, value in entry.items()}
    texts["unit"] = dict(zip(("en", "zh"), in_both_languages(*map(str, texts.get("unit", {"en": "", "zh": ""}).values())), strict=True))
    full = {"paper": paper, **_DEFAULTS, "indicator": texts["statement"], **texts}
    full.setdefault("comparator", "=" if full.get("value") else "range" if full.get("low") else "none")
    return replace(make_claim(name, full, where), where=where)


def _in_both(value: Any) -> Any:
    """A text of one language for both."""
    if isinstance(value, str):
        return {"en": value, "zh": value}
    if isinstance(value, Mapping) and value and set(value) <= {"en", "zh"}:
        first = next(iter(value.values()))
        return {"en": value.get("en", first), "zh": value.get("zh", first)}
    return value


def _nested(row: Mapping[str, str]) -> dict[str, Any]:
    """The nested fields of a flat row; empty cells are left out."""
    cells = {key: awake(value) for key, value in row.items() if key and value and key != "id" and key not in RESULTS}
    entry: dict[str, Any] = {}
    for key, value in cells.items():
        stem, _, language = key.rpartition("_")
        if key.startswith("test_"):
            entry.setdefault("test", {})[key.removeprefix("test_")] = value
        elif stem in BILINGUAL and language in ("en", "zh"):
            entry.setdefault(stem, {})[language] = value
        else:
            entry[key] = value
    test = entry.get("test", {})
    for name, divider in (("vintages", None), ("figures", None), ("relation", ";")):
        if name in test:
            test[name] = [part.strip() for part in test[name].split(divider) if part.strip()]
    return entry


def write_template(path: Path, language: Language) -> None:
    """An empty list with an example and, in a row that is passed over, what every column holds: .csv, .xlsx, or .yaml.

    Raises
    ------
    UnreadableFile
        The file is there already, or its ending is another.
    """
    suffix = path.suffix.lower()
    if path.exists() or suffix not in (".csv", ".xlsx", ".yaml"):
        what = "the file is there already" if path.exists() else f"{suffix or 'no ending'} is no list of claims"
        raise UnreadableFile(what, where=relative(path), remedy="name a new .csv, .xlsx or .yaml file")
    meanings = [_COMMENT if name == "id" else MEANINGS[name].to(language) for name in TEMPLATE]
    meanings[0] = f"{_COMMENT} {MEANINGS['id'].to(language)}"
    rows = [list(TEMPLATE), meanings, [_EXAMPLE.get(name, "") for name in TEMPLATE]]
    if suffix == ".xlsx":
        write_workbook(path, rows)
    elif suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream).writerows(rows)
    else:
        lines = [f"# {name}: {MEANINGS[name].to(language)}" for name in TEMPLATE if not name.startswith("test_")]
        example = [
            "",
            "basic_share:",
            '  statement: {zh: "2024年基础研究占R&D经费的6.88%"}',
            '  value: "6.88"',
            '  unit: "%"',
            '  period: "2024"',
        ]
        write_text(path, "\n".join([*lines, *example, "  test: {series: national_series.basic_share, time: 2024}", ""]))

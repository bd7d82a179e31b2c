"""A user's own list of claims: the YAML of the registry, or a CSV with the same fields in flat columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from toolkit.data.readers.encoding import decode
from toolkit.data.safety import awake
from toolkit.errors import RegistryError, UnreadableFile
from toolkit.paths import relative
from toolkit.registry import Claim
from toolkit.registry.claims import FIELDS, make_claim
from toolkit.registry.read import entries, lines_of, read_yaml

BILINGUAL = ("statement", "indicator", "unit", "place", "settle", "caution", "reported", "untested")
PLAIN = tuple(name for name in FIELDS if name not in (*BILINGUAL, "test"))
TEST = ("series", "time", "entity", "scale", "vintages", "relation")
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


def read_claims(path: str | Path) -> dict[str, Claim]:
    """The claims of a file, by id.

    Parameters
    ----------
    path : ``.yaml`` in the form of toolkit/registry/claims, or ``.csv`` (UTF-8, or what the whole file speaks for, such as the GB18030
        of Chinese Excel) with the columns ``id``, the fields of a claim (``statement_en`` and ``statement_zh``, or ``statement`` alone)
        and ``test_series``, ``test_time``, ``test_entity``, ``test_scale``, ``test_vintages`` (divided by spaces) or ``test_relation``
        (several divided by ``;``). A text may be given in one language. The columns that ``--format csv`` adds are passed over.

    Raises
    ------
    UnreadableFile
        It is neither, cannot be decoded, or is empty.
    RegistryError
        Names file and line (or row) of the first mistake.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "mine.csv"
    >>> _ = file.write_text("id,paper,section,statement,indicator,kind,comparator,value,unit,place,testability\\n"
    ...                     "gdp,me2025,1,GDP was 100,GDP,statistic,=,100,yuan,China,A\\n", encoding="utf-8")
    >>> read_claims(file)["gdp"].value
    '100'
    """
    path = Path(path)
    if not path.is_file():
        raise UnreadableFile("there is no such file", where=relative(path), remedy="give the path of a .yaml or .csv file")
    if path.suffix.lower() in (".yaml", ".yml"):
        content = read_yaml(path)
        lines = lines_of(path)
        found = entries(path, {name: _bilingual(entry) for name, entry in content.items()}, make_claim)
        found = {name: replace(claim, where=f"{relative(path)}, line {lines[name]}") for name, claim in found.items()}
    elif path.suffix.lower() == ".csv":
        found = dict(_rows(path))
    else:
        raise UnreadableFile(f"{path.suffix or 'no ending'} is no list of claims", where=relative(path), remedy="write .yaml or .csv")
    if not found:
        raise UnreadableFile("the list holds no claim", where=relative(path), remedy="add one; see toolkit/registry/claims for examples")
    return found


def _bilingual(entry: Any) -> Any:
    """An entry whose plain texts serve for both languages."""
    if not isinstance(entry, Mapping):
        return entry
    return {key: {"en": value, "zh": value} if key in BILINGUAL and isinstance(value, str) else value for key, value in entry.items()}


def _rows(path: Path) -> Iterator[tuple[str, Claim]]:
    seen: dict[str, int] = {}
    reader = csv.DictReader(io.StringIO(_text(path)))
    if "id" not in (reader.fieldnames or []):
        raise UnreadableFile("column 'id' is missing", where=f"{relative(path)}, row 1", remedy=f"the columns are: {', '.join(COLUMNS)}")
    for number, row in enumerate(reader, 2):
        where = f"{relative(path)}, row {number}"
        if None in row:
            raise UnreadableFile("the row has more cells than the header", where=where, remedy="put text with commas in quotes")
        name = (row.get("id") or "").strip()
        if not name.isidentifier():
            raise RegistryError(f"{name!r} is no id", where=where, remedy="use letters, digits and underscores, a letter first")
        if name in seen:
            raise RegistryError(f"{name!r} is written twice", where=f"{where}, and row {seen[name]}", remedy="keep one of them")
        seen[name] = number
        try:
            yield name, make_claim(name, _entry(row), where)
        except (KeyError, ValueError, TypeError) as error:
            detail = f"column {error} is missing or empty" if isinstance(error, KeyError) else str(error)
            raise RegistryError(f"malformed claim: {detail}", where=f"{where}, claim {name}", remedy="compare with another row") from error


def _text(path: Path) -> str:
    """The file as text, whatever encoding the whole of it speaks for; a list of claims names no other."""
    try:
        return decode(path.read_bytes(), relative(path)).text
    except UnreadableFile as error:
        raise UnreadableFile(error.what, where=error.where, remedy="save it as CSV UTF-8") from None


def _entry(row: Mapping[str, str | None]) -> dict[str, Any]:
    """The nested fields of a flat row; empty cells are left out."""
    cells = {key: awake(value.strip()) for key, value in row.items() if value and value.strip() and key != "id" and key not in RESULTS}
    entry: dict[str, Any] = {}
    for key, value in cells.items():
        stem, _, language = key.rpartition("_")
        if key.startswith("test_"):
            entry.setdefault("test", {})[key.removeprefix("test_")] = value
        elif stem in BILINGUAL and language in ("en", "zh"):
            entry.setdefault(stem, {})[language] = value
        else:
            entry[key] = {"en": value, "zh": value} if key in BILINGUAL else value
    for name in BILINGUAL:
        given = entry.get(name, {})
        if given:
            first = next(iter(given.values()))
            entry[name] = {"en": given.get("en", first), "zh": given.get("zh", first)}
    test = entry.get("test", {})
    if "vintages" in test:
        test["vintages"] = test["vintages"].split()
    if "relation" in test:
        test["relation"] = [part.strip() for part in test["relation"].split(";") if part.strip()]
    return entry

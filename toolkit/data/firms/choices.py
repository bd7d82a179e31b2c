"""What is asked of a download and how firms are chosen: the defaults of the registry, and what a folder's own file replaces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from toolkit.errors import RegistryError
from toolkit.language import Text
from toolkit.paths import relative
from toolkit.registry.load import FOLDER
from toolkit.registry.read import read_yaml
from toolkit.registry.records import Record, make, ordered

OWN_FILE = "firms.yaml"


class RequestedTable(Record, frozen=True):
    """A table of CSMAR.

    Attributes
    ----------
    code, name : of the table, by which it is found on the platform.
    fields : our name -> field code.
    optional : whether the study can do without it.
    """

    code: str
    name: Text
    fields: dict[str, str]
    optional: bool = False


class Rule(Record, frozen=True):
    """Which firms are of semiconductors: those of one of the industries whose main business has one of the words; all, if none is named.

    Attributes
    ----------
    name : in both languages.
    industries, words : beginnings of industry codes, and words of the main business.
    firms : six-digit codes, as a list of one's own instead of both; quoted, because YAML takes 000021 for an octal number.
    """

    name: Text
    industries: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    firms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        wrong = [code for code in self.firms if not (len(code) == 6 and code.isdigit())]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no six-digit code")


class Choices(Record, frozen=True):
    """All choices, as in toolkit/registry/csmar.yaml.

    Attributes
    ----------
    years, least_years : first and last year, and the fewest years of a firm.
    winsorised : share at each end.
    financial, b_shares : beginnings of industry codes and of stock codes that are left out.
    special : states of listing, or beginnings of names, that mark special treatment.
    totals : items of the table of grants that are sums of others.
    research_words, other_words : an item that has one of the first and none of the second is an R&D grant.
    rule, rules : the rule of the main sample, and all rules.
    tables : by our name.
    truth : the elasticity of simulated firms; None for real ones.
    own : fields that the folder's own file names.
    """

    years: tuple[int, int]
    least_years: int
    winsorised: float
    financial: tuple[str, ...]
    b_shares: tuple[str, ...]
    special: tuple[str, ...]
    totals: tuple[str, ...]
    research_words: tuple[str, ...]
    other_words: tuple[str, ...]
    rule: str
    rules: dict[str, Rule]
    tables: dict[str, RequestedTable]
    truth: float | None = None
    own: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        ordered(self.years)
        if self.rule not in self.rules:
            raise ValueError(f"rule {self.rule!r} is none of {', '.join(self.rules)}")


def read_choices(folder: Path) -> Choices:
    """The defaults with what ``firms.yaml`` in the folder replaces; the fields of a table are replaced one by one.

    Raises
    ------
    RegistryError
        The file names something that does not exist, or a value of the wrong kind.
    """
    asked = read_yaml(FOLDER / "csmar.yaml")
    path = folder / OWN_FILE
    own = read_yaml(path) if path.is_file() else {}
    try:
        named = _merge(asked, own)
        found: Choices = make(Choices, {**asked, "own": named})
    except ValueError as error:
        remedy = "see toolkit/registry/csmar.yaml for what can stand there; codes of firms need quotation marks"
        raise RegistryError(str(error), where=relative(path), remedy=remedy) from error
    return found


def _merge(asked: dict[str, Any], own: dict[str, Any]) -> list[str]:
    """Put ``own`` into ``asked``; the fields of tables that it names."""
    named = []
    for key, value in own.items():
        if key == "tables" and isinstance(value, dict):
            for table, entry in value.items():
                if table not in asked["tables"] or not isinstance(entry, dict):
                    raise ValueError(f"table {table!r} is none of {', '.join(asked['tables'])}")
                fields = entry.get("fields", {})
                named += [f"{entry.get('code', asked['tables'][table]['code'])}.{field}" for field in fields.values()]
                asked["tables"][table] |= {**entry, "fields": {**asked["tables"][table]["fields"], **fields}}
        elif key == "rules" and isinstance(value, dict):
            asked["rules"] |= value
        else:
            asked[key] = value
    return named

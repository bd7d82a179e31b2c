"""Firm-years from the tables: merged, chosen by rules that count what they drop, and the sample of semiconductor firms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from toolkit.data.firms.choices import Choices, Rule, read_choices
from toolkit.data.firms.tables import KEYS, FirmTable, found_files, once, read_table
from toolkit.errors import EmptySample
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.paths import relative
from toolkit.transform import winsorize

STATEMENTS = ["revenue", "profit", "assets", "liabilities", "equity"]
WINSORISED = ("rd_intensity", "own_intensity", "rd_grants", "grants", "assets", "leverage", "roa")


@dataclass(frozen=True)
class Firms:
    """Listed firms of all industries.

    Attributes
    ----------
    panel : entity ``firm``, time ``year``; industry, province, revenue, profit, assets, liabilities, equity, rd (R&D spending), grants,
        rd_grants, all in yuan, rd_intensity (R&D spending / revenue), own_intensity (R&D spending less R&D grants / revenue, missing
        unless positive), leverage, roa, and for each rule whether the firm is one of semiconductors.
    files : table, step, rows: from the rows of the files to firm-years.
    dropped : reason, rows, firms, left: what each rule left out, in its order; each firm-year is counted at the first rule that it meets.
    choices : what was asked.
    titles : Chinese title by field code, as the files have it, so that a reader sees whether a field is the one that is meant.
    """

    panel: Panel
    files: pd.DataFrame
    dropped: pd.DataFrame
    choices: Choices
    titles: dict[str, str]

    def sample(self, rule: str) -> Sample:
        """The semiconductor firms of a rule, winsorised over their firm-years.

        Raises
        ------
        EmptySample
            No firm fits the rule.
        """
        frame = self.panel.frame
        frame = frame[frame[rule]].copy()
        if frame.empty:
            raise EmptySample(
                f"no firm is one of semiconductors by the rule {rule!r}",
                where=self.panel.name,
                remedy="look at industries and words of the rule in toolkit/registry/csmar.yaml, and write others into firms.yaml",
            )
        bounds = []
        for column in WINSORISED:
            cut = winsorize(frame[column].to_numpy(), self.choices.winsorised)
            frame[column] = cut.values
            bounds += [{"variable": column, "low": b.low, "high": b.high, "changed": cut.changed} for b in cut.bounds]
        return Sample(Panel(frame, "firm", "year", f"{self.panel.name}, {rule}"), pd.DataFrame(bounds))


@dataclass(frozen=True)
class Sample:
    """Semiconductor firms.

    Attributes
    ----------
    panel : as that of :class:`Firms`; the variables of the regressions winsorised.
    bounds : variable, low, high, changed.
    """

    panel: Panel
    bounds: pd.DataFrame


def read_firms(folder: str | Path) -> Firms:
    """The panel of listed firms from a folder of CSMAR tables.

    Parameters
    ----------
    folder : archives as they were downloaded, or their files (.xlsx, .csv, .txt; volumes of a table beside each other). A file
        ``firms.yaml`` replaces choices of toolkit/registry/csmar.yaml.

    Raises
    ------
    RawFileMissing
        Names every table that is missing, and where it is found.
    MissingColumn, UnreadableFile, NotNumeric, RegistryError
        Name file, row and column, and what to do.
    EmptySample
        No firm-year is left.

    Examples
    --------
    >>> import tempfile
    >>> from toolkit.data.firms import write_simulated
    >>> firms = read_firms(write_simulated(Path(tempfile.mkdtemp()), firms=12))
    >>> int(firms.dropped["left"].iloc[-1]) == len(firms.panel)
    True
    """
    folder = Path(folder)
    choices = read_choices(folder)
    with found_files(folder, choices) as files:
        tables = {name: read_table(paths, choices.tables[name]) for name, paths in files.items() if paths}
    steps = {name: list(read.steps) for name, read in tables.items()}
    grants = _grants(tables["grants"].frame, choices, steps["grants"])
    merged, differing = _merged(tables, grants, steps)
    merged["special"] = _special(merged, tables.get("treatment"), choices, steps)
    kept, dropped = _drop(merged, differing, choices)
    name = relative(folder)
    if kept.empty:
        told = "; ".join(f"{reason.en}: {rows}" for reason, rows in zip(dropped["reason"], dropped["rows"], strict=True) if rows)
        raise EmptySample("no firm-year is left", where=name, remedy=f"look at what was left out ({told})")
    for rule, what in choices.rules.items():
        kept[rule] = _fits(kept, what)
    own = kept["rd"] - kept["rd_grants"]
    kept["rd_intensity"], kept["own_intensity"] = kept["rd"] / kept["revenue"], own.where(own > 0) / kept["revenue"]
    kept["leverage"], kept["roa"] = kept["liabilities"] / kept["assets"], kept["profit"] / kept["assets"]
    log = [
        {"table": choices.tables[table].code, "step": step, "rows": rows}
        for table, steps_of in steps.items()
        for step, rows in steps_of
        if rows
    ]
    titles = {code: title for read in tables.values() for code, title in read.titles.items()}
    return Firms(Panel(kept, "firm", "year", name), files=pd.DataFrame(log), dropped=dropped, choices=choices, titles=titles)


def _grants(items: pd.DataFrame, choices: Choices, steps: list[tuple[Text, int]]) -> pd.DataFrame:
    """Grants and R&D grants of each firm-year: sums of its items. A total stands for a firm-year without items."""
    is_total = items["item"].isin(choices.totals)
    lines = items[~is_total].drop_duplicates()  # an item that is listed under two accounts
    wanted = _has(lines["item"], choices.research_words) & ~_has(lines["item"], choices.other_words)
    sums = lines.groupby(KEYS)["amount"].sum(min_count=1).rename("grants").to_frame()
    sums["rd_grants"] = lines[wanted].groupby(KEYS)["amount"].sum(min_count=1)
    totals = items[is_total].groupby(KEYS)["amount"].max().rename("grants")
    sums = sums.reindex(sums.index.union(totals.index))
    sums["grants"] = sums["grants"].fillna(totals)
    steps += [
        (Text("totals", "合计行"), -int(is_total.sum())),
        (Text("items listed twice", "重复列示的项目"), -int((~is_total).sum() - len(lines))),
        (Text("items that are no R&D grant, by their words", "按关键词不属于研发补助的项目"), -int((~wanted).sum())),
        (Text("items that are R&D grants", "属于研发补助的项目"), int(wanted.sum())),
    ]
    return sums.reset_index()


def _has(texts: pd.Series, words: tuple[str, ...]) -> pd.Series:
    """Which texts have one of the words; none if there are no words."""
    return texts.fillna("").str.contains("|".join(map(re.escape, words)) or r"(?!)")


def _merged(
    tables: dict[str, FirmTable], grants: pd.DataFrame, steps: dict[str, list[tuple[Text, int]]]
) -> tuple[pd.DataFrame, pd.MultiIndex]:
    merged, differing = grants, []
    for name in ("income", "balance", "research", "firms"):
        rows, repeated, conflicts = once(tables[name].frame)
        steps[name] += [
            (Text("rows beside the first of a firm-year", "同一企业-年份的多余行"), -repeated),
            (Text("firm-years whose rows differ", "各行数值不一致的企业-年份"), -len(conflicts)),
            (Text("firm-years", "企业-年份"), len(rows)),
        ]
        merged = merged.merge(rows, on=KEYS, how="outer", validate="one_to_one")
        differing.append(conflicts)
    index = pd.MultiIndex.from_frame(pd.concat(differing))
    extra = index.drop_duplicates().difference(pd.MultiIndex.from_frame(merged[KEYS])).to_frame(index=False)
    return (pd.concat([merged, extra], ignore_index=True) if len(extra) else merged), index


def _special(merged: pd.DataFrame, treatment: FirmTable | None, choices: Choices, steps: dict[str, list[tuple[Text, int]]]) -> pd.Series:
    """Special treatment by state of listing, by name, or by the last change announced until the end of the year."""
    starts = tuple(choices.special)
    marked = merged["state"].isin(starts) | merged["name"].fillna("").str.upper().str.startswith(starts)
    if treatment is None or treatment.frame.empty:
        return marked
    dated = treatment.frame.assign(when=pd.to_datetime(treatment.frame["announced"].astype(str), errors="coerce"))
    events = dated.dropna().sort_values("when", kind="stable")
    steps["treatment"].append((Text("without a date or a kind of change", "无日期或变动类型"), len(events) - len(dated)))
    ends = merged[KEYS].assign(when=pd.to_datetime(merged["year"].astype(str) + "-12-31"), row=range(len(merged)))
    last = pd.merge_asof(ends.sort_values("when", kind="stable"), events, on="when", by="firm").set_index("row")["change"]
    return marked | last.sort_index().str[-1].isin(["B", "D"]).set_axis(merged.index)


def _drop(merged: pd.DataFrame, differing: pd.MultiIndex, choices: Choices) -> tuple[pd.DataFrame, pd.DataFrame]:
    first, last = choices.years
    statements = merged[STATEMENTS]
    reasons = [
        (Text(f"outside {first}–{last}", f"不在{first}—{last}年"), ~merged["year"].between(first, last)),
        (Text("B share", "B股"), merged["firm"].str.startswith(choices.b_shares)),
        (Text("two reports that differ", "同年报表数值不一致"), pd.MultiIndex.from_frame(merged[KEYS]).isin(differing)),
        (
            Text("no industry or province of the year", "缺当年行业或省份信息"),
            merged[["industry", "province"]].isna().any(axis=1),
        ),
        (Text("financial", "金融业"), merged["industry"].fillna("").str.startswith(choices.financial)),
        (Text("special treatment (ST, *ST)", "特别处理（ST、*ST）"), merged["special"]),
        (Text("equity negative or zero", "净资产非正"), merged["equity"] <= 0),
        (Text("statement incomplete, or no revenue", "报表项目缺失或无营业收入"), statements.isna().any(axis=1) | (merged["revenue"] <= 0)),
        (Text("no R&D spending", "无研发投入"), ~(merged["rd"] > 0)),
        (Text("no R&D grant", "无研发补助"), ~(merged["rd_grants"] > 0)),
    ]
    rows: list[dict[str, object]] = []
    left = merged
    for reason, rule in reasons:
        left = _counted(left, np.asarray(rule)[left.index], reason, rows)
    short = left.groupby("firm")["year"].transform("size") < choices.least_years
    fewer = Text(f"fewer than {choices.least_years} years left", f"剩余年份少于{choices.least_years}年")
    left = _counted(left, short.to_numpy(), fewer, rows)
    start = _line(Text("in any table", "任一表中出现"), 0, 0, merged)
    return left.drop(columns=["special", "state"]).reset_index(drop=True), pd.DataFrame([start, *rows])


def _counted(frame: pd.DataFrame, out: np.ndarray, reason: Text, rows: list[dict[str, object]]) -> pd.DataFrame:
    left = frame[~out]
    gone = set(frame["firm"]) - set(left["firm"])
    rows.append(_line(reason, int(out.sum()), len(gone), left))
    return left


def _line(reason: Text, rows: int, firms: int, left: pd.DataFrame) -> dict[str, object]:
    return {"reason": reason, "rows": rows, "firms": firms, "left": len(left), "firms_left": left["firm"].nunique()}


def _fits(frame: pd.DataFrame, rule: Rule) -> pd.Series:
    """Firms that fit the rule in at least half of their years, in all of their years."""
    if rule.firms:
        return frame["firm"].isin(rule.firms)
    fits = pd.Series(True, index=frame.index)
    if rule.industries:
        fits &= frame["industry"].str.startswith(rule.industries)
    if rule.words:
        fits &= _has(frame["business"], rule.words)
    return fits.groupby(frame["firm"]).transform("mean") >= 0.5

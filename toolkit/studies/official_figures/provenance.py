"""Where the provincial figures come from: one quantity in two publications, and the repairs that are declared.

What is compared and repaired stands in toolkit/registry (tables.yaml, corrections.yaml); nothing is decided here.
"""

from __future__ import annotations

import pandas as pd

from toolkit import glossary
from toolkit.data import compared_publications, repaired_cells
from toolkit.data.provinces import short_chinese
from toolkit.language import Head, Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.record import Statement, statement
from toolkit.registry import registry

PERSONNEL = "ind_rd_fte"
THOUSAND = 1e3  # person-years in 1,000 person-years


def publications() -> TableExhibit:
    """Every quantity that two publications give for provinces: cells that both have, and how far they lie apart."""
    found = compared_publications("provincial_panel")
    rows = [
        {
            "variable": result.id,
            "compared": result.compared,
            "equal": result.equal,
            "largest": max(abs(result.smallest), abs(result.largest)),
            "deviations": result.deviations,
            "joined": result.joined,
        }
        for result in found
    ]
    known, declared = registry().variables, registry().tables["provincial_panel"].agreements
    cases = [(known[a.id].short, d) for a in declared for d in a.deviations]
    outside = Text(
        "; ".join(f"{name.en}, {d.entity} {d.time}: {d.gap:+.2f}" for name, d in cases),
        "；".join(f"{d.time}年{short_chinese(d.entity)}{name.zh}：{d.gap:+.2f}" for name, d in cases),
    )
    return frame_table(
        marked(pd.DataFrame(rows)),
        {
            "variable": glossary.VARIABLE,
            "compared": Text("Cells in both", "两者都有的单元格"),
            "equal": Text("Equal to the last digit", "逐位相同"),
            "largest": Text("Largest gap (units)", "最大差距（按单位）"),
            "deviations": Text("Declared exceptions", "声明的例外"),
            "joined": Text("Cells from the other alone", "仅另一出版物有"),
        },
        digits={"largest": 4},
        title=Text("One quantity, two publications", "同一指标，两种出版物"),
        notes=[
            Text(
                "The publication with more cells takes the plain name, at equal length the one in the finer unit; cells that it lacks come "
                f"from the other. Gaps are those of rounding, checked at every build; the exceptions are {outside.en}.",
                f"单元格较多的出版物使用原名，数量相同时取单位较细者；其缺少的单元格取自另一出版物。差距均为舍入所致，每次构建都核对；例外为{outside.zh}。",
            )
        ],
    )


def repaired() -> pd.DataFrame:
    """The cells that a declared repair changes, nil aside: columns repair, kind, entity, time, variable, before, after."""
    cells = repaired_cells("provincial_panel")
    return cells[cells["kind"] != "nil"].reset_index(drop=True)


def personnel_repaired(panel: Panel, cells: pd.DataFrame) -> FigureExhibit:
    """Industrial R&D personnel of the provinces with a repair: as listed, and as it stands in the table."""
    own = cells[cells["variable"] == PERSONNEL]
    listed_values = own.set_index(["entity", "time"])["before"]
    frame = panel.frame.loc[panel.frame[panel.entity].isin(own["entity"]), [panel.entity, panel.time, PERSONNEL]]
    frame = frame.set_axis(["province", "year", "repaired"], axis=1)
    frame["listed"] = listed_values.reindex(pd.MultiIndex.from_frame(frame[["province", "year"]])).to_numpy()
    frame["listed"] = frame["listed"].fillna(frame["repaired"]) / THOUSAND
    frame["repaired"] /= THOUSAND
    first = int(panel.frame.dropna(subset=[PERSONNEL])[panel.time].min())
    last = int(panel.frame.dropna(subset=[PERSONNEL])[panel.time].max())
    return small_multiples(
        frame[frame["year"].between(first, last)].melt(["province", "year"], ["listed", "repaired"], var_name="line", value_name="people"),
        "year",
        "people",
        "province",
        group="line",
        names={
            "listed": Text("as listed", "来源原值"),
            "repaired": Text("as repaired", "更正后"),
            **{name: _place(name) for name in own["entity"]},
        },
        vertical="free",
        columns=2,
        y_label=Text("Industrial R&D personnel (1,000 person-years)", "规上工业R&D人员（千人年）"),
        title=Text("Industrial R&D personnel before and after the declared repairs", "规上工业R&D人员：更正前后"),
        notes=Text(
            "Where the two lines coincide the listing stands; an open end or gap is a cell set to missing.",
            "两线重合处沿用来源原值；缺口为设为缺失的单元格。",
        ),
    )


def repairs_table(cells: pd.DataFrame) -> TableExhibit:
    """Every repaired cell with the figure before and after."""
    kinds = {
        "correction": Text("one cell", "单个单元格"),
        "exchange": Text("two provinces exchanged", "两省互换"),
        "identity": Text("from its total", "由合计推得"),
    }
    rows = cells.assign(kind=cells["kind"].map(kinds), entity=cells["entity"])
    return frame_table(
        marked(rows[["variable", "entity", "time", "kind", "before", "after"]]),
        {
            "variable": glossary.VARIABLE,
            "entity": glossary.PROVINCE,
            "time": Head(glossary.YEAR, "year"),
            "kind": Text("Repair", "更正方式"),
            "before": Text("As published", "来源原值"),
            "after": Text("In the table", "表中数值"),
        },
        digits=0,
        title=Text("Declared repairs", "声明的更正"),
    )


def repair_finding(cells: pd.DataFrame, panel: Panel) -> Statement:
    """What was wrong with the listing of industrial R&D personnel, and how it shows."""
    swapped = cells[cells["kind"] == "exchange"]
    shifted = cells[(cells["kind"] == "correction") & cells["after"].notna()]
    whole = panel.frame.set_index([panel.entity, panel.time])["rd_fte"]
    beyond = [(e, t) for e, t, before in swapped[["entity", "time", "before"]].itertuples(index=False) if before > whole[e, t]]
    compared = {result.id: result for result in compared_publications("provincial_panel")}[PERSONNEL]
    return statement(
        "measurement_repairs",
        Text(
            "The listing of industrial R&D personnel has {first} and {second} in each other's place in all {years} years: in {beyond} of "
            "them the figure listed for {second} exceeds the R&D personnel of all its performers. {late} shows the value of the year after "
            "in {shifted} years. Repaired, the listing equals the yearbook in all {compared} cells that both give.",
            "规上工业R&D人员的来源在全部{years}年中把{first}与{second}互相错位：其中{beyond}年，列在{second}名下的数值超过了该省全部执行部门的"
            "R&D人员。{late}有{shifted}年填的是次年的数值。更正后，与年鉴都有的{compared}个单元格完全一致。",
        ),
        first=_place(swapped["entity"].iloc[0]),
        second=_place(swapped["entity"].iloc[-1]),
        years=int(swapped["time"].nunique()),
        beyond=len(beyond),
        late=_place(shifted["entity"].iloc[0]),
        shifted=len(shifted),
        compared=compared.compared,
    )


def _place(name: object) -> Text:
    return Text(str(name), short_chinese(str(name)))

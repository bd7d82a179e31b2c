"""Every mechanism of the five papers with its place, or with the series that would settle it."""

from __future__ import annotations

import pandas as pd

from toolkit.language import Text
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.registry.mechanisms import mechanisms

_WORDS = {
    "shown": Text("shown", "已展示"),
    "in part": Text("in part", "部分展示"),
    "open": Text("open", "待补"),
    "must": Text("central", "核心"),
    "should": Text("supporting", "重要"),
    "could": Text("marginal", "次要"),
}


def places() -> TableExhibit:
    """One row for each mechanism."""
    rows = [
        {
            "id": Text(m.id, m.id),
            "name": m.name,
            "priority": m.priority,
            "standing": m.standing,
            "exhibits": Text(", ".join(m.exhibits), "、".join(m.exhibits)) if m.exhibits else None,
            "needs": m.needs if m.needs.en else None,
        }
        for m in mechanisms().values()
    ]
    return frame_table(
        pd.DataFrame(rows),
        {
            "id": Text("Key", "编号"),
            "name": Text("Mechanism", "机制"),
            "priority": Text("Weight", "重要性"),
            "standing": Text("Standing", "状态"),
            "exhibits": Text("Exhibits", "图表"),
            "needs": Text("What would settle the rest", "尚需的数据"),
        },
        names=_WORDS,
        title=Text("The mechanisms of the five papers and their places", "五篇论文的机制及其所在图表"),
        notes=[
            Text(
                "The number in front of an exhibit is that of its notebook. In part: an exhibit shows some of it, and the series named "
                "would settle the rest. Open: no exhibit yet.",
                "图表名前的数字为笔记本编号。部分展示：已有图表，其余尚需所列数据。待补：尚无图表。",
            )
        ],
    )


def finding() -> Statement:
    """How many are shown, in part or open, and how many of those that must be."""
    known = list(mechanisms().values())
    count = {word: sum(m.standing == word for m in known) for word in ("shown", "in part", "open")}
    must = [m for m in known if m.priority == "must"]
    return statement(
        "mechanisms",
        Text(
            "Of {total} mechanisms {shown} are shown, {part} in part and {open} are open; of the {must} central ones {must_open} are open.",
            "{total}项机制中，{shown}项已展示，{part}项部分展示，{open}项待补；其中{must}项核心机制待补{must_open}项。",
        ),
        total=len(known),
        shown=count["shown"],
        part=count["in part"],
        open=count["open"],
        must=len(must),
        must_open=sum(m.standing == "open" for m in must),
    )

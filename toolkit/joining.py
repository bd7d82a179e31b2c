"""Two panels beside each other, with the names of what found no partner on either side."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.errors import MergeMismatch, PanelError
from toolkit.language import Name, Note, Text, note
from toolkit.periods import shown_time

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.panel import Panel

_SHOWN = 8
_JOINED = Text("Joined {columns}: {matched} of {rows} rows found a partner.", "合并{columns}：{rows}行中有{matched}行匹配成功。")
_WITHOUT = Text("Without a partner here: {names}.", "本表中未匹配的个体：{names}。")
_UNUSED = Text("Not used of the other panel: {names}.", "另一张表中未使用的个体：{names}。")
_TIMES = Text(
    "Rows without a partner of entities that both have: {here} here, {there} in the other ({examples}).",
    "两表共有个体中未匹配的行：本表{here}行，另一表{there}行（{examples}）。",
)
_NEAR = Text("{name} (nearest: {near})", "{name}（相近：{near}）")


def join(left: Panel, right: Panel) -> Panel:
    """``left`` with the columns of ``right`` beside its rows; see :meth:`toolkit.panel.Panel.join`."""
    import pandas as pd

    if left.calendar_step != right.calendar_step:
        raise PanelError(
            f"one panel goes by {left.calendar_step}, the other by {right.calendar_step}",
            where=f"{left.name or 'the panel'} and {right.name or 'the other'}",
            remedy="bring both to one step first",
        )
    shared = [name for name in right.columns if name in left.frame.columns]
    if shared:
        raise PanelError(
            f"both panels have {', '.join(shared)}",
            remedy=f"rename first: other.frame.rename(columns={{{shared[0]!r}: {shared[0] + '_2'!r}}})",
        )
    mine, theirs = _keys(left), _keys(right)
    matched = mine.isin(theirs)
    if not matched.any():
        here, there = (", ".join(map(str, dict.fromkeys(p.frame[p.entity]))) for p in (left, right))
        raise MergeMismatch(
            "no row of either panel has a partner",
            where=f"{left.entity}: {here[:120]}; {right.entity}: {there[:120]}",
            remedy="bring the names to one spelling (read_panel does so for provinces, cities and codes of firms), and compare the years",
        )
    values = right.frame[list(right.columns)].set_axis(theirs).reindex(mine)
    frame = pd.concat([left.frame, values.set_axis(left.frame.index)], axis=1)
    origin = left.origin if left.origin == right.origin else "own"
    return replace(
        left,
        frame=frame,
        origin=origin,
        notes=(*left.notes, *_said(left, right, matched, ~theirs.isin(mine))),
        labels={**right.labels, **left.labels},
        units={**right.units, **left.units},
    )


def _keys(panel: Panel) -> pd.MultiIndex:
    import pandas as pd

    return pd.MultiIndex.from_arrays([panel.frame[panel.entity].astype(object).to_numpy(), panel.calendar])


def _said(left: Panel, right: Panel, matched: object, unused: object) -> list[Note]:
    """How many rows matched, and by name what did not."""
    import numpy as np

    here, there = ~np.asarray(matched), np.asarray(unused)
    mine, theirs = set(left.frame[left.entity]), set(right.frame[right.entity])
    columns = tuple(map(Name, right.columns))
    notes = [note("joined", _JOINED, columns=columns, matched=int((~here).sum()), rows=len(left))]
    alone, unused_names = sorted(mine - theirs, key=str), sorted(theirs - mine, key=str)
    if alone:
        notes.append(note("join_left", _WITHOUT, names=_listed(_guess(str(name), unused_names) for name in alone)))
    if unused_names:
        notes.append(note("join_right", _UNUSED, names=_listed(map(str, unused_names))))
    shared = mine & theirs
    rows = [(p, lost & p.frame[p.entity].isin(shared).to_numpy()) for p, lost in ((left, here), (right, there))]
    if any(lost.any() for _, lost in rows):
        examples = [
            f"{name} {shown_time(int(when), p.calendar_step)}"
            for p, lost in rows
            for name, when in zip(p.frame[p.entity][lost], p.calendar[lost], strict=True)
        ]
        counts = [int(lost.sum()) for _, lost in rows]
        notes.append(note("join_times", _TIMES, here=counts[0], there=counts[1], examples=_listed(examples)))
    return notes


def _guess(name: str, others: Iterable[object]) -> Note | str:
    near = difflib.get_close_matches(name, [str(other) for other in others], n=1, cutoff=0.5)
    return note("near", _NEAR, name=name, near=near[0]) if near else name


def _listed(names: Iterable[object]) -> tuple[object, ...]:
    found = list(names)
    return (*found[:_SHOWN], f"… ({len(found)})") if len(found) > _SHOWN else tuple(found)

"""What was done to the file of a panel, in five lines at most: each note under what it is about."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.language import Language, Note, Text, get_language

_LONGEST = 400  # characters of a line; the notes themselves are complete
_TOPICS = (
    (
        Text("File", "文件"),
        "encoding delimiter sheet web_page disguised unprotected macros external_links volumes member from_index calendar csmar_rows",
    ),
    (
        Text("Not read", "未读入"),
        "lines_above lines_below header_repeated second_line row_numbers totals_left_out same_rows",
    ),
    (
        Text("Header and units", "表头与单位"),
        "line_breaks spaced_names two_rows wind_long made_long year_of_title long_units wind_units header_units table_unit titles "
        "variable_labels",
    ),
    (
        Text("Names and times", "名称与时间"),
        "years parts provinces_named cities_named firms_named dissolved former_units unknown_names totals_kept "
        "entity_na joined join_left join_right join_times",
    ),
)
_CELLS = Text("Cells", "单元格")


def in_five_lines(notes: Sequence[Note], language: Language | None = None) -> tuple[str, ...]:
    """The notes under four topics, and all others as notes about cells.

    Examples
    --------
    >>> from toolkit.language import note
    >>> in_five_lines([note("encoding", Text("The file is in GBK.", "")), note("thousands", Text("x: 3 separators.", ""))], "en")
    ('File: The file is in GBK.', 'Cells: x: 3 separators.')
    """
    tongue = language or get_language()
    topic_of = {key: topic for topic, keys in _TOPICS for key in keys.split()}
    found: dict[Text, list[str]] = {topic: [] for topic in (*(topic for topic, _ in _TOPICS), _CELLS)}
    for each in notes:
        found[topic_of.get(each.key, _CELLS)].append(each.to(tongue))
    colon, between = (": ", " ") if tongue == "en" else ("：", "")
    lines = (f"{topic.to(tongue)}{colon}{between.join(said)}" for topic, said in found.items() if said)
    return tuple(line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…" for line in lines)

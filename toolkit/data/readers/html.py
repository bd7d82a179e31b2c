"""Tables of a web page, which many platforms save under the name of a workbook."""

from __future__ import annotations

from html.parser import HTMLParser

from toolkit.data.readers.workbook import Sheet

_BREAKS = ("br", "p", "div")
_UNSEEN = ("script", "style", "head")
_WIDEST = 1000  # columns or rows that one cell may span


class _Tables(HTMLParser):
    """Collects the cells of the outermost tables; nothing of the page is carried out or fetched."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self.merged: list[dict[tuple[int, int], str]] = []
        self._cell: list[str] | None = None
        self._span = (1, 1)
        self._depth = self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self.tables.append([])
                self.merged.append({})
        elif tag in _UNSEEN:
            self._unseen += 1
        elif self._depth == 1 and tag == "tr":
            self._close()
            self.tables[-1].append([])
        elif self._depth == 1 and tag in ("td", "th"):
            self._close()
            spans = {name: int(value) for name, value in attrs if name in ("colspan", "rowspan") and value and value.isdigit()}
            self._span = (min(spans.get("rowspan", 1), _WIDEST), min(spans.get("colspan", 1), _WIDEST))
            self._cell = []
        elif tag in _BREAKS and self._cell:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and self._depth:
            self._close()
            self._depth -= 1
        elif tag in _UNSEEN and self._unseen:
            self._unseen -= 1
        elif self._depth == 1 and tag in ("td", "th", "tr"):
            self._close()

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._unseen:
            self._cell.append(" ".join(data.split()) if "\n" in data or "\r" in data else data)

    def _close(self) -> None:
        """Put the cell that is open into its row, to the right of what cells above reach down into."""
        if self._cell is None:
            return
        text, self._cell = "".join(self._cell).strip(), None
        table, merged = self.tables[-1], self.merged[-1]
        if not table:
            table.append([])
        row, at = table[-1], len(table) - 1
        while (at, len(row)) in merged:
            row.append("")
        left = len(row)
        for down in range(self._span[0]):
            for right in range(self._span[1]):
                merged[at + down, left + right] = text
        merged.pop((at, left))
        row += [text, *[""] * (self._span[1] - 1)]


def html_sheets(text: str) -> list[Sheet]:
    """Each table of the page as a sheet, named by its number.

    Examples
    --------
    >>> html_sheets("<table><tr><td rowspan=2>a</td><td>b</td></tr><tr><td>c</td></tr></table>")[0].rows
    [['a', 'b'], ['', 'c']]
    """
    parser = _Tables()
    parser.feed(text)
    parser.close()
    return [Sheet(f"table {i}", rows, merged) for i, (rows, merged) in enumerate(zip(parser.tables, parser.merged, strict=True), 1) if rows]

"""Tables as LaTeX: booktabs rules and threeparttable notes."""

from __future__ import annotations

import re

from toolkit.present.tables.table import BOTTOM_PT, HEAD_PT, TOP_PT, Cell, Row, Table

# fmt: off
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta", "ι": "iota",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "ς": "varsigma", "τ": "tau",
    "υ": "upsilon", "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda",
    "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}
# fmt: on
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "`": r"\textasciigrave{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$|$",
    '"': r"\textquotedbl{}",
    "−": "$-$",
    "—": "---",
    "–": "--",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "∞": r"$\infty$",
    "√": r"$\surd$",
    "‰": r"\textperthousand{}",
    **{letter: rf"$\{name}$" for letter, name in _GREEK.items()},
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "±": r"$\pm$",
    "⁻": r"\textsuperscript{$-$}",
    **{raised: rf"\textsuperscript{{{digit}}}" for digit, raised in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    **{lowered: rf"\textsubscript{{{digit}}}" for digit, lowered in enumerate("₀₁₂₃₄₅₆₇₈₉")},
}
_TABLE_OF_ESCAPES = str.maketrans({**_ESCAPES, "\0": "{}"})  # a group without content keeps two hyphens from becoming a dash
WIDE_COLUMNS = 8


def to_latex(table: Table) -> str:
    """A ``table`` environment with booktabs rules of 1.5, 0.75 and 1.5 pt and the notes in a threeparttable.

    LaTeX numbers its tables itself, so the caption has no number. A table that is wider than the page is made smaller (package
    adjustbox); more than eight columns are set sideways (package rotating).
    Chinese needs the package ctex and XeLaTeX or LuaLaTeX; as a comment on top states.

    Examples
    --------
    >>> row = Row((Cell("R&D_share", "label"), Cell("0.1", stars="**")))
    >>> print(to_latex(Table("A", (row,), (row,))).splitlines()[10])
    R\\&D\\_share & 0.1\\rlap{$^{**}$} \\\\
    """
    environment = "sidewaystable" if table.width > WIDE_COLUMNS else "table"
    packages = ["adjustbox", "booktabs", "threeparttable"]
    packages += ["rotating"] if environment == "sidewaystable" else []
    packages += ["ctex (compile with XeLaTeX or LuaLaTeX)"] if _has_chinese(table) else []
    numbers = "r" if table.align == "right" else "c"
    lines = [
        f"% packages: {', '.join(packages)}",
        rf"\begin{{{environment}}}[htbp]",
        r"\centering" + (r"\small" if table.width > WIDE_COLUMNS else ""),
        r"\begin{adjustbox}{max width=\linewidth}",
        r"\begin{threeparttable}",
        rf"\caption{{{escape(table.title)}}}",
        rf"\begin{{tabular}}{{l{numbers * (table.width - 1)}}}",
        rf"\toprule[{TOP_PT}pt]",
        *(line for row in table.header for line in _header_lines(row)),
        rf"\midrule[{HEAD_PT}pt]",
        *(line for row in table.body for line in _body_lines(row)),
        rf"\bottomrule[{BOTTOM_PT}pt]",
        r"\end{tabular}",
    ]
    if table.notes:
        notes = [escape(note) for note in table.notes]
        lines += [r"\begin{tablenotes}[flushleft]\footnotesize", rf"\item {escape(table.note_head)}{notes[0]}"]
        lines += [rf"\item {note}" for note in notes[1:]]
        lines.append(r"\end{tablenotes}")
    return "\n".join([*lines, r"\end{threeparttable}", r"\end{adjustbox}", rf"\end{{{environment}}}"]) + "\n"


def escape(text: str) -> str:
    """``text`` with every character that LaTeX reads as a command written out.

    Examples
    --------
    >>> print(escape("50% of R&D_x < 1"))
    50\\% of R\\&D\\_x $<$ 1
    """
    return re.sub(r"(?<=-)-|(?<=[?!])`", lambda found: "\0" + found.group(), text).translate(_TABLE_OF_ESCAPES)


def _header_lines(row: Row) -> list[str]:
    lines, rules, column = [_joined(row)], [], 1
    for cell in row.cells:
        if cell.span > 1 and cell.text:
            rules.append(rf"\cmidrule(lr){{{column}-{column + cell.span - 1}}}")
        column += cell.span
    return [*lines, " ".join(rules)] if rules else lines


def _body_lines(row: Row) -> list[str]:
    return [r"\addlinespace", _joined(row)] if row.gap else [_joined(row)]


def _joined(row: Row) -> str:
    return " & ".join(_cell(cell) for cell in row.cells) + r" \\"


def _cell(cell: Cell) -> str:
    text = escape(cell.text)
    if text.startswith(("[", "*")):
        text = "{" + text + "}"
    if cell.stars:
        text += rf"\rlap{{$^{{{cell.stars}}}$}}"
    if cell.kind == "group":
        text = rf"\textbf{{{text}}}"
    if cell.span > 1:
        text = rf"\multicolumn{{{cell.span}}}{{{'c' if cell.kind == 'number' else 'l'}}}{{{text}}}"
    return text


def _has_chinese(table: Table) -> bool:
    texts = [table.title, *table.notes, *(cell.text for row in (*table.header, *table.body) for cell in row.cells)]
    return any("\u3000" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef" for text in texts for character in text)

"""A formula as text becomes a tree: tokens, then recursive descent. Parsed, never evaluated."""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from itertools import combinations, product
from math import prod
from typing import Literal, NoReturn

from toolkit.errors import FormulaError
from toolkit.estimate.formula.terms import (
    FUNCTIONS,
    Arithmetic,
    Category,
    Column,
    Difference,
    Factor,
    Lag,
    Negative,
    Number,
    Parentheses,
    Term,
    Transform,
    Value,
)

Kind = Literal["name", "quoted", "number", "string", "operator", "end"]

_PATTERN = re.compile(
    r"""(?P<space>\s+)
      | (?P<quoted>`[^`]*`)
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<name>[^\W\d]\w*)
      | (?P<string>"[^"]*"|'[^']*')
      | (?P<operator>\*\*|[~|+\-*/^:,()\[\]=])""",
    re.VERBOSE,
)
_FULL_WIDTH = dict(zip("～｜＋－—＊×／：，（）［］【】＾＝“”", '~|+--*:/:,()[][]^=""', strict=True))


@dataclass(frozen=True)
class Token:
    """One piece of a formula: its kind, its text, and where it starts."""

    kind: Kind
    text: str
    start: int


def _syntax_error(formula: str, position: int, what: str, remedy: str) -> FormulaError:
    """A FormulaError whose ``where`` shows the formula with a caret under ``position`` (wide characters count two)."""
    one_line = re.sub(r"\s", " ", formula)
    width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in one_line[:position])
    return FormulaError(what, where=f"character {position + 1}\n    {one_line}\n    {' ' * width}^", remedy=remedy)


def _tokenize(formula: str) -> tuple[Token, ...]:
    """The tokens of ``formula``; the last one is of kind "end". ``**`` is another spelling of ``^``.

    Raises
    ------
    FormulaError
        At the first character that belongs to no token, at an attribute (``a.b``) and at a name with double underscores.

    Examples
    --------
    >>> [t.text for t in _tokenize("y ~ log(研发强度)")]
    ['y', '~', 'log', '(', '研发强度', ')', '']
    """
    tokens: list[Token] = []
    position = 0
    while position < len(formula):
        match = _PATTERN.match(formula, position)
        if match is None:
            raise _unreadable(formula, position)
        kind, text = match.lastgroup, match.group()
        if kind == "name" and text.startswith("__"):
            raise _syntax_error(
                formula, position, f"{text!r} is not a name of a column", "use names of columns; a formula is never evaluated"
            )
        if kind == "quoted":
            text = text[1:-1]
            if not text.strip():
                raise _syntax_error(formula, position, "there is no name between the backticks", "write `name of a column`")
        if text == "**":
            text = "^"  # both spellings of a power; what is printed has one
        if kind != "space":
            tokens.append(Token(kind, text, position))  # type: ignore[arg-type]
        position = match.end()
    return (*tokens, Token("end", "", len(formula)))


def _unreadable(formula: str, position: int) -> FormulaError:
    character = formula[position]
    if character == "`":
        return _syntax_error(formula, position, "the backtick is never closed", "close the name with a second backtick")
    if character in "\"'":
        return _syntax_error(formula, position, "the quotation mark is never closed", "close the text with the same mark")
    if character in _FULL_WIDTH:
        return _syntax_error(formula, position, f"{character!r} is full-width punctuation", f"type {_FULL_WIDTH[character]!r}")
    if character == ".":
        return _syntax_error(
            formula, position, "attributes cannot be used in a formula", "write a column whose name holds a dot in backticks: `a.b`"
        )
    return _syntax_error(
        formula, position, f"{character!r} cannot stand in a formula", "write odd column names in backticks: `R&D intensity`"
    )


_KNOWN = (*FUNCTIONS, "I", "L", "F", "D", "C")
_ALIASES = {"lag": "L", "l": "L", "lead": "F", "f": "F", "diff": "D", "d": "D", "delta": "D", "ln": "log", "i": "C", "factor": "C"}
_MANY = 50
_MOST = 2000  # terms of one product


class Parser:
    """A cursor over the tokens of one formula; each method reads one rule of the grammar.

    Examples
    --------
    >>> [t.text for t in Parser("log(x) + L(x, 1:2)").terms()[0]]
    ['log(x)', 'L(x, 1)', 'L(x, 2)']
    """

    def __init__(self, formula: str) -> None:
        self.formula = formula
        self.tokens = _tokenize(formula)
        self.index = 0

    # --- the cursor ---------------------------------------------------------------------------------

    @property
    def next(self) -> Token:
        """The token under the cursor."""
        return self.tokens[self.index]

    def sees(self, text: str) -> bool:
        """Whether the next token is the operator ``text``."""
        return self.next.kind == "operator" and self.next.text == text

    def take(self) -> Token:
        """Read one token."""
        token = self.next
        self.index = min(self.index + 1, len(self.tokens) - 1)
        return token

    def accept(self, text: str) -> bool:
        """Read the operator ``text`` if it is next."""
        if self.sees(text):
            self.take()
            return True
        return False

    def expect(self, text: str, remedy: str) -> Token:
        """Read the operator ``text`` or say that it is missing here."""
        if not self.sees(text):
            self.fail(f"{text!r} is expected here{self._instead()}", remedy)
        return self.take()

    def fail(self, what: str, remedy: str, token: Token | None = None) -> NoReturn:
        """Raise FormulaError at ``token`` (default: the next one)."""
        raise _syntax_error(self.formula, (token or self.next).start, what, remedy)

    def _instead(self) -> str:
        return ", not the end of the formula" if self.next.kind == "end" else f", not {self.next.text!r}"

    # --- the right-hand side ---------------------------------------------------------------------

    def terms(self) -> tuple[tuple[Term, ...], bool]:
        """``a + b:c + d*e - 1``: the terms, each once and in the order written, and whether there is an intercept."""
        found: dict[str, Term] = {}
        intercept, sign = True, "+"
        if self.sees("-") or self.sees("+"):
            sign = self.take().text
        while True:
            start = self.next
            if start.kind == "number" and start.text in ("0", "1"):
                self.take()
                intercept = (start.text == "1") == (sign == "+")
            elif sign == "-":
                self.fail("only the intercept can be taken away (- 1)", "leave the term out instead")
            else:
                for term in self.crossed():
                    found.setdefault(term.text, term)
            if not (self.sees("+") or self.sees("-")):
                return tuple(found.values()), intercept
            sign = self.take().text

    def crossed(self) -> list[Term]:
        """``a*b``: the parts and all their interactions, lower orders first."""
        parts = [self.interacted()]
        while self.accept("*"):
            parts.append(self.interacted())
        self._few(prod(1 + len(part) for part in parts))
        terms = []
        for order in range(1, len(parts) + 1):
            for chosen in combinations(parts, order):
                terms += [Term(tuple(f for term in pick for f in term.factors)) for pick in product(*chosen)]
        return terms

    def interacted(self) -> list[Term]:
        """``a:b``: one product; a range of lags gives one product per lag."""
        lists = [self.factor()]
        while self.accept(":"):
            lists.append(self.factor())
        self._few(prod(map(len, lists)))
        return [Term(pick) for pick in product(*lists)]

    def _few(self, count: int) -> None:
        if count > _MOST:
            self.fail(f"this makes more than {_MOST:,} terms", "write the interactions that you need, a:b")

    def factor(self) -> list[Factor]:
        """A value, a category, a power, or a range of lags."""
        if self.next.kind == "name" and self.next.text == "C" and self._calls():
            return [self.category()]
        if self.next.kind == "name" and self.next.text in ("L", "F") and self._calls():
            values: list[Value] = self.lags()
        else:
            values = [self.atom()]
        if self.accept("^"):
            power = self.number("a power outside I(...) is a number", "write x^2, or I(...) for other arithmetic")
            return [Arithmetic("^", value, power) for value in values]
        if self.sees("/"):
            self.fail("arithmetic needs I(...)", "write I(a / b)")
        return list(values)

    # --- values -----------------------------------------------------------------------------------

    def value(self) -> Value:
        """One value that is neither a category nor a range: the outcome, the argument of a function."""
        if self.next.kind == "name" and self.next.text == "C" and self._calls():
            self.fail("a category cannot stand here", "use C(...) as a term of its own")
        found = self.atom()
        if self.accept("^"):
            found = Arithmetic("^", found, self.number("a power is a number", "write x^2"))
        if self.next.kind == "operator" and self.next.text in "+-*/" and not self._ends_value():
            self.fail("arithmetic needs I(...)", "write for example log(I(a / b))")
        return found

    def number(self, what: str, remedy: str) -> Number:
        """A number, or what to say where there is none."""
        token = self.take()
        if token.kind != "number":
            self.fail(what, remedy, token)
        return Number(float(token.text))

    def _ends_value(self) -> bool:
        depth = sum((t.text == "(") - (t.text == ")") for t in self.tokens[: self.index] if t.kind == "operator")
        return depth == 0

    def atom(self) -> Value:
        """A column, or a function of a value."""
        token = self.take()
        if token.kind == "quoted":
            return Column(token.text)
        if token.kind == "name":
            return self.call(token) if self.sees("(") else Column(token.text)
        if token.kind == "string":
            self.fail("a text cannot stand here", "write column names without quotation marks, or in backticks", token)
        if token.text == "(":
            self.fail("parentheses are for functions only", "write the terms out, and arithmetic inside I(...)", token)
        shown = "the formula ends" if token.kind == "end" else f"{token.text!r} stands"
        self.fail(f"{shown} where a column or a function is expected", "write a name of a column, log(x), L(x, 1), C(g), ...", token)

    def call(self, function: Token) -> Value:
        """``log(x)``, ``I(a / b)``, ``L(x, 1)``, ``D(x)``; anything else is refused."""
        if function.text in ("L", "F"):
            self.index -= 1
            found = self.lags()
            if len(found) > 1:
                self.fail("a range of lags cannot be used inside a function", "write the lags as separate terms", function)
            return found[0]
        if function.text == "C":
            self.fail("a category cannot stand here", "use C(...) as a term of its own", function)
        if function.text not in _KNOWN:
            near = _ALIASES.get(function.text) or next(iter(difflib.get_close_matches(function.text, _KNOWN, 1)), "")
            hint = f"did you mean {near}(...)? " if near else ""
            self.fail(f"{function.text!r} is not a function of formulas", f"{hint}known: {', '.join(_KNOWN)}", function)
        self.expect("(", "open the parenthesis")
        if function.text == "I":
            inner: Value = Parentheses(self.sum())
        elif function.text == "D":
            argument = self.value()
            inner = Difference(argument, self.steps() if self.accept(",") else 1)
        else:
            inner = Transform(function.text, self.value())  # type: ignore[arg-type]
        self.expect(")", f"close {function.text}(...)")
        return inner

    def lags(self) -> list[Value]:
        """``L(x)``, ``L(x, 2)``, ``L(x, 0:3)`` and the same with F."""
        function = self.take()
        self.expect("(", "open the parenthesis")
        argument = self.value()
        first = last = 1
        if self.accept(","):
            start = self.next
            first = last = self.steps(least=0)
            if self.accept(":"):
                last = self.steps(least=0)
            if not first <= last <= first + _MANY:
                self.fail(f"{first}:{last} is no range of lags", "write the smaller number first, as in L(x, 1:3)", start)
        self.expect(")", f"close {function.text}(...)")
        sign = 1 if function.text == "L" else -1
        return [Lag(argument, sign * p) if p else argument for p in range(first, last + 1)]

    def steps(self, least: int = 1) -> int:
        """A whole number of periods."""
        token = self.take()
        if token.kind != "number" or not token.text.isdigit() or int(token.text) < least:
            self.fail("the number of periods is a whole number", "write L(x, 1) for the past, F(x, 1) for the future", token)
        return int(token.text)

    def category(self) -> Category:
        """``C(g)`` or ``C(g, ref="East")``."""
        self.take()
        self.expect("(", "open the parenthesis")
        name = self.name("the column of a category")
        reference: str | float | None = None
        if self.accept(","):
            if self.next.text == "ref":
                self.take()
            self.expect("=", 'write C(g, ref="East")')
            token = self.take()
            if token.text == "-" and self.next.kind == "number":
                reference = -float(self.take().text)
            elif token.kind == "number":
                reference = float(token.text)
            elif token.kind == "string":
                reference = token.text[1:-1]
            else:
                self.fail("the reference level is a text in quotation marks or a number", 'write C(g, ref="East")', token)
        self.expect(")", "close C(...)")
        return Category(name, reference)

    def name(self, what: str) -> str:
        """The name of one column."""
        token = self.take()
        if token.kind not in ("name", "quoted") or self.sees("("):
            self.fail(f"{what} must be a name of a column", "write the name as it is, or in backticks", token)
        return token.text

    def _calls(self) -> bool:
        following = self.tokens[min(self.index + 1, len(self.tokens) - 1)]
        return following.kind == "operator" and following.text == "("

    # --- arithmetic inside I(...) ---------------------------------------------------------------------

    def sum(self) -> Value:
        """``a + b - c``."""
        found = self.product()
        while self.sees("+") or self.sees("-"):
            operator = self.take().text
            found = Arithmetic(operator, found, self.product())  # type: ignore[arg-type]
        return found

    def product(self) -> Value:
        """``a * b / c``."""
        found = self.signed()
        while self.sees("*") or self.sees("/"):
            operator = self.take().text
            found = Arithmetic(operator, found, self.signed())  # type: ignore[arg-type]
        return found

    def signed(self) -> Value:
        """``-a`` or ``a``; the power binds tighter than the sign."""
        return Negative(self.signed()) if self.accept("-") else self.power()

    def power(self) -> Value:
        """``a^b``, from right to left."""
        base = self.operand()
        return Arithmetic("^", base, self.signed()) if self.accept("^") else base

    def operand(self) -> Value:
        """A number, a parenthesis, or a value."""
        if self.next.kind == "number":
            return Number(float(self.take().text))
        if self.accept("("):
            found = Parentheses(self.sum(), "")
            self.expect(")", "close the parenthesis")
            return found
        return self.atom()

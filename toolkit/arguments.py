"""argparse in two languages: help, its own sentences, and errors that name the nearest verb and all of them."""

from __future__ import annotations

import argparse
from difflib import get_close_matches
from typing import Any, ClassVar, NoReturn

from toolkit.language import Text, get_language

WORDS = {
    "usage: ": "用法：",
    "positional arguments": "参数",
    "options": "选项",
    "show this help message and exit": "显示本说明",
    "the following arguments are required: %s": "缺少参数：%s",
    "argument %(argument_name)s: %(message)s": "参数%(argument_name)s：%(message)s",
    "unrecognized arguments: %s": "无法识别的参数：%s",
    "invalid choice: %(value)r (choose from %(choices)s)": "%(value)r不在可选项之内（可选：%(choices)s）",
    "expected one argument": "其后须有一个值",
    "expected at most one argument": "其后至多有一个值",
    "expected at least one argument": "其后至少有一个值",
    "%(prog)s: error: %(message)s\n": "%(prog)s：错误：%(message)s\n",
}
"""What argparse itself says, in Chinese; a sentence that is not here stays English."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors end with the names of all verbs, and which knows the nearest one to a slip of the hand."""

    verbs: ClassVar[tuple[str, ...]] = ()

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and end."""
        verbs = Text("verbs: ", "全部命令：").to() + ", ".join(Parser.verbs)
        super().error(f"{message}\n{verbs}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse what is no choice; a wrong verb is named with the nearest one."""
        if action.dest != "verb" or value in Parser.verbs:
            super()._check_value(action, value)
            return
        near = get_close_matches(value, Parser.verbs, 1)
        wrong = Text("there is no verb {name!r}", "没有{name!r}这一命令").filled(name=value).to()
        meant = Text("; did you mean {near}?", "；是否为{near}？").filled(near=near[0]).to() if near else ""
        raise argparse.ArgumentError(None, wrong + meant)


def of_argparse(sentence: str) -> str:
    """A sentence of argparse in the current language."""
    return WORDS.get(sentence, sentence) if get_language() == "zh" else sentence


setattr(argparse, "_", of_argparse)  # noqa: B010 - argparse looks its sentences up under this name and offers no other way


def add(parser: argparse.ArgumentParser, name: str, en: str, zh: str, **settings: Any) -> None:
    """Add an argument with its help in the current language."""
    parser.add_argument(name, help=Text(en, zh).to(), **settings)


def positive(text: str) -> int:
    """A whole number from 1; argparse shows what else it is."""
    if not text.isascii() or not text.isdigit():
        wrong = Text("{text!r} is no whole number; write for example 2", "{text!r}不是整数；写法如2")
        raise argparse.ArgumentTypeError(wrong.filled(text=text).to())
    if int(text) < 1:
        raise argparse.ArgumentTypeError(Text("must be at least 1", "至少为1").to())
    return int(text)

"""Reading an expression: from text to a tree, by Python's own parser, which runs nothing."""

import ast
import re
import warnings

from processors.expressions.errors import ExpressionError

MAX_LENGTH = 2_000

_HINTS = (
    (r"&&?", "write `and`"),
    (r"\|\|?", "write `or`"),
    (r"!(?!=)", "write `not`"),
    (r"<>", "write `!=`"),
    (r"(?<![=<>!:])=(?!=)", "two values are compared by `==`"),
    (r"\b(?:AND|OR|NOT|IN|IS)\b", "write it in small letters"),
    (r"\b\d+[a-z]+", "a number has no unit, and days are plain numbers"),
)
_QUOTED = re.compile(r"\"[^\"]*\"?|'[^']*'?")


def read(text: str) -> ast.expr:
    """The tree of an expression, which may go over several lines.

    Raises:
        ExpressionError: if it is none, with what other languages write and this one does not.
    """
    if not text.strip():
        raise ExpressionError("the expression is empty", text, 0)
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"it is longer than {MAX_LENGTH} characters", text, MAX_LENGTH)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(_on_one_line(text), mode="eval").body
    except SyntaxError as error:
        raise _told(text, error) from None
    except (ValueError, RecursionError, MemoryError):
        raise ExpressionError("it is nested too deeply", text, 0) from None


def place(text: str, node: ast.expr) -> int:
    """Where in the text a node of its tree begins, from 0."""
    line = _on_one_line(text)
    return _indent(text) + len(line.encode()[: node.col_offset].decode())


def _on_one_line(text: str) -> str:
    return re.sub(r"\s", " ", text).lstrip()


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _told(text: str, error: SyntaxError) -> ExpressionError:
    # What is quoted may well have what looks like another language's.
    plain = _QUOTED.sub(lambda found: " " * len(found[0]), text)
    for pattern, hint in _HINTS:
        if found := re.search(pattern, plain):
            return ExpressionError(f"{found[0]} is not understood: {hint}", text, found.start())
    if not error.offset:
        return ExpressionError("something is missing at the end", text, len(text.rstrip()))
    said = error.msg.removeprefix("invalid syntax. ")
    if said == "invalid syntax":
        said = "this is not expected here"
    return ExpressionError(said, text, _indent(text) + error.offset - 1)

"""What operators make of two values of which one may be unknown: no comparison holds, and no calculation is known."""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from processors.expressions.words import Value

_NUMBERS = (int, float)


def _known(compare: Callable[[Any, Any], bool]) -> Callable[[Value, Any], bool]:
    def holds(left: Value, right: Any) -> bool:
        return left is not None and right is not None and compare(left, right)

    return holds


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Value, Value], bool]:
    def holds(left: Value, right: Value) -> bool:
        # A trait may be text for one customer, and a number for another.
        return isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS) and compare(left, right)

    return holds


def _calculated(calculate: Callable[[Any, Any], float]) -> Callable[[Value, Value], Value]:
    def result(left: Value, right: Value) -> Value:
        if not isinstance(left, _NUMBERS) or not isinstance(right, _NUMBERS):
            return None
        try:
            return calculate(left, right)
        except (ZeroDivisionError, OverflowError):
            return None

    return result


def _within(part: Value, whole: Any) -> bool:
    # Text within text, or a value among others.
    return (isinstance(part, str) or not isinstance(whole, str)) and part in whole


def _is_within(part: Value, whole: Any) -> bool:
    return isinstance(whole, frozenset | str) and part is not None and _within(part, whole)


def _is_not_within(part: Value, whole: Any) -> bool:
    return isinstance(whole, frozenset | str) and part is not None and not _within(part, whole)


def _negative(value: Value) -> Value:
    return -value if isinstance(value, _NUMBERS) else None


OPERATORS: Mapping[type[ast.AST], Callable[..., Value]] = {
    ast.Eq: _known(operator.eq),
    ast.NotEq: _known(operator.ne),
    ast.Lt: _ordered(operator.lt),
    ast.LtE: _ordered(operator.le),
    ast.Gt: _ordered(operator.gt),
    ast.GtE: _ordered(operator.ge),
    ast.In: _is_within,
    ast.NotIn: _is_not_within,
    ast.Is: lambda value, _: value is None,
    ast.IsNot: lambda value, _: value is not None,
    ast.Add: _calculated(operator.add),
    ast.Sub: _calculated(operator.sub),
    ast.Mult: _calculated(operator.mul),
    ast.Div: _calculated(operator.truediv),
    ast.USub: _negative,
}

TURNED: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
"""The comparison that holds where another does not, as long as both values are known."""

IN_WORDS: Mapping[type[ast.AST], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/",
    ast.USub: "-",
}  # fmt: skip

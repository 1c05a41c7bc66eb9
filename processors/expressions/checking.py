"""Checking an expression: every name is known, types fit, and nothing is in it but what the language has.

The tree that comes out has its words in place of names, and `not` only where it says which comparison is meant.
"""

import ast
from typing import Any, Generic, NoReturn, TypeVar

from processors.expressions.errors import ExpressionError
from processors.expressions.operators import IN_WORDS, OPERATORS, TURNED
from processors.expressions.reading import place
from processors.expressions.words import Type, Vocabulary, Word, close_to

V = TypeVar("V")
_LITERALS = {"true": True, "false": False, "none": None}
_FOREIGN = {
    ast.Call: "nothing can be called",
    ast.IfExp: "there is no if: use and, or, not",
    ast.Lambda: "there are no functions",
    ast.NamedExpr: "nothing can be assigned",
    ast.JoinedStr: "text has no place for values",
    ast.Starred: "there is no *",
    ast.List: "a list stands after in alone",
    ast.Tuple: "a list stands after in alone",
    ast.Set: "a list stands after in alone",
}


class Named(ast.expr):
    """A word of the vocabulary, where the text has its name."""

    def __init__(self, name: str, word: Word[Any]) -> None:
        super().__init__()
        self.name, self.word = name, word


class Compared(ast.expr):
    """A comparison of a word with a value that the text says: most are, and in one piece they cost a third."""

    def __init__(self, word: Word[Any], operator: type[ast.cmpop], value: object) -> None:
        super().__init__()
        self.take, self.holds, self.value = word.take, OPERATORS[operator], value


def _compared(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.expr:
    if isinstance(left, Named) and isinstance(right, ast.Constant):
        return Compared(left.word, type(operator), right.value)
    return ast.Compare(left, [operator], [right])


class Checking(Generic[V]):
    """Checks one expression. `words` are those that it turns out to use, by name."""

    def __init__(self, text: str, vocabulary: Vocabulary[V]) -> None:
        self._text, self._vocabulary = text, vocabulary
        self.words: dict[str, Word[V]] = {}

    def truth(self, node: ast.expr, negated: bool = False) -> ast.expr:
        """What is true or false, or its negation; raises `ExpressionError` where that is no such thing."""
        if isinstance(node, ast.BoolOp):
            values = [self.truth(value, negated) for value in node.values]
            return ast.BoolOp(ast.And() if isinstance(node.op, ast.And) is not negated else ast.Or(), values)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.truth(node.operand, not negated)
        if isinstance(node, ast.Compare):
            return self._comparison(node, negated)
        value, type_ = self._value(node)
        if isinstance(value, ast.Constant) and type_ is Type.TRUTH:
            return ast.Constant(value.value is not negated)
        if type_ not in (Type.TRUTH, Type.ANY):
            self._refuse(f"this is {type_.value}, where something true or false is needed: compare it", node)
        return _compared(value, ast.Eq(), ast.Constant(not negated))

    def _comparison(self, node: ast.Compare, negated: bool) -> ast.expr:
        pairs, left = [], node.left
        for op, right in zip(node.ops, node.comparators, strict=True):
            turned = TURNED[type(op)]() if negated else op
            pairs.append(self._pair(left, op, turned, right))
            left = right
        return pairs[0] if len(pairs) == 1 else ast.BoolOp(ast.Or() if negated else ast.And(), pairs)

    def _pair(self, first: ast.expr, op: ast.cmpop, turned: ast.cmpop, second: ast.expr) -> ast.expr:
        left, its = self._value(first)
        if isinstance(op, ast.Is | ast.IsNot):
            if not isinstance(left, Named) or not _is_none(second):
                self._refuse("is asks whether something is known: write NAME is none, or NAME is not none", first)
            return _compared(left, turned, ast.Constant(None))
        if isinstance(op, ast.In | ast.NotIn) and isinstance(second, ast.List | ast.Tuple | ast.Set):
            return _compared(left, turned, self._list(first, left, its, second))
        right, others = self._value(second)
        if isinstance(op, ast.In | ast.NotIn):
            for type_, side in ((its, first), (others, second)):
                self._need(type_, Type.TEXT, "in looks for text in text, or in a list", side)
        elif isinstance(op, ast.Eq | ast.NotEq):
            self._alike(first, left, its, second, right, others)
        else:
            for type_, side in ((its, first), (others, second)):
                self._need(type_, Type.NUMBER, f"{IN_WORDS[type(op)]} compares numbers", side)
        return _compared(left, turned, right)

    def _list(self, first: ast.expr, left: ast.expr, its: Type, second: ast.List | ast.Tuple | ast.Set) -> ast.expr:
        values = []
        for item in second.elts:
            value, type_ = self._value(item)
            if not isinstance(value, ast.Constant):
                self._refuse("a list has numbers or text only", item)
            self._alike(first, left, its, item, value, type_)
            values.append(value.value)
        return ast.Constant(frozenset(values))  # type: ignore[arg-type]

    def _value(self, node: ast.expr) -> tuple[ast.expr, Type]:
        if isinstance(node, ast.Constant):
            return node, self._type_of(node)
        if isinstance(node, ast.Name) and node.id in _LITERALS:
            found = ast.copy_location(ast.Constant(_LITERALS[node.id]), node)
            return found, self._type_of(found)
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            return self._word(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return ast.UnaryOp(ast.USub(), self._number(node.operand, node.op)), Type.NUMBER
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div):
            left, right = self._number(node.left, node.op), self._number(node.right, node.op)
            return ast.BinOp(left, node.op, right), Type.NUMBER
        if isinstance(node, ast.BoolOp | ast.Compare) or (
            isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        ):
            self._refuse("a comparison is no value: put and or or between comparisons", node)
        self._refuse(_FOREIGN.get(type(node), "this is more than an expression can have"), node)

    def _number(self, node: ast.expr, op: ast.operator | ast.unaryop) -> ast.expr:
        value, type_ = self._value(node)
        self._need(type_, Type.NUMBER, f"{IN_WORDS[type(op)]} calculates with numbers", node)
        return value

    def _word(self, node: ast.expr) -> tuple[ast.expr, Type]:
        name = _spelled(node)
        if name is None:
            self._refuse("this is no name: write one as traits.plan, or traits['the plan']", node)
        word = self._vocabulary.find(name)
        if word is None:
            self._refuse(self._vocabulary.unknown(name), node)
        self.words[name] = word
        return Named(name, word), word.type

    def _type_of(self, node: ast.Constant) -> Type:
        if isinstance(node.value, bool):
            return Type.TRUTH
        if isinstance(node.value, int | float):
            return Type.NUMBER
        if isinstance(node.value, str):
            return Type.TEXT
        if node.value is None:
            self._refuse("nothing equals none: write NAME is none", node)
        self._refuse("this is neither a number nor text", node)

    def _alike(
        self, first: ast.expr, left: ast.expr, its: Type, second: ast.expr, right: ast.expr, others: Type
    ) -> None:
        """Two values that may be equal: of one type, and a text that the word can be."""
        if Type.ANY not in (its, others) and its is not others:
            self._refuse(f"this is {others.value}, and is compared with {its.value}", second)
        for word, value, where in ((left, right, second), (right, left, first)):
            if isinstance(word, Named) and word.word.among and isinstance(value, ast.Constant):
                among = word.word.among
                if value.value not in among:
                    close = close_to(str(value.value), among)
                    hint = f"did you mean {close!r}?" if close else f"it is one of {', '.join(among)}"
                    self._refuse(f"{word.name} is never {value.value!r}: {hint}", where)

    def _need(self, type_: Type, needed: Type, why: str, node: ast.expr) -> None:
        if type_ not in (needed, Type.ANY):
            self._refuse(f"{why}, and this is {type_.value}", node)

    def _refuse(self, message: str, node: ast.expr) -> NoReturn:
        raise ExpressionError(message, self._text, place(self._text, node))


def _is_none(node: ast.expr) -> bool:
    return (isinstance(node, ast.Constant) and node.value is None) or (isinstance(node, ast.Name) and node.id == "none")


def _spelled(node: ast.expr) -> str | None:
    """A name with dots; the last part may be given in brackets, for those that are no plain words."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := _spelled(node.value)):
        return f"{before}.{node.attr}"
    if isinstance(node, ast.Subscript) and (before := _spelled(node.value)):
        key = node.slice
        return f"{before}.{key.value}" if isinstance(key, ast.Constant) and isinstance(key.value, str) else None
    return None

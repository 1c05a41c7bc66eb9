"""Expressions that users write: `churn_risk > 0.7 and count.purchase >= 3`.

Comparisons, arithmetic, `and`, `or`, `not` and `in`, as Python spells them; nothing can be called, and no name is known
but the words of a vocabulary. Names and types are checked when an expression is read, so that a mistake is told at the
start, with its place in the text; simpleeval evaluates what has passed.

A value may be unknown: a trait that nobody told, the churn risk of a customer who is gone. Then no comparison with it
holds, and neither does its negation (Kleene, 1938); `rating is none` asks. So `not` is moved inwards when an expression
is read (De Morgan), until it turns a comparison round.
"""

import ast
from typing import Generic, TypeVar

from simpleeval import SimpleEval

from processors.expressions.checking import Checking, Compared, Named
from processors.expressions.errors import ExpressionError
from processors.expressions.operators import OPERATORS
from processors.expressions.reading import read
from processors.expressions.words import Type, Value, Vocabulary, Word

__all__ = ["Expression", "ExpressionError", "Type", "Value", "Vocabulary", "Word", "compile"]

V = TypeVar("V")


class Expression(Generic[V]):
    """An expression that has passed: its `text`, and the `words` that it uses, by name. One thread may ask it."""

    def __init__(self, text: str, tree: ast.expr, words: dict[str, Word[V]]) -> None:
        self.text, self.words = text, words
        self._tree = tree
        self._evaluator = SimpleEval(operators=OPERATORS, functions={}, names={})
        self._evaluator.nodes[Named] = self._take
        self._evaluator.nodes[Compared] = self._compare
        self._asked: V

    def holds(self, asked: V) -> bool:
        """Whether it is true of what is asked about. Only the words that decide are taken."""
        self._asked = asked
        return bool(self._evaluator.eval(self.text, self._tree))

    def _take(self, node: Named) -> Value:
        return node.word.take(self._asked)

    def _compare(self, node: Compared) -> Value:
        return node.holds(node.take(self._asked), node.value)


def compile(text: str, vocabulary: Vocabulary[V]) -> Expression[V]:
    """Read and check an expression that is true or false.

    Raises:
        ExpressionError: with what is wrong, where, and what would be right.
    """
    checking = Checking(text, vocabulary)
    try:
        tree = checking.truth(read(text))
    except RecursionError:
        raise ExpressionError("it is nested too deeply", text, 0) from None
    return Expression(text, tree, checking.words)

"""Scorers: a model as it is served, frozen, quick, and able to say which input did what.

Each gives log-odds (or the logarithm of a count), what the average customer has of them, and what every input adds to
that. The three always agree: the average and the contributions sum to the score.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import gt, mul, sub
from typing import Any, NamedTuple, Protocol, Self

from processors.learning.inputs import HABIT, INPUTS, log_odds
from processors.learning.recursive import RecursiveLogistic
from processors.learning.scale import FAR, Scale

_LIMIT = 500.0


class Inputs(NamedTuple):
    """What a scorer is asked about, in the order of `INPUTS`: the values as they are, and within the `Bounds`."""

    values: Sequence[float]
    bounded: Sequence[float]


@dataclass(frozen=True)
class Bounds:
    """How far straight lines are drawn: an input below `lowest` or above `highest` counts as these."""

    lowest: Sequence[float]
    highest: Sequence[float]

    @classmethod
    def of(cls, scale: Scale) -> Self:
        """`FAR` standard deviations to both sides of the means."""
        far = FAR * scale.deviations
        return cls((scale.means - far).tolist(), (scale.means + far).tolist())

    def __call__(self, values: Sequence[float]) -> Inputs:
        """The inputs with these values: bounded once for all linear models that are asked about them."""
        if not any(map(gt, self.lowest, values)) and not any(map(gt, values, self.highest)):
            return Inputs(values, values)
        bounded = [
            low if value < low else high if value > high else value
            for value, low, high in zip(values, self.lowest, self.highest, strict=True)
        ]
        return Inputs(values, bounded)


class Scorer(Protocol):
    """A model as it is served."""

    @property
    def average(self) -> float:
        """The score of the average customer."""
        ...

    def contributions(self, inputs: Inputs) -> list[float]:
        """What each input adds to the average."""
        ...

    def __call__(self, inputs: Inputs) -> float:
        """The score: log-odds, or the logarithm of what is expected."""
        ...


@dataclass(frozen=True)
class Linear:
    """A linear model of scaled inputs, unrolled into weights of the raw ones: every customer of every batch is scored.

    Its inputs are bounded; `average` is the score at the `means`.
    """

    means: Sequence[float]
    weights: Sequence[float]
    average: float

    @classmethod
    def of(cls, scale: Scale, weights: Mapping[str, float], average: float) -> Self:
        """From the weights of scaled inputs; those of which nothing was learned have none."""
        means, deviations = scale.means, scale.deviations
        return cls(
            means=means.tolist(),
            weights=[weights.get(name, 0.0) / spread for name, spread in zip(INPUTS, deviations.tolist(), strict=True)],
            average=average,
        )

    @cached_property
    def origin(self) -> float:
        """The score where all inputs are 0, were it within the bounds."""
        return self.average - float(sum(map(mul, self.weights, self.means)))

    def contributions(self, inputs: Inputs) -> list[float]:
        """Weight times distance from the mean."""
        return list(map(mul, self.weights, map(sub, inputs.bounded, self.means)))

    def __call__(self, inputs: Inputs) -> float:
        """The linear score, within what `exp` can take."""
        score = self.origin + sum(map(mul, self.weights, inputs.bounded))
        return _LIMIT if score > _LIMIT else -_LIMIT if score < -_LIMIT else score


@dataclass(frozen=True)
class Node:
    """A split (`at_most` goes left, the rest right), or a leaf, which has no input."""

    score: float
    input: int = -1
    threshold: float = 0.0
    left: int = 0
    right: int = 0


@dataclass(frozen=True)
class Tree:
    """A decision tree as a list of nodes, the root first. An input's contribution is what the score changed by at its
    splits on the way down."""

    nodes: Sequence[Node]

    @classmethod
    def of_river(cls, tree: Any) -> Self:
        """From a Hoeffding tree that splits on numbers and predicts by majority."""
        nodes = list[Node]()

        def add(branch: Any) -> int:
            place = len(nodes)
            no, yes = (float(branch.stats.get(label, 0.0)) for label in (False, True))
            score = log_odds(yes / (yes + no) if yes + no else 0.5)
            nodes.append(Node(score))
            if hasattr(branch, "threshold"):
                left, right = (add(child) for child in branch.children)
                nodes[place] = Node(score, INPUTS.index(branch.feature), float(branch.threshold), left, right)
            return place

        if tree._root is None:
            nodes.append(Node(0.0))
        else:
            add(tree._root)
        return cls(nodes)

    @property
    def average(self) -> float:
        """The score at the root."""
        return self.nodes[0].score

    def contributions(self, inputs: Inputs) -> list[float]:
        """By input, in steps down from the root."""
        values, parts, node = inputs.values, [0.0] * len(INPUTS), self.nodes[0]
        while node.input >= 0:
            child = self.nodes[node.left if values[node.input] <= node.threshold else node.right]
            parts[node.input] += child.score - node.score
            node = child
        return parts

    def __call__(self, inputs: Inputs) -> float:
        """The score of the leaf."""
        values, node = inputs.values, self.nodes[0]
        while node.input >= 0:
            node = self.nodes[node.left if values[node.input] <= node.threshold else node.right]
        return node.score


class HabitAlone:
    """What the habit says, and nothing else. No average of it is known, so reasons are counted from an even chance."""

    average = 0.0

    def contributions(self, inputs: Inputs) -> list[float]:
        """All of it is the habit's."""
        return [value if place == HABIT else 0.0 for place, value in enumerate(inputs.values)]

    def __call__(self, inputs: Inputs) -> float:
        """The input itself: it is in log-odds already."""
        return inputs.values[HABIT]


@dataclass(frozen=True)
class Calibrated:
    """Another scorer's log-odds, stretched and shifted until they mean what they say (Platt, 1999)."""

    scorer: Scorer
    stretch: float = 1.0
    shift: float = 0.0

    @classmethod
    def by(cls, calibration: RecursiveLogistic, scorer: Scorer) -> Self:
        """As a regression of what happened on the score has it; before its first outcome scores stay as they are."""
        return cls(scorer, float(calibration.weights[0]), calibration.intercept) if calibration.count else cls(scorer)

    @property
    def average(self) -> float:
        """Stretched and shifted."""
        return self.stretch * self.scorer.average + self.shift

    def contributions(self, inputs: Inputs) -> list[float]:
        """Stretched."""
        return [self.stretch * part for part in self.scorer.contributions(inputs)]

    def __call__(self, inputs: Inputs) -> float:
        """Stretched and shifted."""
        return self.stretch * self.scorer(inputs) + self.shift

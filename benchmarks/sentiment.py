"""Sentiment learned online beside a batch model, on texts that people rated, in four languages.

    python -m benchmarks.sentiment

Of each set four fifths are learned from and one fifth is judged, shuffled three times. Ebbflow sees each text once, by
its hashed tokens. The batch model is scikit-learn's: TF-IDF of words and pairs of them (characters in Chinese), and a
logistic regression whose strength is chosen by cross-validation. `pip install -e '.[benchmarks]'` brings it.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from random import Random
from statistics import fmean
from typing import NamedTuple

import typer
from rich.table import Table
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegressionCV
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from benchmarks.corpora import Rated, corpora
from benchmarks.machine import calibrate, cpu
from benchmarks.results import Finding, report
from processors.sentiment.learner import SentimentLearner
from processors.sentiment.serving import ServedSentiment
from processors.sentiment.tokens import tokens

_LEARNED_SHARE = 0.8
_STRENGTHS = (1.0, 10.0, 30.0)
_PRAISE, _COMPLAINT = 1.0, 0.0
_LOOK_EVERY = 5
_SPEAKS = "speaks after"
_UNSPACED = ("Chinese",)


class Split(NamedTuple):
    """What is learned from, in that order, and what is judged."""

    learned: Sequence[Rated]
    judged: Sequence[Rated]


def split(texts: Sequence[Rated], seed: int, most: int) -> Split:
    """At most so many of the texts, shuffled."""
    shuffled = list(texts)
    Random(seed).shuffle(shuffled)
    shuffled = shuffled[:most]
    cut = int(_LEARNED_SHARE * len(shuffled))
    return Split(shuffled[:cut], shuffled[cut:])


class Learned(NamedTuple):
    """What is served after some texts; how often it was right on the last half of them, before it learned them; and
    after how many it first had something to say."""

    served: ServedSentiment
    prequential: float
    speaks: int


def learn(texts: Sequence[Rated]) -> Learned:
    """Learn from texts, once each."""
    learner, right, half, speaks = SentimentLearner(), 0, len(texts) // 2, None
    for place, (text, praise) in enumerate(texts):
        if speaks is None and place % _LOOK_EVERY == 0 and learner.warm:
            speaks = place
        found = tokens(text)
        if place >= half:
            right += (learner.expects(found) > 0.0) == praise
        learner.learn(found, _PRAISE if praise else _COMPLAINT)
    served = learner.serve()
    assert served is not None, "it does not know enough"
    return Learned(served, right / (len(texts) - half), speaks or len(texts))


def judge(served: ServedSentiment, texts: Sequence[Rated]) -> dict[str, float]:
    """Accuracy over all texts, the share that takes a side, and the accuracy of these."""
    heard = [(served.hear(text), praise) for text, praise in texts]
    sided = [(each.label == "positive") == praise for each, praise in heard if each.label in ("positive", "negative")]
    return {
        "accuracy": fmean((each.score > 0.0) == praise for each, praise in heard),
        "sided": len(sided) / len(heard),
        "sided accuracy": fmean(sided),
    }


def batch(name: str, parts: Split) -> float:
    """The accuracy of scikit-learn's model."""
    words = not name.startswith(_UNSPACED)
    model = make_pipeline(
        TfidfVectorizer(analyzer="word" if words else "char", ngram_range=(1, 2), sublinear_tf=True),
        LogisticRegressionCV(
            Cs=_STRENGTHS, l1_ratios=(0.0,), cv=3, max_iter=1_000, use_legacy_attributes=False, scoring="accuracy"
        ),
    )
    texts, praise = zip(*parts.learned, strict=True)
    model.fit(texts, praise)
    return float(model.score(*zip(*parts.judged, strict=True)))


def main(seeds: int = 3, most: int = 6_000) -> None:
    """Compare on all sets, each by itself and all in one stream, and print the table."""
    before, sets = calibrate(), corpora()
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in sets}
    ours = theirs = 0.0
    for seed in range(1, seeds + 1):
        parts = {name: split(texts, seed, most) for name, texts in sets.items()}
        mixed = list(chain.from_iterable(part.learned for part in parts.values()))
        Random(seed).shuffle(mixed)
        together = learn(mixed).served
        for name, part in parts.items():
            found = dict[str, float]()
            ours += cpu(lambda part=part, found=found: found.update(_online(part)))
            with threadpool_limits(1):
                theirs += cpu(lambda name=name, part=part, found=found: found.update(batch=batch(name, part)))
            figures[name].append(found | {"together": judge(together, part.judged)["accuracy"]})
    means = {name: {key: fmean(each[key] for each in found) for key in found[0]} for name, found in figures.items()}
    _report(sets, means, most, [f"CPU seconds: online {ours:.1f}, batch {theirs:.1f}"], (before + calibrate()) / 2)


def _online(part: Split) -> dict[str, float]:
    learned = learn(part.learned)
    found = judge(learned.served, part.judged)
    return {"prequential": learned.prequential, _SPEAKS: float(learned.speaks), **found}


def _report(
    sets: Mapping[str, Sequence[Rated]],
    means: Mapping[str, Mapping[str, float]],
    most: int,
    notes: Sequence[str],
    calibration: float,
) -> None:
    headings = {
        "batch": "batch",
        "accuracy": "online",
        "prequential": "online, on the way",
        "together": "online, four languages in one",
        "sided": "takes a side",
        "sided accuracy": "right then",
    }
    table = Table("reviews", "texts", *headings.values(), _SPEAKS, title="Accuracy", title_style="")
    findings = []
    for name, found in means.items():
        figures = (f"{found[key]:.4f}" for key in headings)
        table.add_row(name, f"{min(most, len(sets[name])):,}", *figures, f"{found[_SPEAKS]:.0f}")
        findings += [Finding(name, metric, found[metric], "") for metric in headings]
        findings.append(Finding(name, _SPEAKS, found[_SPEAKS], "texts"))
    report("sentiment", table, findings, calibration, notes)


if __name__ == "__main__":
    typer.run(main)

"""How customers sound: unknown until enough is known, then right, in each language that was learned."""

import pickle
from random import Random

import pytest

from processors.sentiment.learner import WARM_AFTER, SentimentLearner
from processors.sentiment.serving import ServedSentiment
from processors.sentiment.tokens import tokens
from processors.sentiment.words import Words
from tests.unit.sentiment.voices import said

PRAISE, MIXED, COMPLAINT = 1.0, 0.5, 0.0


def taught(count: int, language: str = "both", seed: int = 1) -> SentimentLearner:
    learner = SentimentLearner()
    for text, praise in said(count, seed, language):
        learner.learn(tokens(text), PRAISE if praise else COMPLAINT)
    return learner


def test_unknown_until_enough_of_both_kinds_were_seen() -> None:
    learner = SentimentLearner()
    for text, praise in said(300):
        assert learner.warm == (learner.serve() is not None)
        if min(learner.positive, learner.negative) < WARM_AFTER:
            assert not learner.warm
        learner.learn(tokens(text), PRAISE if praise else COMPLAINT)
    assert learner.warm


def test_praise_alone_teaches_nothing_about_complaints() -> None:
    learner = SentimentLearner()
    for text, praise in said(1_000):
        if praise:
            learner.learn(tokens(text), PRAISE)
    assert learner.serve() is None


def test_mixed_feelings_teach_nothing() -> None:
    learner = SentimentLearner()
    for text, _ in said(300):
        learner.learn(tokens(text), MIXED)
    assert learner.positive == learner.negative == 0


@pytest.mark.parametrize("seed", range(5))
def test_ratings_that_have_nothing_to_do_with_the_text_teach_nothing(seed: int) -> None:
    learner, rng = SentimentLearner(), Random(seed)
    for text, _ in said(1_000, seed):
        learner.learn(tokens(text), PRAISE if rng.random() < 0.7 else COMPLAINT)
        if learner.positive % 20 == 0:
            assert not learner.warm


@pytest.mark.parametrize("language", ["English", "German"])
def test_a_few_hundred_texts_of_both_languages_are_enough_for_each(language: str) -> None:
    served = taught(400).serve()
    assert served is not None
    heard = [(served.hear(text).label, praise) for text, praise in said(200, 2, language)]
    right = sum(label == ("positive" if praise else "negative") for label, praise in heard)
    assert right >= 190


def test_another_language_is_unknown() -> None:
    served = taught(400, "English").serve()
    assert served is not None
    assert served.hear("Die Lieferung war leider unbrauchbar und die Beratung langsam").label == "unknown"
    assert served.hear("").label == "unknown"
    assert served.hear("这本书非常好看").label == "unknown"


def test_a_text_that_takes_no_side_is_neutral() -> None:
    words = Words()
    for _ in range(50):
        for text, praise in (("good", True), ("bad", False), ("plain", True), ("plain", False)):
            words.learn(tokens(text), praise)
    served = ServedSentiment(words.serve(), stretch=1.0, shift=0.0, base_rate=0.5)
    assert [served.hear(text).label for text in ("good", "plain", "bad", "good but bad")] == [
        "positive",
        "neutral",
        "negative",
        "neutral",
    ]


def test_where_praise_is_common_a_complaint_is_still_heard() -> None:
    """Of ten rated texts nine are praise, but tickets are not as rated texts are."""
    learner, rng = SentimentLearner(), Random(3)
    for text, praise in said(3_000):
        if praise or rng.random() < 0.11:
            learner.learn(tokens(text), PRAISE if praise else COMPLAINT)
    served = learner.serve()
    assert served is not None
    assert served.hear("The delivery was slow and the shop too").label == "negative"
    assert served.hear("The delivery and the shop").label != "positive"


def test_its_record_stands_beside_the_base_rate() -> None:
    record = taught(400).record()
    assert record.accuracy is not None
    assert record.base_accuracy is not None
    assert record.accuracy > 0.8 > 0.7 > record.base_accuracy


def test_the_same_texts_give_the_same_wherever_it_was_put_down() -> None:
    texts = list(said(300))
    whole, parted = SentimentLearner(), SentimentLearner()
    for place, (text, praise) in enumerate(texts):
        for learner in (whole, parted):
            learner.learn(tokens(text), PRAISE if praise else COMPLAINT)
        if place % 70 == 0:
            parted = pickle.loads(pickle.dumps(parted))
    assert [whole.expects(tokens(text)) for text, _ in texts] == [parted.expects(tokens(text)) for text, _ in texts]

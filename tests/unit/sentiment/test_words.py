"""The bag of words: bounded, and it knows what it never met."""

import pickle
from random import Random

from processors.sentiment.tokens import TAG_BITS, tokens
from processors.sentiment.words import BUCKETS, Words

ONE, OTHER = (7 << TAG_BITS) + 1, (7 << TAG_BITS) + 2
"""Two tokens of one bucket."""


def test_a_token_does_not_answer_for_another_of_its_bucket() -> None:
    words = Words()
    for _ in range(20):
        words.learn([ONE], positive=True)
    bag = words.serve()
    score, known = bag.score([ONE])
    assert score > 0.5
    assert known == 1.0
    assert bag.score([OTHER]) == (bag.intercept, 0.0)


def test_a_rare_token_gives_way_to_a_common_one() -> None:
    words = Words()
    words.learn([ONE], positive=True)
    for _ in range(20):
        words.learn([OTHER], positive=False)
    bag = words.serve()
    assert bag.score([OTHER])[0] < -0.5
    assert bag.score([ONE])[1] == 0.0


def test_it_does_not_grow_without_end() -> None:
    words, rng = Words(), Random(1)
    for _ in range(1_500):
        words.learn([rng.randrange(BUCKETS << TAG_BITS) for _ in range(60)], rng.random() < 0.5)
    assert len(pickle.dumps(words)) < 1_000_000
    assert len(pickle.dumps(words.serve())) < 200_000


def test_what_is_served_says_the_same() -> None:
    words = Words()
    for text, positive in [("quick and good", True), ("slow and rude", False)] * 10:
        words.learn(tokens(text), positive)
    for text in ("good", "rude and slow", "quick or slow"):
        assert abs(words.serve().score(tokens(text))[0] - words.score(tokens(text))) < 1e-4

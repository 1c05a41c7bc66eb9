"""How all customers sound, against a plain calculation."""

from statistics import fmean, stdev

import pytest

from processors.decay import DAY
from processors.population.sentiment import SentimentTally
from schemas.judgements import Judgements, Mood
from schemas.policy import Policy
from schemas.profile import Profile
from tests.unit.making import MONDAY

NOW = MONDAY + 200 * DAY


def profile(number: int, mood: Mood | None) -> Profile:
    return Profile(f"customer {number}", judgements=Judgements(mood=mood))


def test_each_customer_counts_once_by_the_last_text_and_by_all_of_them() -> None:
    scores = [0.9, 0.5, -0.4, -1.0, 0.1]
    moods = [
        Mood("positive" if score > 0.3 else "negative" if score < -0.3 else "neutral", NOW - 3 * DAY, 4, 2 * score, 2.0)
        for score in scores
    ]
    tally = SentimentTally(Policy())
    others = [None, Mood("unknown", NOW), Mood("negative", NOW - 91 * DAY, 3, -3.0, 3.0)]
    for number, mood in enumerate([*moods, *others]):
        tally.add(profile(number, mood), NOW)
    told = tally.told(NOW)
    assert told.customers == 6, "who wrote nothing within 90 days is not among them"
    assert told.last == {"positive": 2, "neutral": 1, "negative": 2, "unknown": 1}
    assert told.score == pytest.approx(fmean(scores), abs=1e-4)
    assert told.score_within == pytest.approx(1.959964 * stdev(scores) / len(scores) ** 0.5, abs=1e-3)


def test_of_nobody_nothing_is_said() -> None:
    told = SentimentTally(Policy()).told(NOW)
    assert (told.customers, told.last, told.score) == (0, {}, None)

"""An alert is a change of state: it opens once, holds, closes lower, and rests."""

from processors.episodes import Rule, follow, next_look
from schemas.judgements import Episode

RULE = Rule(opens=0.8, closes=0.5, hold=10.0, cool_down=100.0)


def run(scores: list[tuple[float, float | None]]) -> list[tuple[float, str]]:
    episode, turns = Episode(), []
    for now, score in scores:
        episode, turn = follow(episode, score, RULE, now)
        if turn:
            turns.append((now, turn))
    return turns


def test_opens_only_when_the_score_stays_over_the_threshold() -> None:
    assert run([(1, 0.9), (5, 0.7), (12, 0.9), (21, 0.9)]) == []
    assert run([(1, 0.9), (5, 0.85), (11, 0.9), (12, 0.95)]) == [(11, "opened")]


def test_closes_below_a_lower_threshold_so_that_it_does_not_flap() -> None:
    assert run([(1, 0.9), (11, 0.9), (20, 0.6), (30, 0.85), (40, 0.4)]) == [(11, "opened"), (40, "closed")]


def test_rests_after_closing() -> None:
    scores = [(1, 0.9), (11, 0.9), (20, 0.1), (60, 0.9), (110, 0.9), (121, 0.9), (131, 0.9)]
    assert run(scores) == [(11, "opened"), (20, "closed"), (131, "opened")]


def test_a_customer_without_a_score_closes_what_is_open() -> None:
    assert run([(1, 0.9), (11, 0.9), (30, None)]) == [(11, "opened"), (30, "closed")]


def test_episodes_are_numbered() -> None:
    episode = Episode()
    for now in (1, 11, 20, 200, 210, 220):
        episode, _ = follow(episode, 0.1 if now in (20, 220) else 0.9, RULE, now)
    assert episode.number == 2


def test_says_when_a_held_score_should_be_looked_at_again() -> None:
    held, _ = follow(Episode(), 0.9, RULE, 1)
    assert next_look(held, RULE) == 11
    opened, _ = follow(held, 0.9, RULE, 11)
    assert next_look(opened, RULE) is None

"""What is watched beside the scores turns into alerts that open and close once, and say what they are about."""

import msgspec

from processors.alerts import decide, opening_of
from processors.watched import Watched
from schemas.alert import AlertKind
from schemas.facts import Facts
from schemas.judgements import Episode
from tests.unit.making import POLICY, FixedModels, day

opened: set[str] = set()


def turned(
    level: float | None, episodes: dict[str, Episode], at: float, **facts: object
) -> tuple[dict[str, Episode], list[str]]:
    watched = Watched(
        "segment:vip", AlertKind.SEGMENT_ENTERED, level, "is in vip", "is no longer in vip", "Say hello.", about="vip"
    )
    given = msgspec.structs.replace(Facts(), **facts)
    after, alerts = decide(
        "ada", given, None, [], 0.0, episodes, day(at), FixedModels(), POLICY, watched=[watched]
    )  # fmt: skip
    assert {(each.kind, each.about) for each in alerts} <= {(AlertKind.SEGMENT_ENTERED, "vip")}
    opened.update(each.id for each in alerts if each.state == "opened")
    assert {opening_of(each) for each in alerts} <= opened
    return after, [f"{each.state} {each.episode}: {each.summary}" for each in alerts]


def test_it_opens_and_closes_once() -> None:
    assert turned(0.0, {}, 0) == ({}, [])
    after, alerts = turned(1.0, {}, 1)
    assert alerts == ["opened 1: ada is in vip"]
    assert turned(1.0, after, 2) == (after, [])
    after, alerts = turned(0.0, after, 3)
    assert alerts == ["closed 1: ada is no longer in vip"]
    assert turned(1.0, after, 4)[1] == ["opened 2: ada is in vip"]


def test_who_is_gone_closes_what_is_open() -> None:
    after, _ = turned(1.0, {}, 1)
    assert turned(None, after, 2, moved_to="bob")[1] == ["closed 1: ada is known as bob by now, and this alert ends"]

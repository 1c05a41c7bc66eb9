"""`ebbflow models`, as an operator runs it."""

import json

import pytest
from pydantic import SecretStr
from redis import Redis

from processors.learning.learner import Learner
from schemas.settings import Settings
from streams.store.models import Checkpoint, ModelStore
from tests.integration.outcomes import outcomes
from tests.integration.teaching import asked
from tests.integration.working import ebbflow

pytestmark = pytest.mark.integration


@pytest.fixture
def own(settings: Settings) -> Settings:
    """A world with two versions, of which the first is kept."""
    own = settings.model_copy(update={"model_key": SecretStr("a key for this test")})

    async def publish(store: ModelStore) -> None:
        checkpoint = Checkpoint(Learner(), {})
        for number, each in enumerate(outcomes(250)):
            checkpoint.learn(each)
            checkpoint.learned[0] = number
            if number in (199, 249):
                await store.publish(store.edition(checkpoint))

    asked(own, publish)
    return own


def test_versions_are_listed_and_their_cards_shown(own: Settings) -> None:
    listed = ebbflow(own, "models", "list").stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["version", "2", "1"]
    assert "current" in listed[1]
    assert "250" in listed[1]
    assert "200" in listed[2]
    assert [card["version"] for card in json.loads(ebbflow(own, "models", "list", "--json").stdout)] == [2, 1]
    shown = ebbflow(own, "models", "show", "1").stdout
    for words in (
        "200 outcomes until",
        "all time",
        "minus frequency",
        "base rate",
        "calibration",
        "engagement interval",
    ):
        assert words in shown
    assert json.loads(ebbflow(own, "models", "show", "--json").stdout)["version"] == 2


@pytest.mark.thorough
def test_the_current_version_is_the_one_that_is_served_whatever_else_is_kept(own: Settings) -> None:
    with Redis.from_url(own.redis_url) as redis:
        redis.hset(own.keyspace("model"), "card", '{"of": "another release"}')
    assert "current" not in ebbflow(own, "models", "list").stdout
    shown = ebbflow(own, "models", "show")
    assert (shown.returncode, shown.stdout) == (1, "")
    assert "Of version 2 no card is kept" in shown.stderr
    assert "200 outcomes" in ebbflow(own, "models", "show", "1").stdout


def test_a_rollback_asks_and_makes_a_new_version_of_an_old_one(own: Settings) -> None:
    assert ebbflow(own, "models", "rollback", "1", answer="n\n").returncode == 1
    assert len(ebbflow(own, "models", "list").stdout.splitlines()) == 3
    back = ebbflow(own, "models", "rollback", "1", "--yes")
    assert (back.stdout, back.returncode) == ("Version 3 goes on from where version 1 stood.\n", 0)
    assert "current, back to 1" in ebbflow(own, "models", "list").stdout.splitlines()[1]


def test_what_cannot_be_done_is_said(settings: Settings, own: Settings) -> None:
    unknown = ebbflow(own, "models", "rollback", "7", "--yes")
    assert (unknown.returncode, unknown.stderr) == (
        1,
        "Of version 7 no card is kept; `ebbflow models list` shows those that are.\n",
    )
    other = ebbflow(own.model_copy(update={"model_key": SecretStr("another key")}), "models", "rollback", "1", "--yes")
    assert other.returncode == 1
    assert "EBBFLOW_MODEL_KEY" in other.stderr
    none = ebbflow(own.model_copy(update={"prefix": f"{settings.prefix}-new"}), "models", "show")
    assert none.returncode == 1
    assert "No model yet" in none.stderr

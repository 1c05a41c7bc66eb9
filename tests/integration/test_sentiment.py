"""Sentiment from end to end: texts that come with a rating teach, once each, and tickets without one are heard."""

import os
import signal
from itertools import count
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from processors.sentiment.learner import SentimentLearner
from processors.sentiment.tokens import tokens
from schemas.rated_text import RatedText
from schemas.settings import Settings
from tests.harness import records_of, running_gateway, wait_until
from tests.integration.outcomes import outcomes
from tests.integration.teaching import publish as publish_lessons
from tests.integration.teaching import saved
from tests.integration.test_worker import publish, track
from tests.integration.working import ebbflow, folded, producer_for, profiles_of, running_worker
from tests.unit.sentiment.voices import said

pytestmark = pytest.mark.integration

READER = {"Authorization": "Bearer a-reader"}
COMPLAINT = "Die Lieferung war langsam und die Kanne auch."


@pytest.fixture
def own(settings: Settings) -> Settings:
    return settings.model_copy(
        update={"read_tokens": SecretStr("a-reader"), "model_key": SecretStr("a key for this test")}
    )


def test_rated_texts_teach_and_a_ticket_without_a_rating_is_heard(own: Settings, tmp_path: Path) -> None:
    rated = [
        track(f"customer {number % 20}", number, event="Product Reviewed", rating=5 if praise else 1, text=text)
        for number, (text, praise) in enumerate(said(300))
    ]
    producer = producer_for(own)
    publish(producer, own, *rated)
    with running_worker(own, tmp_path / "worker.log"), running_gateway(own) as url:
        wait_until(lambda: saved(own).learner.sentiment.warm)
        numbers = count(1_000)
        with httpx.Client(base_url=url, trust_env=False, timeout=20, headers=READER) as client:

            def heard() -> bool:
                # The worker takes up a new model within a second; what it had judged before stays unknown.
                publish(producer, own, track("ada", next(numbers), event="Ticket Created", text=COMPLAINT))
                answer = client.get("/v1/customers/ada")
                return answer.status_code == 200 and answer.json()["sentiment"]["last"] == "negative"

            wait_until(heard, every=0.5)
            shown = client.get("/v1/customers/ada").json()["sentiment"]
            assert shown["texts"] >= 1
            assert shown["score"] < -0.3

            def counted() -> bool:
                answer = client.get("/v1/sentiment")
                return answer.status_code == 200 and answer.json()["customers"] == 21

            wait_until(counted)
            assert client.get("/v1/sentiment").json()["last"]["negative"] >= 1
    assert "negative" in ebbflow(own, "profile", "ada").stdout
    assert "heard right" in ebbflow(own, "models", "show").stdout
    learner = saved(own).learner.sentiment
    assert learner.positive + learner.negative == 300, "each once"
    written = b"".join(record.value or b"" for record in records_of(own, "outcomes"))
    assert b"customer" not in written
    assert b"Lieferung" not in written


@pytest.mark.thorough
def test_a_killed_learner_has_learned_each_text_once(own: Settings, tmp_path: Path) -> None:
    alone = own.model_copy(update={"role": "learner"})
    texts = [
        RatedText(id=f"text {number}", tokens=tokens(text), rating=float(praise))
        for number, (text, praise) in enumerate(said(900))
    ]
    learned = SentimentLearner()
    for each in texts:
        learned.learn(each.tokens, each.rating)
    with running_worker(alone, tmp_path / "learner.log", EBBFLOW_BATCH_RECORDS="100") as worker:
        publish_lessons(alone, [*texts[:300], *outcomes(50)])
        wait_until(lambda: saved(alone).learner.sentiment.positive > 0)
        publish_lessons(alone, texts[300:600])
        os.kill(worker.pid, signal.SIGKILL)
    # A worker that crashed after it had published says all of its last step again.
    publish_lessons(alone, texts[400:])
    with running_worker(alone, tmp_path / "learner.log"):
        wait_until(lambda: saved(alone).learned.get(0) == 300 + 50 + 300 + 500 - 1)
    found = saved(alone).learner
    assert (found.sentiment.positive, found.sentiment.negative) == (learned.positive, learned.negative)
    assert found.outcomes == 50
    for text, _ in said(50, 7):
        assert found.sentiment.expects(tokens(text)) == learned.expects(tokens(text))


def test_nothing_is_learned_or_said_where_it_is_turned_off(own: Settings, tmp_path: Path) -> None:
    off = own.model_copy(update={"policy": own.policy.model_copy(update={"without": frozenset({"sentiment"})})})
    reviews = [
        track("ada", number, event="Product Reviewed", rating=5 if praise else 1, text=text)
        for number, (text, praise) in enumerate(said(20))
    ]
    publish(producer_for(off), off, *reviews)
    with running_worker(off, tmp_path / "worker.log"):
        wait_until(lambda: folded(off) == 20)
    assert profiles_of(off)["ada"].judgements.mood is None
    assert not records_of(off, "outcomes")

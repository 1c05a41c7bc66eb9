"""The learner: learns what came due, exactly once, and goes on where its model stands whatever became of it."""

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from redis import Redis

from processors.prescribing import CONTEXT
from schemas.actions import NOTHING, Trial
from schemas.alert import Alert, AlertKind
from schemas.population import ActionsTold
from schemas.settings import Settings
from streams.embedded.stack import free_port
from streams.store.seal import seal_of
from tests.harness import records_of, wait_until
from tests.integration.outcomes import knowledge, outcomes, taught
from tests.integration.teaching import asked, flip, publish, saved
from tests.integration.working import producer_for, running_worker

pytestmark = pytest.mark.integration

BRISK = {"EBBFLOW_BATCH_RECORDS": "300", "EBBFLOW_CHECKPOINT_EVERY": "200ms"}


@pytest.fixture
def own(settings: Settings) -> Settings:
    """A world with one learner and nothing else."""
    return settings.model_copy(update={"model_key": SecretStr("a key for this test"), "role": "learner"})


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "learner.log"


def learned(own: Settings) -> int:
    return saved(own).learner.outcomes


def test_a_killed_learner_goes_on_where_its_model_stands(own: Settings, log: Path) -> None:
    sent = outcomes(2000)
    with running_worker(own, log, **BRISK) as worker:
        publish(own, sent[:700])
        wait_until(lambda: learned(own) >= 300)
        publish(own, sent[700:1300])
        os.kill(worker.pid, signal.SIGKILL)
    publish(own, sent[1300:])
    producer = producer_for(own)
    producer.send(own.topic("outcomes"), value=b"no outcome at all")
    producer.close()
    with running_worker(own, log):
        wait_until(lambda: saved(own).learned.get(0) == 2000)
    assert knowledge(saved(own).learner) == knowledge(taught(sent))


def _flip(own: Settings) -> None:
    flip(own, "learner")


def _be_of_another_release(own: Settings) -> None:
    with Redis.from_url(own.redis_url) as redis:
        redis.hset(own.keyspace("model"), "learner", seal_of(own).close(b"cprocessors.learning\nRenamed\n."))


@pytest.mark.parametrize("harm", [_flip, _be_of_another_release])
@pytest.mark.thorough
def test_a_broken_checkpoint_is_refused_and_its_outcomes_are_read_again(
    own: Settings, log: Path, harm: Callable[[Settings], None]
) -> None:
    """Nothing new comes, so it goes back by itself; and its metrics say at once where it stands."""
    sent = outcomes(1501)
    with running_worker(own, log, **BRISK) as worker:
        publish(own, sent[:1500])
        wait_until(lambda: learned(own) == 1500)
        # The version with all of these may have been kept, and then nothing would be left to be read again.
        publish(own, sent[1500:])
        wait_until(lambda: learned(own) == 1501)
        worker.stop()
    before = saved(own).learner.version
    harm(own)
    port = free_port()
    with running_worker(own, log, EBBFLOW_WORKER_METRICS_PORT=str(port)):
        wait_until(lambda: "is refused, going on from version" in log.read_text())
        wait_until(lambda: learned(own) == 1501 and saved(own).learner.version > before)
        assert knowledge(saved(own).learner) == knowledge(taught(sent))
        wait_until(lambda: gauges(port)["ebbflow_model_version"] == saved(own).learner.version)
    with running_worker(own, log, EBBFLOW_WORKER_METRICS_PORT=str(port)):
        wait_until(lambda: gauges(port).get("ebbflow_model_version") == saved(own).learner.version)
        assert gauges(port)["ebbflow_model_log_loss"] > 0.0


def gauges(port: int) -> dict[str, float]:
    """The last value of each metric, whatever its labels; none while there are no metrics yet."""
    try:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    except httpx.TransportError:
        return {}
    return {sample.name: sample.value for family in text_string_to_metric_families(text) for sample in family.samples}


def test_trials_are_told_of_and_are_no_outcomes(own: Settings, log: Path) -> None:
    port = free_port()
    with running_worker(own, log, **BRISK, EBBFLOW_WORKER_METRICS_PORT=str(port)):
        publish(own, [*outcomes(30), *(trial(number) for number in range(20))])
        wait_until(lambda: saved(own).learned.get(0) == 49)
        wait_until(lambda: told_of(own) is not None)
        assert gauges(port)["ebbflow_model_outcomes_total"] == learned(own) == 30
    actions = told_of(own)
    assert actions is not None
    assert (actions.customers, actions.held_out, actions.stayed_held_out) == (20, 5, 0.0)
    (call,) = actions.actions
    assert (call.action, call.tried, call.reported, call.stayed) == ("call", 15, 15, 1.0)


def trial(number: int) -> Trial:
    """Every fourth customer is held out, and stays away."""
    held_out, begun = number % 4 == 0, datetime(2026, 1, 1, tzinfo=UTC)
    return Trial(
        id=f"alert {number}",
        customer=f"customer {number}",
        action=NOTHING if held_out else "call",
        reported="" if held_out else "call",
        begun_at=begun,
        due_at=begun + timedelta(days=30),
        context=dict.fromkeys(CONTEXT, 0.5),
        risk=0.9,
        stayed=not held_out,
    )


def told_of(own: Settings) -> ActionsTold | None:
    """What is told of actions."""
    with Redis.from_url(own.redis_url) as redis:
        held = redis.hget(own.keyspace("population:learned"), "actions")
    return ActionsTold.model_validate_json(held) if held else None  # type: ignore[arg-type]


def test_where_nothing_whole_is_left_it_goes_no_further(own: Settings, log: Path) -> None:
    sent = outcomes(100)
    with running_worker(own, log, **BRISK):
        publish(own, sent)
        wait_until(lambda: learned(own) == 100)
    other = own.model_copy(update={"model_key": SecretStr("another key")})
    with running_worker(other, log) as worker:
        wait_until(lambda: worker.status is not None)
    assert f"redis-cli DEL {own.keyspace('model')}" in log.read_text()
    assert learned(own) == 100


def test_a_learner_that_was_rolled_back_under_way_goes_on_without_a_stop(own: Settings, log: Path) -> None:
    """What it has learned and not saved is learned again, by the model that was gone back to; what was saved is not."""
    sent = outcomes(2000)
    with running_worker(own, log, **BRISK) as worker:
        publish(own, sent[:100])
        wait_until(lambda: learned(own) == 100)
        publish(own, sent[100:1200])
        wait_until(lambda: learned(own) == 1200)
        kept = asked(own, lambda store: store.cards())[1][-1]
        publish(own, sent[1200:1600])
        asked(own, lambda store: store.rollback(kept.version))
        passed_over = saved(own).learned[0] + 1
        publish(own, sent[1600:])
        wait_until(lambda: saved(own).learned[0] == 1999)
        assert worker.status is None
    after = saved(own).learner
    assert after.outcomes == kept.outcomes + 2000 - passed_over < 2000
    assert knowledge(after) == knowledge(taught([*sent[: kept.outcomes], *sent[passed_over:]]))


def test_a_drift_is_an_alert_to_the_operators(own: Settings, log: Path) -> None:
    with running_worker(own, log, **BRISK):
        publish(own, outcomes(1500, change=1000))
        wait_until(lambda: learned(own) == 1500 and records_of(own, "alerts"))
    (record,) = records_of(own, "alerts")
    alert = Alert.model_validate_json(record.value)
    assert (alert.kind, alert.state, alert.customer, alert.episode) == (AlertKind.MODEL_DRIFT, "opened", "", 1)
    assert record.key == b""
    assert alert.score is not None
    assert alert.sureness.outcomes > 1000
    assert "ebbflow models show" in alert.suggestion

"""The CDNOW purchase log through Kafka, with the worker killed on the way, and rebuilt from the log afterwards:
`pytest --cdnow=PATH tests/acceptance`."""

import asyncio
import csv
import os
import signal
import subprocess
import sys
from math import log1p
from pathlib import Path

import msgspec
import pytest
from redis.asyncio import Redis

from processors.decay import DAY
from processors.features import extract
from processors.learning.serving import ServedModels
from processors.scoring import score
from schemas.alert import Alert
from schemas.outcome import Outcome
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.settings import Settings
from streams.store.models import ModelStore
from tests.harness import records_of, wait_until
from tests.integration.working import environment_of, folded, profiles_of, running_worker

pytestmark = [pytest.mark.cdnow, pytest.mark.timeout(4200)]

OPTIONS = ("--customer", "customer_id", "--time", "date", "--event-name", "Order Completed", "--revenue", "dollars")


def replay(settings: Settings, file: Path, *options: str) -> None:
    command = [sys.executable, "-m", "streams.cli", "replay", str(file), *OPTIONS, *options]
    subprocess.run(command, env={**os.environ, **environment_of(settings)}, check=True, timeout=600)


def facts_of(profiles: dict[str, Profile]) -> dict[str, bytes]:
    return {customer: msgspec.json.encode(profile.facts) for customer, profile in profiles.items()}


def model_of(settings: Settings) -> ServedModels:
    async def load() -> ServedModels:
        redis = Redis.from_url(settings.redis_url)
        try:
            served = await ModelStore(redis, settings).serving()
            assert served is not None
            return served
        finally:
            await redis.aclose()

    return asyncio.run(load())


def lifetimes_that_agree(profiles: dict[str, Profile], model: ServedModels, policy: Policy) -> int:
    """How many lifetime values are what the model says of the features that were noted down with the last prediction:
    they are worked out as often as that, and no oftener, but for somebody who is back."""
    checked = 0
    for profile in profiles.values():
        scores, pending = profile.judgements.scores, profile.judgements.pending
        if scores is None or scores.lifetime is None or not pending or pending[-1].spent is None:
            continue
        if profile.judgements.returned_at > pending[-1].made:
            continue
        features, spent = [value / 1000 for value in pending[-1].features], pending[-1].spent / 100
        discount = log1p(policy.discount) / 365.25
        found = model.lifetime(features, spent, "", policy.seconds.lifetime / DAY, discount)
        assert found is not None
        assert policy.margin * found == pytest.approx(scores.lifetime, rel=0.01, abs=0.02)
        checked += 1
    return checked


def test_cdnow_through_kafka_is_exact_though_the_worker_is_killed(
    settings: Settings, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    file = Path(request.config.getoption("--cdnow"))
    with file.open() as opened:
        rows = [(row["customer_id"], round(float(row["dollars"]) * 100)) for row in csv.DictReader(opened)]
    log = tmp_path / "worker.log"
    with running_worker(settings, log) as worker:
        replay(settings, file)
        wait_until(lambda: folded(settings) > len(rows) / 4, within=1200, every=5)
        os.kill(worker.pid, signal.SIGKILL)
    with running_worker(settings, log):
        wait_until(lambda: folded(settings) >= len(rows), within=1800, every=5)
        profiles = profiles_of(settings)
        assert set(profiles) == {customer for customer, _ in rows}
        assert sum(p.facts.money[""].orders for p in profiles.values()) == len(rows)
        assert sum(round(100 * p.facts.money[""].revenue) for p in profiles.values()) == sum(cents for _, cents in rows)

        replay(settings, file, "--again")
        marks = tmp_path / "marks.csv"
        marks.write_text("customer_id,date,dollars\n" + "".join(f"mark{n},1998-07-01,1\n" for n in range(60)))
        replay(settings, marks)
        wait_until(lambda: folded(settings) >= len(rows) + 60, within=300, every=5)
        again = {c: p for c, p in profiles_of(settings).items() if not c.startswith("mark")}
    assert facts_of(again) == facts_of(profiles)
    outcomes = [Outcome.model_validate_json(record.value) for record in records_of(settings, "outcomes", within=300)]
    alerts = [Alert.model_validate_json(record.value) for record in records_of(settings, "alerts", within=300)]
    command = [sys.executable, "-m", "streams.cli", "rebuild", "--yes"]
    subprocess.run(command, env={**os.environ, **environment_of(settings)}, check=True, timeout=1200)
    rebuilt, model = profiles_of(settings), model_of(settings)
    assert facts_of({c: p for c, p in rebuilt.items() if not c.startswith("mark")}) == facts_of(profiles)
    # And the scores are those that the same model gives the facts of before.
    scored = {c: p.judgements.scores for c, p in rebuilt.items() if c in profiles and p.judgements.scores is not None}
    for customer, scores in scored.items():
        facts = profiles[customer].facts
        found = score(facts, extract(facts, scores.at), scores.at, model, settings.policy, scores.lifetime)
        assert found == scores
    assert lifetimes_that_agree(rebuilt, model, settings.policy) > 1000
    print(f"{len(profiles)} profiles, {len(rows)} orders, {len(outcomes)} outcomes, {len(alerts)} alerts")
    assert len(scored) > 1000
    assert {outcome.churned for outcome in outcomes} == {True, False}
    assert {alert.state for alert in alerts} == {"opened", "closed"}

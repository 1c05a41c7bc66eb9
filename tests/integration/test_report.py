"""The weekly report: a page of what is in Redis, words of strangers as words, and what to do where there is nothing."""

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from schemas.alert import AtStake
from schemas.norms import Norms
from schemas.population import (
    ActionsTold,
    ActionTold,
    Activity,
    ActivityWeek,
    Churn,
    ChurnWeek,
    Culprit,
    Nps,
    PainPoint,
    Satisfaction,
    SurveyTold,
)
from schemas.settings import Settings
from streams.store.alerts import AlertStore
from streams.store.population import PopulationStore
from tests.integration.working import ebbflow
from tests.unit.making import alert

pytestmark = pytest.mark.integration

NOW = datetime(2026, 1, 21, 12, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>"


def weeks() -> list[ActivityWeek]:
    return [
        ActivityWeek(
            begins=datetime(2026, 1, 19, tzinfo=UTC) - timedelta(weeks=number), active=90 - 10 * number, new=5,
            touchpoints=900, orders=40, revenue={"EUR": 4_000.0},
        )
        for number in range(4)
    ]  # fmt: skip


SURVEY = SurveyTold(
    asked=40, answered=20, response_rate=0.5, customers=20, mean=8.0, mean_within=0.5, satisfied=0.8, better=2, worse=1
)
ACTIVITY = Activity(
    at=NOW, customers=100, weeks=weeks(), kinds={"engage": 9}, channels={"web": 9}, orders=9, revenue={"EUR": 9.0}
)  # fmt: skip
SATISFACTION = Satisfaction(
    at=NOW, customers=20, nps=Nps(score=40, low=10, high=70, promoters=12, passives=4, detractors=4),
    surveys={"nps": SURVEY},
)  # fmt: skip
CHURN = Churn(
    at=NOW, customers=500,
    weeks=[ChurnWeek(begins=week.begins, outcomes=100, churned=20) for week in weeks()],
    culprits=[
        Culprit(
            dimension="plan", value=HOSTILE, before=0.1, after=0.4, outcomes_before=50, outcomes_after=50, part=0.15,
            chance=0.0001,
        )
    ],
    pain_points=[
        PainPoint(
            name="payment failed", customers=80, churned=0.5, expected=0.3, excess=16.0, value_hurt={"EUR": 1_600.0},
            chance=0.001,
        )
    ],
)  # fmt: skip
ACTIONS = ActionsTold(
    at=NOW, customers=200, held_out=20, stayed_held_out=0.3,
    actions=[
        ActionTold(action="call", tried=90, reported=70, stayed=0.6, uplift=0.3, low=0.1, high=0.5, chance=0.002)
    ],
)  # fmt: skip


async def fill(settings: Settings) -> None:
    redis: Redis = Redis.from_url(settings.redis_url)
    population = PopulationStore(redis, settings)
    await population.save({"activity": ACTIVITY, "satisfaction": SATISFACTION}, Norms())
    await population.keep("churn", CHURN, NOW.date())
    await population.keep("actions", ACTIONS, NOW.date())
    small, large = (
        alert(number, f"customer {number}", at_stake=AtStake(amount=amount, currency="EUR"), summary=HOSTILE)
        for number, amount in ((1, 10.0), (2, 250.0))
    )
    await AlertStore(redis, settings).keep([small, large])
    await redis.aclose()


def test_the_week_stands_on_one_page(settings: Settings, tmp_path: Path) -> None:
    asyncio.run(fill(settings))
    told = ebbflow(settings, "report", str(tmp_path / "new"))
    assert told.returncode == 0, told.stderr
    page = (tmp_path / "new" / "report.html").read_text()
    assert HOSTILE not in page
    for said in (
        "week of 12 Jan", "+14%", "+40 (+10 to +70)", "50% answer", "plan: &lt;script&gt;", "+15.0 points",
        "under 1 in 1,000", "payment failed", "1,600 EUR", "20 customers were held out, of whom 30% stayed",
        "+10.0 to +50.0",
    ):  # fmt: skip
        assert said in page, said
    # Whoever has the most at stake is called first.
    assert page.index("customer 2") < page.index("customer 1")
    assert page.count("data:image/png;base64,") == 3
    if shutil.which("chromium"):
        assert (tmp_path / "new" / "report.pdf").read_bytes().startswith(b"%PDF")


def test_where_nothing_is_it_says_what_to_do(settings: Settings, tmp_path: Path) -> None:
    told = ebbflow(settings, "report", str(tmp_path), "--no-pdf")
    assert told.returncode == 0, told.stderr
    page = (tmp_path / "report.html").read_text()
    assert page.count("Nothing yet") == 4
    assert "No alert stands open" in page
    assert not list(tmp_path.glob("*.pdf"))

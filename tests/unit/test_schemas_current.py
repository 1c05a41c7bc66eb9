"""The JSON Schemas in docs/schemas are current, and say what really crosses the boundaries."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from processors.advance import Step, advance
from processors.decoding import UnreadableError
from processors.kinds import KindRules
from processors.models import NoModels
from processors.plan import Checked, Violation
from processors.quality import Observed, SourceCounts, report
from processors.reading import read
from schemas.__main__ import documents
from schemas.actions import Trial
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.quality import Quality
from schemas.rated_text import RatedText
from schemas.rejected import Rejected

DIRECTORY = Path(__file__).parents[2] / "docs" / "schemas"
DAY = 86_400.0
START = datetime(2026, 3, 1, tzinfo=UTC).timestamp()

ORDER = {
    "type": "track",
    "event": "Order Completed",
    "userId": "ada",
    "messageId": "m-1",
    "timestamp": "2026-03-01T00:00:00Z",
    "properties": {"revenue": 12.5, "currency": "EUR"},
    "context": {"channel": "web"},
    "traits": {"plan": "gold"},
}
LEAVE = {"type": "track", "event": "Account Closed", "userId": "ada"}


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((DIRECTORY / name).read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@cache
def life() -> Step:
    """A customer who orders, stays long enough for a prediction to be noted, and leaves."""
    profile, rules = Profile("ada"), KindRules()
    for day, event in ((0, ORDER), (11, ORDER | {"messageId": "m-2"}), (12, LEAVE)):
        now = START + day * DAY
        touch = read(json.dumps(event).encode(), now, rules, partition=0, offset=day)
        step = advance(profile, [touch], now, NoModels(), Policy())
        profile = step.profile
    return step


TRIAL = Trial(
    id="f00d", customer="ada", action="call", begun_at=datetime.fromtimestamp(START, UTC),
    due_at=datetime.fromtimestamp(START, UTC), context={"risk": 0.9}, risk=0.9, stayed=False,
)  # fmt: skip


def lesson() -> RatedText:
    event = {"type": "track", "event": "Product Reviewed", "userId": "ada", "properties": {"rating": 5, "text": "good"}}
    touch = read(json.dumps(event).encode(), START, KindRules(), partition=0, offset=0)
    (taught,) = advance(Profile("ada"), [touch], START, NoModels(), Policy()).texts
    return taught


def refused() -> Rejected:
    with pytest.raises(UnreadableError) as caught:
        read(b'{"type": "track"', START, KindRules())
    return Rejected(
        rejection=caught.value.rejection,
        source="worker",
        at=datetime.fromtimestamp(START, UTC),
        original=b64encode(b'{"type": "track"'),
    )


def measured() -> Quality:
    request, counts = Observed(), SourceCounts(START)
    request.accept(ORDER, 1.0, Checked("Order Completed", (Violation("properties.total", ""),), ()), True)
    request.refuse("invalid")
    counts.add(request, START)
    return Quality(complete=True, sources=[report("web", counts.counts, counts.since, counts.last_seen, {})])


def sample(name: str) -> Any:
    """What a reader of the topic, of the Redis field or of the configuration would see."""
    step = life()
    made = {
        "touchpoint.json": lambda: json.dumps(ORDER),
        "alert.json": lambda: step.alerts[0].model_dump_json(exclude_none=True),
        "outcome.json": lambda: step.outcomes[0].model_dump_json(),
        "trial.json": lambda: TRIAL.model_dump_json(),
        "ratedtext.json": lambda: lesson().model_dump_json(),
        "rejected.json": lambda: refused().model_dump_json(),
        "policy.json": lambda: Policy().model_dump_json(),
        "profile.json": lambda: msgspec.json.encode(step.profile),
        "quality.json": lambda: measured().model_dump_json(),
    }
    return json.loads(made[name]())


def test_files_are_current() -> None:
    kept = {path.name: path.read_text() for path in DIRECTORY.iterdir()}
    assert kept == dict(documents()), "the schemas have changed: run `make schemas` and commit docs/schemas"


@pytest.mark.parametrize("name", [name for name, _ in documents()])
def test_what_is_written_fits_its_schema(name: str) -> None:
    validator(name).validate(sample(name))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("touchpoint.json", {"type": "sneeze"}),
        ("touchpoint.json", {"event": "x" * 257}),
        ("alert.json", {"severity": "meh"}),
        ("outcome.json", {"predicted_churn": 1.5}),
        ("rejected.json", {"rejection": None}),
        ("policy.json", {"horizn": "30d"}),
        ("quality.json", {"sources": [{"source": "web"}]}),
        ("profile.json", {"facts": {"touchpoints": "many"}}),
    ],
)
def test_what_is_wrong_does_not_fit(name: str, change: dict[str, Any]) -> None:
    assert not validator(name).is_valid(sample(name) | change)

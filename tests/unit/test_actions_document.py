"""What docs/actions.md and docs/satisfaction.md show is right as it stands there."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from processors.kinds import KindRules
from processors.prescribing import conditions
from processors.reading import read
from schemas.details import Details
from schemas.kinds import Kind
from schemas.policy import Policy
from schemas.touch import Touch
from tests.unit.making import MONDAY

DOCS = Path(__file__).parents[2] / "docs"


def sent(document: str) -> Touch:
    """The touchpoint of the one curl command in a document."""
    (body,) = re.findall(r"-d '({.*?})'", (DOCS / document).read_text(), re.DOTALL)
    return read(json.dumps({"type": "track", **json.loads(body)}).encode(), MONDAY, KindRules())


def test_the_actions_that_are_listed_are_taken_and_the_report_is_of_one_of_them() -> None:
    (listed,) = re.findall(r"```toml\n(.*?)```", (DOCS / "actions.md").read_text(), re.DOTALL)
    policy = Policy.model_validate(tomllib.loads(listed)["policy"])
    assert [name for name, when in conditions(policy).items() if when is not None] == ["call"]
    reported = sent("actions.md")
    assert (reported.kind, reported.details) == (None, Details(action="call"))
    assert reported.details is not None
    assert reported.details.action in policy.actions


def test_the_answer_that_is_shown_counts() -> None:
    answer = sent("satisfaction.md")
    assert (answer.kind, answer.rating, answer.details) == (Kind.FEEDBACK, 0.9, Details(survey="nps"))


@pytest.mark.parametrize(
    ("event", "properties", "survey", "rating"),
    [
        ("CSAT Submitted", {"score": 4}, "csat", 0.75),
        ("CES Submitted", {"answer": 7}, "ces", 1.0),
        ("Product Reviewed", {"rating": 3}, "rating", 0.5),
        ("Survey Answered", {"survey": "NPS of May", "score": 5}, "nps", 0.5),
        ("Survey Completed", {"score": 3, "scale": 4}, "rating", 0.75),
        ("Survey Submitted", {"rating": 11}, "rating", None),
        ("Survey Sent", {"survey": "csat"}, "csat", None),
    ],
)
def test_surveys_are_told_and_scaled_as_the_table_says(
    event: str, properties: dict[str, object], survey: str, rating: float | None
) -> None:
    body = {"type": "track", "userId": "ada", "event": event, "properties": properties}
    touch = read(json.dumps(body).encode(), MONDAY, KindRules())
    assert (touch.details, touch.rating) == (Details(survey=survey), rating)

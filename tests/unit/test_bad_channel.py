"""A channel whose customers leave is found in twenty of twenty simulated businesses, none where none was planted."""

from schemas.acquisition import Acquisition
from tests.unit.channels import business

SEEDS = range(20)


def verdicts(section: Acquisition) -> dict[str, str]:
    return {row.channel: row.churn.verdict for row in section.channels if row.churn and row.churn.verdict}


def test_the_bad_channel_is_found_in_all_of_twenty_and_no_other_is_called_worse() -> None:
    told = [verdicts(business(seed, "affiliate")) for seed in SEEDS]
    assert [{name for name, verdict in each.items() if verdict == "worse"} for each in told] == [{"affiliate"}] * 20


def test_nothing_is_reported_in_any_of_twenty_where_nothing_was_planted() -> None:
    assert [verdicts(business(seed, None)) for seed in SEEDS] == [{}] * 20


def test_shares_that_differ_by_age_alone_are_no_verdict() -> None:
    shares = {row.channel: row.churn for row in business(0, None).channels}
    young, old = shares["social"], shares["display"]
    assert young is not None
    assert old is not None
    assert young.high < old.low, "taken as they are, they differ by more than chance"
    assert (young.verdict, old.verdict) == (None, None)

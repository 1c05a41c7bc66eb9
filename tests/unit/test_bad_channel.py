"""A channel whose customers leave is found in twenty of twenty simulated businesses, none where none was planted."""

from random import Random

from processors.fold import fold
from processors.population.acquisition import AcquisitionTally
from schemas.acquisition import Acquisition
from schemas.details import Source
from schemas.facts import Facts
from schemas.kinds import Kind
from schemas.profile import Profile
from tests.unit.making import POLICY, day, touch
from tests.unit.visiting import bought, came

SEEDS = range(20)
NOW = day(360)
CUSTOMERS = 450
CHANNELS = {"paid search": 0.3, "organic search": 0.2, "email": 0.15, "affiliate": 0.15, "social": 0.1, "display": 0.1}
LEAVES, BADLY = 0.06, 0.18
"""A month's chance of leaving, of usual customers and of those of the bad channel."""
FROM = {"social": 270.0}
"""Who came by social came lately: fewer have left, and it is no better for that. By display, all came long ago."""
UNTIL = {"display": 120.0}


def business(seed: int, bad: str | None) -> Acquisition:
    """Customers of six channels, each with a path of one to three visits, a first purchase and a last one."""
    chance, tally = Random(seed), AcquisitionTally(POLICY)
    for number in range(CUSTOMERS):
        (channel,) = chance.choices(list(CHANNELS), list(CHANNELS.values()))
        at = chance.uniform(FROM.get(channel, 5.0), UNTIL.get(channel, 355.0))
        others = chance.choices(list(CHANNELS), k=chance.randint(0, 2))
        log = [came(at - 3.0 + place, Source(each)) for place, each in enumerate([channel, *others])]
        stays = 0
        while chance.random() > (BADLY if channel == bad else LEAVES) and at + 30.0 * stays < 360.0:
            stays += 1
        log += [bought(at), touch(min(at + 30.0 * stays + chance.random(), 359.9), Kind.ENGAGE)]
        tally.add(Profile(f"customer {number}", fold(Facts(), log, POLICY)), NOW)
    return tally.told(NOW)


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

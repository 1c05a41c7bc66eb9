"""A simulated business whose customers come by six channels, one of which may bring customers who leave."""

from random import Random

from processors.fold import fold
from processors.population.acquisition import AcquisitionTally
from schemas.acquisition import Acquisition
from schemas.details import Source
from schemas.facts import Facts
from schemas.kinds import Kind
from schemas.profile import Profile
from tests.unit.making import POLICY, day, touch
from tests.unit.visiting import bought, came, spent

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
    spends = [
        spent(30.0 * month + 1, 400.0, Source(channel)) for month in range(12) for channel in ("display", "affiliate")
    ]
    tally.add(Profile("till", fold(Facts(), spends, POLICY)), NOW)
    return tally.told(NOW)

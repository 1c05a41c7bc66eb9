"""All that is remembered of one customer. Bounded in size however long the history.

msgspec rather than pydantic: a profile is loaded and saved for every touched customer of every batch, where it
costs a quarter. Nothing in it refers back to what holds it, so the garbage collector need not look (`gc=False`). Times
are epoch seconds (UTC), durations are days unless a name says otherwise.
"""

from typing import Annotated

import msgspec

from schemas.kinds import Kind

Trait = str | int | float | bool
NonNegative = Annotated[float, msgspec.Meta(ge=0)]


class LastTouch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One of the most recent touchpoints, kept for people to read: `[at, name, kind]`."""

    at: float
    name: str
    kind: Kind | None = None


class Money(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What the customer paid in one currency. `recent` is decayed revenue, as the facts' `rates`."""

    orders: int = 0
    revenue: float = 0.0
    recent: float = 0.0
    last_at: float = 0.0


class Rhythm(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Gaps between active days, by Welford's running mean and sum of squared deviations; in days."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0


class Facts(msgspec.Struct, omit_defaults=True, gc=False):
    """What is folded from touchpoints, and nothing else.

    The same log gives the same facts, byte for byte, however its records were batched and whenever it is read.
    `rates` are decayed counts of meaningful touchpoints, one for each half-life, and `kind_rates` decayed counts by
    kind. They decay forward from `rates_at`: at a later time each stands for itself times 2^(-elapsed / half-life).

    `seen` are the digests of the last message ids, one after the other, the latest last.

    `aliases` are the other keys of the same person, each with the place of the last note taken over from it: the offset
    in the log of what that note came of, by partition. A key that was handed over is left as a stub: `moved_to` is
    where, and `claims` how many others have wanted it since. `unprofiled` is a customer who said at `consent_at` not to
    want to be scored.
    """

    first_seen: float = 0.0
    last_seen: float = 0.0
    touchpoints: int = 0
    meaningful: int = 0
    last_meaningful: float = 0.0
    days: int = 0
    last_day: int = -1
    kinds: dict[str, int] = {}
    channels: dict[str, int] = {}
    rates: list[float] = []
    rates_at: float = 0.0
    kind_rates: dict[str, float] = {}
    rhythm: Rhythm = msgspec.field(default_factory=Rhythm)
    money: dict[str, Money] = {}
    rating: float | None = None
    rated_at: float = 0.0
    left_at: float = 0.0
    traits: dict[str, Trait] = {}
    recent: list[LastTouch] = []
    seen: bytes = b""
    feeds: dict[str, int] = {}
    aliases: dict[str, dict[int, int]] = {}
    moved_to: str = ""
    claims: int = 0
    unprofiled: bool = False
    consent_at: float = 0.0


class Prediction(msgspec.Struct, array_like=True, gc=False):
    """A prediction that waits for its outcome. Numbers are whole, which takes a third of the room.

    `features` are in the order of `processors.features.NAMES`, in thousandths. `churn`, `members` (in the order of
    `processors.models.MEMBERS`) and `base_rate` are probabilities in ten-thousandths; `engagement`, `low` and `high`
    are counts in thousandths; `value` and `revenue` are in hundredths of the `currency`, which is none for a customer
    who never paid. `touches` and `engaged` count the meaningful touchpoints seen since, within the horizon and within
    the engagement window; `revenue` is what was paid since, within the horizon.
    """

    made: float
    features: list[int]
    churn: int
    members: list[int]
    base_rate: int
    engagement: int
    low: int
    high: int
    value: int | None
    model: int
    currency: str | None = None
    touches: int = 0
    engaged: int = 0
    revenue: int = 0


class Scores(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What the model said last: `churn` a probability, `engagement` an expected count, which nine of ten times comes
    between `low` and `high`, `usual` the customer's own count, `value` the revenue expected within the horizon."""

    at: float
    churn: float
    engagement: float
    usual: float
    low: float = 0.0
    high: float = 0.0
    value: float | None = None
    model: int = 0
    warming_up: bool = False


class Episode(msgspec.Struct, omit_defaults=True, gc=False):
    """Where an alert of one kind stands: how often it opened, since when the score is over, until when it rests, and
    when the budget refused it last."""

    number: int = 0
    over_since: float = 0.0
    opened_at: float = 0.0
    rests_until: float = 0.0
    refused_at: float = 0.0


class Judgements(msgspec.Struct, omit_defaults=True, gc=False):
    """What was concluded: it also depends on the model of the moment and on when it was asked.

    `returned_at` is when the customer came back last after having been lost or having left; 0 is never. `timer` is the
    time at which the customer should be looked at again, as armed in the store; 0 is none.
    """

    scores: Scores | None = None
    pending: list[Prediction] = []
    episodes: dict[str, Episode] = {}
    predict_at: float = 0.0
    rescore_at: float = 0.0
    returned_at: float = 0.0
    timer: float = 0.0


class Profile(msgspec.Struct, gc=False):
    """One customer. `at` maps a partition to the offset of its last record folded in; `revision` counts saves."""

    customer: str
    facts: Facts = msgspec.field(default_factory=Facts)
    judgements: Judgements = msgspec.field(default_factory=Judgements)
    at: dict[int, int] = {}
    revision: int = 0

"""What is folded from a customer's touchpoints, and nothing else. Bounded in size however long the history.

msgspec rather than pydantic: what is remembered is loaded and saved for every touched customer of every batch, where it
costs a quarter. Nothing in it refers back to what holds it, so the garbage collector need not look (`gc=False`). Times
are epoch seconds (UTC), durations are days unless a name says otherwise.
"""

import msgspec

from schemas.details import Source
from schemas.kinds import Kind

Trait = str | int | float | bool


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


class Week(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one week came to: `[touchpoints, orders, revenue by currency]`."""

    touchpoints: int
    orders: int = 0
    revenue: dict[str, float] = {}


class Answer(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An answer to a survey, scaled to 0..1: `[at, rating]`."""

    at: float
    rating: float


class Survey(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One kind of survey: how often it was sent and answered, the sum of the answers, and the last two."""

    asked: int = 0
    answered: int = 0
    total: float = 0.0
    last: list[Answer] = []


class Visit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A visit that came from somewhere: `[at, source]`."""

    at: float
    source: Source


class Origin(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How a customer came to buy: `[visits, direct_at, bought_at, paid]`.

    `visits` are those up to the first purchase, in the order of time; `direct_at` is the first time that somebody came
    to the web or the app and nothing said where from, `bought_at` the first purchase; 0 where there was none. `paid` is
    revenue by currency and week in the weeks that follow it, in ten-thousandths.
    """

    visits: list[Visit] = []
    direct_at: float = 0.0
    bought_at: float = 0.0
    paid: dict[str, dict[int, int]] = {}


class Spent(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What was spent on a source of visits, by the number of the month: `[source, currency, months]`."""

    source: Source
    currency: str
    months: dict[int, float]


class Spending(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a reporter said was spent on marketing, and in how many touchpoints: `[reports, sums]`."""

    reports: int = 0
    sums: list[Spent] = []


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
    want to be scored. What follows belongs to facets: `weeks` are the last ones, by number;
    `surveys` are by kind; `pains` are the last times at which something went wrong, by its name, and `case_at` is when
    the case was opened that waits to be solved, 0 for none; `contacted` is when somebody did something for them last;
    `origin` is how the customer came to buy, `spending` what was reported under this id.

    `moves` are the transitions between kinds, packed as `processors.transitions` says, and `firsts` when each kind, and
    each event of a funnel, came first, in whole seconds, by `processors.funnels.key_of`.
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
    weeks: dict[int, Week] = {}
    surveys: dict[str, Survey] = {}
    moves: bytes = b""
    firsts: dict[int, int] = {}
    pains: dict[str, list[float]] = {}
    case_at: float = 0.0
    contacted: list[float] = []
    origin: Origin | None = None
    spending: Spending | None = None

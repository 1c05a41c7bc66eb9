"""What is concluded from a customer's facts, and when. Times are epoch seconds (UTC)."""

from typing import Literal

import msgspec


class Prediction(msgspec.Struct, array_like=True, gc=False):
    """A prediction that waits for its outcome. Numbers are whole, which takes a third of the room.

    `features` are in the order of `processors.features.NAMES`, in thousandths. `churn`, `members` (in the order of
    `processors.models.MEMBERS`) and `base_rate` are probabilities in ten-thousandths; `engagement`, `low` and `high`
    are counts in thousandths; `value` and `revenue` are in hundredths of the `currency`, which is none for a customer
    who never paid. `touches` and `engaged` count the meaningful touchpoints seen since, within the horizon and within
    the engagement window; `revenue` is what was paid since, within the horizon. `pains` is what had gone wrong
    lately, `segment` the one by recency, frequency and money that the customer stood in. `spent` is what had been paid
    by then, in hundredths of the `currency`.
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
    pains: list[str] = []
    segment: str = ""
    spent: int | None = None


class Scores(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What the model said last: `churn` a probability, `engagement` an expected count, which nine of ten times comes
    between `low` and `high`, `usual` the customer's own count, `value` the revenue expected within the horizon,
    `lifetime` what they are worth from now on; both are in the currency in which they paid most lately."""

    at: float
    churn: float
    engagement: float
    usual: float
    low: float = 0.0
    high: float = 0.0
    value: float | None = None
    model: int = 0
    warming_up: bool = False
    lifetime: float | None = None


class Episode(msgspec.Struct, omit_defaults=True, gc=False):
    """Where an alert of one kind stands: how often it opened, since when the score is over, until when it rests, and
    when the budget refused it last."""

    number: int = 0
    over_since: float = 0.0
    opened_at: float = 0.0
    rests_until: float = 0.0
    refused_at: float = 0.0


class Place(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The segment that a customer stands in by one way of telling them apart, since when, and which one was before:
    `newcomers` for who was in none, and empty for who stood there already when they were first looked at."""

    name: str
    since: float
    before: str = ""


class Memberships(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The segments that a customer stands in. `rfm_at` is when recency may change theirs although nothing happens; 0 is
    never. `own` has each of the user's own: since when they stand in it, 0 if they did when first asked; below zero,
    they do not: minus when they left it, or -1."""

    lifecycle: Place | None = None
    rfm: Place | None = None
    cluster: Place | None = None
    rfm_at: float = 0.0
    own: dict[str, float] = {}


class Trying(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is to be done about an alert, from `at` on: an action, or nothing. `context` is in the order of
    `processors.prescribing.CONTEXT`; `reported` is what somebody said was done; `returned` says that the customer came
    back since."""

    alert: str
    action: str
    at: float
    context: list[float]
    stake: float | None = None
    currency: str = ""
    reported: str = ""
    returned: bool = False


class Change(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an input of the model was and is, and by how much that has changed the log-odds of churn; in thousandths."""

    input: str
    weight: int
    before: int
    after: int


class Movement(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How the churn risk went from `before` at `since` to `after` at `at`, both in ten-thousandths and by the model of
    then: the strongest changes, what the other inputs have changed, and which touchpoints came in between how often."""

    since: float
    at: float
    before: int
    after: int
    changes: list[Change]
    others: int
    touchpoints: dict[str, int] = {}


Label = Literal["positive", "neutral", "negative", "unknown"]


class Mood(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How a customer sounds: what the last text was, at `at`, of how many texts something could be told, and the
    sums of their scores and weights, both halved every 30 days until `at`."""

    label: Label = "unknown"
    at: float = 0.0
    texts: int = 0
    total: float = 0.0
    weights: float = 0.0

    @property
    def score(self) -> float | None:
        """From -1, all complaints, to 1, all praise; none where nothing could be told."""
        return round(self.total / self.weights, 4) if self.weights else None


class Judgements(msgspec.Struct, omit_defaults=True, gc=False):
    """What was concluded: it also depends on the model of the moment and on when it was asked.

    `returned_at` is when the customer came back last after having been lost or having left; 0 is never. `timer` is the
    time at which the customer should be looked at again, as armed in the store; 0 is none. `segments` are none for who
    stands in none, `mood` for who wrote nothing.
    """

    scores: Scores | None = None
    pending: list[Prediction] = []
    episodes: dict[str, Episode] = {}
    predict_at: float = 0.0
    rescore_at: float = 0.0
    returned_at: float = 0.0
    timer: float = 0.0
    segments: Memberships | None = None
    trying: Trying | None = None
    movement: Movement | None = None
    mood: Mood | None = None

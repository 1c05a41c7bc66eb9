"""What all customers come to, section by section, as the last census found it."""

from datetime import datetime

from pydantic import BaseModel, Field

from schemas.judgements import Label


class Section(BaseModel):
    """What every section says."""

    at: datetime = Field(description="When it was counted.")
    customers: int = Field(description="Customers that were counted for it.")


class ActivityWeek(BaseModel):
    """One week, from Monday to Sunday, UTC."""

    begins: datetime
    active: int = Field(description="Customers with a touchpoint.")
    new: int = Field(description="Customers whose first touchpoint fell into it.")
    touchpoints: int
    orders: int
    revenue: dict[str, float] = Field(description="By currency.")


class Activity(Section):
    """How busy customers are, and where they are met."""

    weeks: list[ActivityWeek] = Field(description="The last weeks, the newest first, which is not over yet.")
    kinds: dict[str, int] = Field(description="Touchpoints by kind, over all time.")
    channels: dict[str, int] = Field(description="Customers met on each channel, over all time.")
    orders: int
    revenue: dict[str, float] = Field(description="By currency, over all time.")


class Nps(BaseModel):
    """The Net Promoter Score, with the interval that holds it with 95%."""

    score: float = Field(ge=-100, le=100, description="Promoters less detractors, of a hundred.")
    low: float
    high: float
    promoters: int
    passives: int
    detractors: int


class SurveyTold(BaseModel):
    """One kind of survey. Customers count by their last answer, if it is of the last 90 days."""

    asked: int = Field(description="Surveys sent, over all time.")
    answered: int = Field(description="Answers with a number, over all time.")
    response_rate: float | None = Field(None, description="Answers to those sent; none if it is not told who is asked.")
    customers: int = Field(description="Customers whose last answer is of the last 90 days; the rest is of them.")
    mean: float | None = Field(None, description="On the survey's own scale: NPS 0-10, CSAT and ratings 1-5, CES 1-7.")
    mean_within: float = Field(description="The mean is within so much, with 95%.")
    satisfied: float | None = Field(None, description="Share that answered with the upper quarter: 4 or 5 of 5.")
    satisfied_low: float | None = None
    satisfied_high: float | None = None
    better: int = Field(description="Customers who answered higher than the time before,")
    worse: int = Field(description="and lower.")


class Satisfaction(Section):
    """What customers say in surveys."""

    nps: Nps | None = None
    surveys: dict[str, SurveyTold] = Field(description="By kind: nps, csat, ces, and rating for all others.")


class ChurnWeek(BaseModel):
    """Predictions that fell due within one week, from Monday to Sunday, UTC."""

    begins: datetime
    outcomes: int
    churned: int


class Culprit(BaseModel):
    """Customers of whom more (or fewer) left from one week to the next, while of the others they did not."""

    dimension: str = Field(description="What they are told apart by: channel, kind, plan, segment, ...")
    value: str
    before: float = Field(description="Share that churned in the week before the last whole one,")
    after: float = Field(description="and in the last whole one.")
    outcomes_before: int
    outcomes_after: int
    part: float = Field(description="By how much that alone has changed the churn of all.")
    chance: float = Field(description="How likely such a row is where nothing has changed, corrected for all rows.")


class PainPoint(BaseModel):
    """Something that precedes leaving more often than chance would have it."""

    name: str = Field(description="The event, `repeated` where it came three times, or `long wait` for a case.")
    customers: int = Field(description="Outcomes of customers to whom it had happened within 30 days.")
    churned: float = Field(description="Share of them that left,")
    expected: float = Field(description="and of others as recent and as frequent.")
    excess: float = Field(description="How many more left than would have.")
    value_hurt: dict[str, float] = Field(description="Revenue that was expected of those, by currency.")
    chance: float = Field(description="How likely that is by chance, corrected for all pains looked at.")


class ActionTold(BaseModel):
    """What an action came to, for whoever it was picked for, beside the customers who were held out."""

    action: str
    tried: int = Field(description="Alerts for which it was picked, and whose horizon has ended.")
    reported: int = Field(description="Those of which something was reported as done.")
    stayed: float | None = Field(None, description="Share of the customers that stayed.")
    uplift: float | None = Field(
        None, description="How much larger that share is than of those held out with as high a risk; none: nobody was."
    )
    low: float | None = Field(None, description="With `high`, where the uplift lies with 95%.")
    high: float | None = None
    chance: float = Field(description="How likely that is of an action that does nothing, corrected for all actions.")


class ActionsTold(Section):
    """What the business's actions do about churn."""

    held_out: int = Field(description="Customers for whom nothing was done, at random.")
    stayed_held_out: float | None = Field(None, description="Share of them that stayed.")
    actions: list[ActionTold]


class Churn(Section):
    """Why customers leave: whom a change of the last week has hit, and which pains precede leaving."""

    weeks: list[ChurnWeek] = Field(description="The newest first, which is not whole yet.")
    culprits: list[Culprit] = Field(description="The largest part first; none where nothing is sure.")
    pain_points: list[PainPoint] = Field(description="The most value hurt first; none where nothing is sure.")


class SentimentTold(Section):
    """How customers sound in what they write."""

    last: dict[Label, int] = Field(description="Customers by how their last text sounds, if it is of the last 90 days.")
    score: float | None = Field(
        None, ge=-1, le=1, description="The mean of how each of them sounds, from -1, complaints, to 1, praise."
    )
    score_within: float = Field(0.0, description="The mean is within so much, with 95%.")

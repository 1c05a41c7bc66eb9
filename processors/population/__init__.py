"""The population: what all customers come to, counted a profile at a time by the census.

Each section is a module here: a tally that profiles are added to, and what it tells in the end. Since everybody is
looked at anew every time, sections are right after whatever was merged, erased, rebuilt or lost, and need no counters
that workers would have to agree about. `schemas.population` has what they tell.
"""

from collections.abc import Mapping
from typing import Protocol

from processors.facets.spending import is_reporter
from processors.population.acquisition import AcquisitionTally
from processors.population.activity import ActivityTally
from processors.population.journeys import JourneysTally
from processors.population.satisfaction import SatisfactionTally
from processors.population.segments import SegmentsTally
from processors.population.sentiment import SentimentTally
from processors.population.value import ValueTally
from processors.segments.rfm import Fifths
from schemas.norms import Norms
from schemas.policy import FacetName, Policy
from schemas.population import ActionsTold, Churn, Section
from schemas.profile import Profile


class Tally(Protocol):
    """One section, being counted."""

    def __init__(self, policy: Policy) -> None: ...

    def add(self, profile: Profile, now: float) -> None:
        """Count a customer as of `now`, in epoch seconds. Keys that have moved are not added."""

    def told(self, now: float) -> Section:
        """What it comes to."""


SECTIONS: Mapping[str, type[Tally]] = {
    "activity": ActivityTally,
    "journeys": JourneysTally,
    "satisfaction": SatisfactionTally,
    "segments": SegmentsTally,
    "sentiment": SentimentTally,
    "acquisition": AcquisitionTally,
    "value": ValueTally,
}
"""Each by its name, which is also that of its endpoint."""
_FACETS: Mapping[str, FacetName] = {"journeys": "journey"}
"""What each counts, where that is not called the same: without it there is nothing to count."""
LEARNED: Mapping[str, type[Section]] = {"churn": Churn, "actions": ActionsTold}
"""Sections that are not counted from profiles, but kept by the learner, from outcomes."""


class Population:
    """All sections, counted together."""

    def __init__(self, policy: Policy) -> None:
        self._tallies = {
            name: tally(policy) for name, tally in SECTIONS.items() if _FACETS.get(name, name) not in policy.without
        }
        self._fifths = Fifths()

    def add(self, profile: Profile, now: float) -> None:
        """Count a customer; a key that has moved to another is no customer of its own."""
        if profile.facts.moved_to:
            return
        reports = is_reporter(profile.facts)
        for name, tally in self._tallies.items():
            # Who only reports spending is no customer, but knows what was spent.
            if name == "acquisition" or not reports:
                tally.add(profile, now)
        if not (reports or profile.facts.unprofiled):
            self._fifths.add(profile.facts, now)

    def told(self, now: float) -> dict[str, Section]:
        """What the sections come to, by name."""
        return {name: tally.told(now) for name, tally in self._tallies.items()}

    def norms(self, now: float) -> Norms:
        """What is usual among those who were counted."""
        return Norms(at=round(now, 3), rfm=self._fifths.bounds())

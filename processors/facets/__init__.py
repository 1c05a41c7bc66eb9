"""Facets: sides of a customer that are folded by themselves, each a module here with a place of its own in the facts.

A facet adds touches to the facts, and merges what two keys of one person have of it. It is bounded, gives the same
whatever batches its touches came in, and costs nothing where it has nothing to do. `policy.without` turns it off.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from processors.facets import acquisition, activity, contacts, journey, pains, satisfaction
from schemas.facts import Facts
from schemas.policy import FacetName, Part, Policy
from schemas.touch import Touch


class Facet(NamedTuple):
    """One side of a customer.

    `fold` adds touches, in the order of the log, to facts that may be changed, though not what they were made of: who
    changes a container replaces it. `merged` gives the fields of the facts that change when those of another key are
    taken over; it changes neither.
    """

    fold: Callable[[Facts, Sequence[Touch], Policy], None]
    merged: Callable[[Facts, Facts], Mapping[str, Any]]


FACETS: Mapping[FacetName, Facet] = {
    "activity": Facet(activity.fold, activity.merged),
    "contacts": Facet(contacts.fold, contacts.merged),
    "journey": Facet(journey.fold, journey.merged),
    "pains": Facet(pains.fold, pains.merged),
    "satisfaction": Facet(satisfaction.fold, satisfaction.merged),
    "acquisition": Facet(acquisition.fold, acquisition.merged),
}


@lru_cache(maxsize=8)
def facets_of(without: frozenset[Part]) -> tuple[Facet, ...]:
    """The facets that are on."""
    return tuple(facet for name, facet in FACETS.items() if name not in without)

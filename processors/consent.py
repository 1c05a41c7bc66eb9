"""What a customer refuses, read from the consent that a touchpoint carries: Segment's `context.consent`."""

from collections.abc import Mapping
from typing import Any, Literal

from schemas.consent import Purpose

_USUAL: Mapping[str, Purpose] = {
    "analytics": Purpose.ANALYTICS,
    "analyticsstorage": Purpose.ANALYTICS,
    "statistics": Purpose.ANALYTICS,
    "performance": Purpose.ANALYTICS,
    "measurement": Purpose.ANALYTICS,
    "c0002": Purpose.ANALYTICS,  # OneTrust numbers its categories: performance cookies, targeting cookies.
    "profiling": Purpose.PROFILING,
    "personalization": Purpose.PROFILING,
    "personalisation": Purpose.PROFILING,
    "personalizationstorage": Purpose.PROFILING,
    "adpersonalization": Purpose.PROFILING,
    "advertising": Purpose.PROFILING,
    "marketing": Purpose.PROFILING,
    "targeting": Purpose.PROFILING,
    "c0004": Purpose.PROFILING,
}
"""What sites usually call their categories; only letters and digits count."""
_NO = frozenset(("false", "denied", "no", "0"))
_YES = frozenset(("true", "granted", "yes", "1"))


class ConsentRules:
    """Which category is about which purpose: the usual names, and a site's own before them."""

    def __init__(self, own: Mapping[str, Purpose | Literal["none"]] | None = None) -> None:
        self._purposes: dict[str, str] = {**_USUAL, **{_plain(name): purpose for name, purpose in (own or {}).items()}}

    def refused(self, context: Mapping[str, Any] | None) -> tuple[Purpose, ...] | None:
        """The purposes that a touchpoint's context refuses; none if it says nothing, so that what was said before
        stays. Empty is a consent. Where several categories are about one purpose, one refusal refuses it.
        """
        said = context.get("consent") if isinstance(context, dict) else None
        preferences = said.get("categoryPreferences") if isinstance(said, dict) else None
        if not isinstance(preferences, dict):
            return None
        granted, denied = set(), set()
        for category, answer in preferences.items():
            purpose, plain = self._purposes.get(_plain(category)), str(answer).strip().lower()
            if plain in _NO:
                denied.add(purpose)
            elif plain in _YES:
                granted.add(purpose)
        if not denied & set(Purpose) and Purpose.PROFILING not in granted:
            return None  # To be remembered is no consent to be profiled, and takes none back.
        return tuple(purpose for purpose in Purpose if purpose in denied)


def is_withheld(refused: tuple[Purpose, ...] | None) -> bool:
    """Whether nothing of a touchpoint may be kept."""
    return refused is not None and Purpose.ANALYTICS in refused


def may_profile(refused: tuple[Purpose, ...]) -> bool:
    """Whether a customer may be scored after a touchpoint that says so."""
    return Purpose.PROFILING not in refused


def _plain(category: str) -> str:
    return "".join(filter(str.isalnum, category.lower()))

"""Where a visit came from: UTM parameters, click ids and referrers become a marketing channel, a source, a campaign.

The channels are those that web analytics has agreed on (Google Analytics' default channel group); what they are told
by is simpler here: the medium, then the click id, then the referring site.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from schemas.details import Source

MAX_NAME = 60
_REMEMBERED = 4_096

_PAID = frozenset(("cpc", "ppc", "paid", "paidsearch", "sem", "paid search"))
_CLICK_IDS = {
    "gclid": ("paid search", "google"),
    "gbraid": ("paid search", "google"),
    "wbraid": ("paid search", "google"),
    "msclkid": ("paid search", "bing"),
    "fbclid": ("paid social", "facebook"),
    "ttclid": ("paid social", "tiktok"),
    "twclid": ("paid social", "x"),
    "li_fat_id": ("paid social", "linkedin"),
}
_SEARCH = ("google.", "bing.", "duckduckgo.", "yahoo.", "baidu.", "yandex.", "ecosia.", "startpage.", "qwant.")
_SOCIAL = {
    "facebook.": "facebook",
    "instagram.": "instagram",
    "t.co": "x",
    "twitter.": "x",
    "x.com": "x",
    "linkedin.": "linkedin",
    "lnkd.in": "linkedin",
    "youtube.": "youtube",
    "tiktok.": "tiktok",
    "pinterest.": "pinterest",
    "reddit.": "reddit",
}
_MEDIA = {
    "email": "email",
    "e-mail": "email",
    "newsletter": "email",
    "social": "social",
    "social-media": "social",
    "sm": "social",
    "paidsocial": "paid social",
    "paid_social": "paid social",
    "paid-social": "paid social",
    "display": "display",
    "banner": "display",
    "cpm": "display",
    "affiliate": "affiliate",
    "affiliates": "affiliate",
    "partner": "affiliate",
    "referral": "referral",
    "organic": "organic search",
    "sms": "sms",
    "push": "push",
    "audio": "audio",
    "video": "video",
    "offline": "offline",
    "qr": "offline",
}


def arrival(campaign: Any, page: Any, referrer: Any) -> Source | None:
    """The source of a touchpoint by its context's `campaign`, `page` and `referrer`; none if it is a further step on
    the same site, or says nothing."""
    if isinstance(campaign, dict) and (found := source_of(campaign)) is not None:
        return found
    page = page if isinstance(page, dict) else {}
    url, told = page.get("url") or page.get("search"), page.get("referrer")
    if not told and isinstance(referrer, dict):
        told = referrer.get("url")
    return _by_address(url if isinstance(url, str) else "", told if isinstance(told, str) else "")


def source_of(campaign: Mapping[str, Any]) -> Source | None:
    """The source that Segment's `context.campaign` (`source`, `medium`, `name`) says; none if it says nothing."""
    medium, source, name = (_word(campaign.get(each)) for each in ("medium", "source", "name"))
    if not (medium or source or name):
        return None
    return Source(_channel(medium.lower(), source.lower()), source.lower(), name)


@lru_cache(maxsize=_REMEMBERED)
def _by_address(url: str, referrer: str) -> Source | None:
    try:
        here, there = urlsplit(url), urlsplit(referrer)
        asked = dict(parse_qsl(here.query, max_num_fields=64))
        host = (there.hostname or "").removeprefix("www.")
        ours = (here.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    told = {each: asked.get(f"utm_{each}") for each in ("source", "medium")}
    if (found := source_of({**told, "name": asked.get("utm_campaign")})) is not None:
        return found
    for click, (channel, source) in _CLICK_IDS.items():
        if click in asked:
            return Source(channel, source)
    if not host or host == ours:
        return None
    for site, name in _SOCIAL.items():
        if host.startswith(site) or f".{site}" in host:
            return Source("social", name)
    for site in _SEARCH:
        if host.startswith(site) or f".{site}" in host:
            return Source("organic search", site.rstrip("."))
    return Source("referral", host[:MAX_NAME])


def _channel(medium: str, source: str) -> str:
    if medium in _PAID:
        return "paid social" if source in _SOCIAL.values() else "paid search"
    if medium in _MEDIA:
        return _MEDIA[medium]
    if not medium and source in ("newsletter", "email"):
        return "email"
    return "other"


def _word(said: Any) -> str:
    return said.strip()[:MAX_NAME] if isinstance(said, str) else ""

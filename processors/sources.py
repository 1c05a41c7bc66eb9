"""Where a visit came from: UTM parameters, click ids, referrers and deep links become a marketing channel, a source, a
campaign.

The channels are those that web analytics has agreed on (Google Analytics' default channel group), and so is the order
in which they are told: by what the link says, then by the id that an advertiser's click left, then by the referring
site. What the link leaves open, the click id says.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from processors.sites import EMAIL, SEARCH, SOCIAL, VIDEO, app_called, domain_of, is_on_the_way, site_at, site_called
from schemas.details import Source

MAX_NAME = 60
DIRECT, UNASSIGNED = "direct", "unassigned"
"""Came by themselves; came by a link that says nothing anybody understands."""
_REMEMBERED = 4_096
_MOST_FIELDS = 64
_APP = "android-app"

_CLICK_IDS = {
    "gclid": Source("paid search", "google"),
    "gbraid": Source("paid search", "google"),
    "wbraid": Source("paid search", "google"),
    "dclid": Source("display", "google"),
    "msclkid": Source("paid search", "bing"),
    "yclid": Source("paid search", "yandex"),
    "ttclid": Source("paid social", "tiktok"),
    "twclid": Source("paid social", "x"),
    "li_fat_id": Source("paid social", "linkedin"),
    "rdt_cid": Source("paid social", "reddit"),
    "ScCid": Source("paid social", "snapchat"),
    "epik": Source("paid social", "pinterest"),
    "irclickid": Source("affiliate", "impact"),
    "awc": Source("affiliate", "awin"),
    "cjevent": Source("affiliate", "cj"),
    "mc_eid": Source(EMAIL, "mailchimp"),
    "_kx": Source(EMAIL, "klaviyo"),
    "_hsenc": Source(EMAIL, "hubspot"),
    # Both stand on what nobody paid for, too.
    "fbclid": Source(SOCIAL, "facebook"),
    "srsltid": Source(SEARCH, "google"),
}
_MEDIA = {
    "email": EMAIL,
    "mail": EMAIL,
    "newsletter": EMAIL,
    "edm": EMAIL,
    "organic": SEARCH,
    "organicsearch": SEARCH,
    "sem": "paid search",
    "paidsearch": "paid search",
    "social": SOCIAL,
    "organicsocial": SOCIAL,
    "socialmedia": SOCIAL,
    "socialnetwork": SOCIAL,
    "sm": SOCIAL,
    "paidsocial": "paid social",
    "video": VIDEO,
    "paidvideo": "paid video",
    "display": "display",
    "banner": "display",
    "interstitial": "display",
    "expandable": "display",
    "cpm": "display",
    "affiliate": "affiliate",
    "affiliates": "affiliate",
    "partner": "affiliate",
    "referral": "referral",
    "link": "referral",
    "app": "referral",
    "sms": "sms",
    "push": "push",
    "mobilepush": "push",
    "webpush": "push",
    "notification": "push",
    "audio": "audio",
    "podcast": "audio",
    "offline": "offline",
    "print": "offline",
    "qr": "offline",
    "qrcode": "offline",
}
_PAID = frozenset(("cpc", "ppc", "cpa", "cpv", "cpp", "retargeting", "remarketing"))
_PAID_FOR = {SEARCH: "paid search", SOCIAL: "paid social", VIDEO: "paid video"}
CHANNELS = frozenset((*_MEDIA.values(), *_PAID_FOR.values(), "paid other", DIRECT, UNASSIGNED))
"""Every channel that a visit may come by; who reports spending may name others."""

OPENED_BY = {
    "deep link opened": "",
    "deep link clicked": "",
    "application opened": "",
    "application installed": "",
    "install attributed": "paid",
    "push notification tapped": "push",
    "email link clicked": "email",
    "sms link clicked": "sms",
}
"""Events whose properties say what brought the customer, as `normal_name` spells them, with the medium where they name
none."""
_APART = re.compile(r"[\W_]+")


def arrival(campaign: Any, page: Any, referrer: Any) -> Source | None:
    """The source of a touchpoint by its context's `campaign`, `page` and `referrer`; none if it is a further step on
    the same site, or says nothing."""
    page = page if isinstance(page, dict) else {}
    url, told = page.get("url") or page.get("search"), page.get("referrer")
    if not told and isinstance(referrer, dict):
        told = referrer.get("url")
    url = url if isinstance(url, str) else ""
    if isinstance(campaign, dict) and (found := source_of(campaign, url=url)) is not None:
        return found
    return _by_address(url, told if isinstance(told, str) else "")


def opened_by(name: str, properties: Mapping[str, Any]) -> Source | None:
    """What an app was opened by, or a link in a message, by the properties of such an event (see `OPENED_BY`; `name` is
    spelled as there)."""
    medium, campaign = OPENED_BY[name], properties.get("campaign")
    said = dict(campaign) if isinstance(campaign, dict) else {"name": properties.get("campaign_name")}
    for ours, theirs in (("source", "utm_source"), ("medium", "utm_medium"), ("name", "utm_campaign")):
        said[ours] = said.get(ours) or properties.get(theirs)
    url = properties.get("url") or properties.get("link_url")
    url = url if isinstance(url, str) else ""
    if _word(said.get("source")).lower() == "organic":
        # What those who attribute installs call one that nobody can take credit for.
        return None
    # A link says more of itself than of the message that it stands in.
    if (found := _by_link(url)) is not None and not (said.get("source") or said.get("medium")):
        return found
    if (found := source_of(said, medium, url)) is not None:
        return found
    app = properties.get("referring_application")
    told = app if isinstance(app, str) else ""
    return _by_address(url, told if "://" in told else f"{_APP}://{told}" if "." in told else "")


def source_of(campaign: Mapping[str, Any], medium: str = "", url: str = "") -> Source | None:
    """The source that Segment's `context.campaign` (`source`, `medium`, `name`) says; none if it says nothing.

    `medium` is the usual one where it names none, and `url` the link, whose click id may tell.
    """
    said, source, name = (_word(campaign.get(each)) for each in ("medium", "source", "name"))
    said = said or medium
    if not (said or source or name):
        return None
    site = site_called(source.lower())
    source = site.name if site else source.lower()
    if not said and (click := _click(url)) is not None:
        return Source(click.channel, source or click.source, name)
    channel = _channel(_APART.sub("", said.lower()), source, site.channel if site else "")
    return Source(channel, "" if channel == DIRECT else source, name)


@lru_cache(maxsize=_REMEMBERED)
def _by_address(url: str, referrer: str) -> Source | None:
    if (found := _by_link(url)) is not None or not referrer:
        return found
    try:
        there, ours = urlsplit(referrer), urlsplit(url).hostname or ""
        host = (there.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    if there.scheme == _APP:
        app = app_called(host)
        return Source(app.channel, app.name) if app else Source("referral", host[:MAX_NAME]) if host else None
    if not host or domain_of(host) == domain_of(ours) or is_on_the_way(host):
        return None
    site = site_at(host)
    return Source(site.channel, site.name) if site else Source("referral", host[:MAX_NAME])


def _by_link(url: str) -> Source | None:
    """What a link says by its parameters."""
    if "?" not in url:
        return None
    asked = _asked(url)
    utm = {each: asked.get(f"utm_{each}") for each in ("source", "medium")}
    found = source_of({**utm, "name": asked.get("utm_campaign")}, url=url)
    return found if found is not None else _click(url)


def _click(url: str) -> Source | None:
    if "?" not in url:
        return None
    asked = _asked(url)
    return next((source for name, source in _CLICK_IDS.items() if name in asked), None)


@lru_cache(maxsize=_REMEMBERED)
def _asked(url: str) -> dict[str, str]:
    query = url.partition("?")[2].partition("#")[0]
    try:
        return dict(parse_qsl(query, max_num_fields=_MOST_FIELDS))
    except ValueError:
        return {}


def _channel(medium: str, source: str, organic: str) -> str:
    """The channel of a link by its medium, without separators, its source, and the channel of the source's site."""
    if medium in _MEDIA:
        return _MEDIA[medium]
    if medium in _PAID or medium.startswith("paid"):
        return _PAID_FOR.get(organic, "paid other")
    if organic:
        return organic
    if source in ("(direct)", DIRECT):
        return DIRECT
    if (told := _MEDIA.get(_APART.sub("", source))) is not None:
        return told
    return "referral" if "." in source and not medium else UNASSIGNED


def _word(said: Any) -> str:
    return said.strip()[:MAX_NAME] if isinstance(said, str) else ""

"""Sites that visitors come from, by host, by app, or by the name that a link gives them: what each is called here, and
the marketing channel of who comes from there without having been paid for."""

from functools import lru_cache
from typing import NamedTuple

_REMEMBERED = 4_096


class Site(NamedTuple):
    """A site that is known: its name, and the channel that it belongs to."""

    name: str
    channel: str


SEARCH, SOCIAL, VIDEO, EMAIL = "organic search", "social", "video", "email"

_EVERYWHERE = frozenset(("google", "bing", "yahoo", "yandex", "baidu", "ecosia", "qwant", "startpage", "seznam"))
"""Search engines that are found under the domains of many countries."""
_DOMAINS = {
    "duckduckgo.com": Site("duckduckgo", SEARCH),
    "search.brave.com": Site("brave", SEARCH),
    "naver.com": Site("naver", SEARCH),
    "facebook.com": Site("facebook", SOCIAL),
    "fb.com": Site("facebook", SOCIAL),
    "fb.me": Site("facebook", SOCIAL),
    "messenger.com": Site("facebook", SOCIAL),
    "instagram.com": Site("instagram", SOCIAL),
    "threads.net": Site("threads", SOCIAL),
    "threads.com": Site("threads", SOCIAL),
    "whatsapp.com": Site("whatsapp", SOCIAL),
    "wa.me": Site("whatsapp", SOCIAL),
    "t.co": Site("x", SOCIAL),
    "twitter.com": Site("x", SOCIAL),
    "x.com": Site("x", SOCIAL),
    "linkedin.com": Site("linkedin", SOCIAL),
    "lnkd.in": Site("linkedin", SOCIAL),
    "tiktok.com": Site("tiktok", SOCIAL),
    "pinterest.com": Site("pinterest", SOCIAL),
    "pin.it": Site("pinterest", SOCIAL),
    "reddit.com": Site("reddit", SOCIAL),
    "snapchat.com": Site("snapchat", SOCIAL),
    "quora.com": Site("quora", SOCIAL),
    "vk.com": Site("vk", SOCIAL),
    "xing.com": Site("xing", SOCIAL),
    "bsky.app": Site("bluesky", SOCIAL),
    "news.ycombinator.com": Site("hackernews", SOCIAL),
    "t.me": Site("telegram", SOCIAL),
    "youtube.com": Site("youtube", VIDEO),
    "youtu.be": Site("youtube", VIDEO),
    "vimeo.com": Site("vimeo", VIDEO),
    "twitch.tv": Site("twitch", VIDEO),
    "mail.google.com": Site("gmail", EMAIL),
    "mail.yahoo.com": Site("yahoo mail", EMAIL),
    "outlook.live.com": Site("outlook", EMAIL),
    "outlook.office.com": Site("outlook", EMAIL),
    "mail.proton.me": Site("proton mail", EMAIL),
}
_APPS = {
    "com.google.android.gm": Site("gmail", EMAIL),
    "com.microsoft.office.outlook": Site("outlook", EMAIL),
    "com.google.android.googlequicksearchbox": Site("google", SEARCH),
    "com.facebook.katana": Site("facebook", SOCIAL),
    "com.facebook.orca": Site("facebook", SOCIAL),
    "com.instagram.android": Site("instagram", SOCIAL),
    "com.whatsapp": Site("whatsapp", SOCIAL),
    "com.twitter.android": Site("x", SOCIAL),
    "com.linkedin.android": Site("linkedin", SOCIAL),
    "com.zhiliaoapp.musically": Site("tiktok", SOCIAL),
    "com.pinterest": Site("pinterest", SOCIAL),
    "com.reddit.frontpage": Site("reddit", SOCIAL),
    "com.google.android.youtube": Site("youtube", VIDEO),
}
_ALIASES = {
    "adwords": "google",
    "googleads": "google",
    "google ads": "google",
    "google-ads": "google",
    "bing ads": "bing",
    "bingads": "bing",
    "fb": "facebook",
    "meta": "facebook",
    "ig": "instagram",
    "twitter": "x",
}
_BY_NAME = {site.name: site for site in _DOMAINS.values()} | {name: Site(name, SEARCH) for name in _EVERYWHERE}

_ON_THE_WAY = frozenset(
    (
        "paypal.com", "stripe.com", "klarna.com", "adyen.com", "mollie.com", "pay.google.com", "pay.amazon.com",
        "shop.app", "3dsecure.io", "accounts.google.com", "appleid.apple.com", "login.microsoftonline.com",
        "login.live.com", "okta.com", "auth0.com",
    )
)  # fmt: skip
"""Who sends back a visitor who went there to pay or to sign in: nobody comes from there."""
_SECOND_LEVEL = frozenset(("co", "com", "org", "net", "ac", "gov", "edu", "or", "ne", "go"))
_COUNTRY = 2


@lru_cache(maxsize=_REMEMBERED)
def domain_of(host: str) -> str:
    """The part of a host that somebody has registered.

    Told by its shape: the list of all public suffixes is long, and out of date whenever it is shipped.

    >>> domain_of("www.shop.example"), domain_of("www.shop.co.uk"), domain_of("127.0.0.1")
    ('shop.example', 'shop.co.uk', '127.0.0.1')
    """
    labels = host.split(".")
    if labels[-1].isdigit():
        return host
    most = 3 if len(labels) > _COUNTRY and len(labels[-1]) == _COUNTRY and labels[-2] in _SECOND_LEVEL else 2
    return ".".join(labels[-most:])


@lru_cache(maxsize=_REMEMBERED)
def site_at(host: str) -> Site | None:
    """The site at a host, in lower case.

    >>> site_at("news.google.co.uk"), site_at("mail.google.com").channel, site_at("google.evil.example")
    (Site(name='google', channel='organic search'), 'email', None)
    """
    domain = domain_of(host)
    found = _DOMAINS.get(host.removeprefix("www.")) or _DOMAINS.get(domain)
    name = domain.partition(".")[0]
    return found or (_BY_NAME[name] if name in _EVERYWHERE else None)


def app_called(package: str) -> Site | None:
    """The app of a package name, as `com.facebook.katana`."""
    return _APPS.get(package)


def site_called(name: str) -> Site | None:
    """The site that a link means by `utm_source`, in lower case.

    >>> site_called("fb").name, site_called("m.facebook.com").name, site_called("our newsletter")
    ('facebook', 'facebook', None)
    """
    return _BY_NAME.get(_ALIASES.get(name, name)) or (site_at(name) if "." in name else None)


def is_on_the_way(host: str) -> bool:
    """Whether a visitor was only sent there to pay or to sign in."""
    return host in _ON_THE_WAY or domain_of(host) in _ON_THE_WAY

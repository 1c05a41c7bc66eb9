"""Where a visit came from: by the words of a link, by click ids, by referring sites, by what opened an app."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.sites import domain_of, is_on_the_way, site_called
from processors.sources import CHANNELS, DIRECT, MAX_NAME, OPENED_BY, arrival, opened_by, source_of
from schemas.details import Source

SHOP = "https://www.shop.example/benches"


@pytest.mark.parametrize(
    ("campaign", "source"),
    [
        ({"source": "News", "medium": "email", "name": "May"}, Source("email", "news", "May")),
        ({"source": "crm", "medium": "E-Mail"}, Source("email", "crm")),
        ({"source": "newsletter"}, Source("email", "newsletter")),
        ({"source": "facebook", "medium": "cpc"}, Source("paid social", "facebook")),
        ({"source": "FB", "medium": "Paid_Social"}, Source("paid social", "facebook")),
        ({"source": "m.facebook.com"}, Source("social", "facebook")),
        ({"source": "adwords", "medium": "ppc", "name": "brand"}, Source("paid search", "google", "brand")),
        ({"source": "google"}, Source("organic search", "google")),
        ({"source": "youtube", "medium": "cpv"}, Source("paid video", "youtube")),
        ({"source": "gazette", "medium": "cpc"}, Source("paid other", "gazette")),
        ({"source": "gazette", "medium": "cpm"}, Source("display", "gazette")),
        ({"source": "chatgpt.com"}, Source("referral", "chatgpt.com")),
        ({"source": "(direct)", "medium": "(none)"}, Source(DIRECT)),
        ({"source": "poster", "medium": "walls"}, Source("unassigned", "poster")),
        ({"name": "May"}, Source("unassigned", "", "May")),
        ({"source": 7, "medium": None, "term": "benches"}, None),
    ],
)  # fmt: skip
def test_a_link_says_it_in_words(campaign: dict[str, Any], source: Source | None) -> None:
    assert source_of(campaign) == source
    assert arrival(campaign, {"url": SHOP, "referrer": SHOP}, None) == source


@pytest.mark.parametrize(
    ("query", "source"),
    [
        ("utm_source=bing&utm_medium=cpc&utm_campaign=May", Source("paid search", "bing", "May")),
        ("gclid=1", Source("paid search", "google")),
        ("utm_campaign=May&gclid=1", Source("paid search", "google", "May")),
        ("utm_source=google&gclid=1", Source("paid search", "google")),
        ("utm_source=google&utm_medium=display&gclid=1", Source("display", "google")),
        ("msclkid=1", Source("paid search", "bing")),
        ("fbclid=1", Source("social", "facebook")),
        ("ScCid=1", Source("paid social", "snapchat")),
        ("awc=1_2", Source("affiliate", "awin")),
        ("mc_eid=1#utm_source=x", Source("email", "mailchimp")),
        ("page=2&gclid=", None),
        ("", None),
    ],
)
def test_a_click_says_what_the_link_leaves_open(query: str, source: Source | None) -> None:
    assert arrival(None, {"url": f"{SHOP}?{query}", "referrer": SHOP}, None) == source


@pytest.mark.parametrize(
    ("referrer", "source"),
    [
        ("https://www.google.co.uk/", Source("organic search", "google")),
        ("https://search.brave.com/", Source("organic search", "brave")),
        ("https://t.co/x", Source("social", "x")),
        ("https://t.company.example/", Source("referral", "t.company.example")),
        ("https://google.evil.example/", Source("referral", "google.evil.example")),
        ("https://l.facebook.com/", Source("social", "facebook")),
        ("https://mail.google.com/mail/u/0/", Source("email", "gmail")),
        ("https://youtu.be/1", Source("video", "youtube")),
        ("https://blog.example/a", Source("referral", "blog.example")),
        ("android-app://com.google.android.gm/", Source("email", "gmail")),
        ("android-app://com.example.reader/", Source("referral", "com.example.reader")),
        ("https://www.paypal.com/checkout", None),
        ("https://accounts.google.com/", None),
        ("https://shop.example/", None),
        ("https://checkout.shop.example/", None),
        ("https://[", None),
        ("$direct", None),
    ],
)
def test_sites_send_visitors_but_not_our_own_nor_where_one_pays(referrer: str, source: Source | None) -> None:
    assert arrival(None, {"url": SHOP, "referrer": referrer}, None) == source
    assert arrival(None, {"url": SHOP}, {"url": referrer}) == source


@pytest.mark.parametrize(
    ("event", "properties", "source"),
    [
        ("deep link opened", {"url": "shop://a?utm_source=ig&utm_medium=paid"}, Source("paid social", "instagram")),
        ("deep link opened", {"url": "shop://benches", "referring_application": "com.facebook.katana"},
         Source("social", "facebook")),
        ("deep link opened", {"url": "shop://benches", "referring_application": "GMail"}, None),
        ("application opened", {"referring_application": "https://a.example/"}, Source("referral", "a.example")),
        ("install attributed", {"campaign": {"source": "FB", "name": "May"}}, Source("paid social", "facebook", "May")),
        ("install attributed", {"campaign": {"source": "Organic"}}, None),
        ("push notification tapped", {"campaign": {"medium": "Push", "source": "braze", "name": "May"}},
         Source("push", "braze", "May")),
        ("push notification tapped", {}, Source("push")),
        ("email link clicked", {"campaign_name": "May", "link_url": f"{SHOP}?utm_source=news&utm_medium=email"},
         Source("email", "news")),
        ("email link clicked", {"campaign_name": "May", "link_url": SHOP}, Source("email", "", "May")),
        ("application opened", {"utm_source": "fb", "utm_medium": "cpc"}, Source("paid social", "facebook")),
        ("application opened", {"url": 7, "campaign": []}, None),
    ],
)  # fmt: skip
def test_apps_and_messages_say_what_they_were_opened_by(
    event: str, properties: dict[str, Any], source: Source | None
) -> None:
    assert opened_by(event, properties) == source


@pytest.mark.parametrize(
    ("campaign", "page", "referrer"),
    [
        ({"source": 7}, {"url": "https://[", "referrer": 5}, []),
        (None, {"url": ["a"], "referrer": SHOP * 99}, {"url": 3}),
        (None, {"search": "?" + "&".join(f"a{n}=1" for n in range(99))}, None),
        ([], [], "https://blog.example"),
    ],
)
def test_what_nobody_understands_says_nothing_and_breaks_nothing(campaign: Any, page: Any, referrer: Any) -> None:
    found = arrival(campaign, page, referrer)
    assert found is None or found.channel == "referral"


words = st.one_of(st.text(max_size=80), st.sampled_from([*OPENED_BY, "cpc", "fb", "google.com", "x.com", "qr", "push"]))


@given(words, words, words, words)
def test_a_visit_comes_by_a_channel_that_is_known_and_names_are_bounded(a: str, b: str, c: str, d: str) -> None:
    for found in (
        arrival({"source": a, "medium": b, "name": c}, None, None),
        arrival(None, {"url": f"{SHOP}?utm_source={a}&{b}={c}", "referrer": f"https://{d}/"}, None),
        opened_by("install attributed", {"campaign": {"source": a, "name": c}, "url": f"x://?utm_medium={b}"}),
    ):
        assert found is None or (found.channel in CHANNELS and len(found.source) <= MAX_NAME >= len(found.campaign))


def test_sites_and_domains_are_told_by_their_hosts() -> None:
    assert [domain_of(each) for each in ("a.b.shop.com.br", "shop", "", "10.0.0.1", "t.co", "a.co")] == [
        "shop.com.br", "shop", "", "10.0.0.1", "t.co", "a.co",
    ]  # fmt: skip
    assert site_called("ig") == site_called("instagram.com") == site_called("www.instagram.com")
    assert is_on_the_way("checkout.stripe.com")
    assert not is_on_the_way("stripe.example")

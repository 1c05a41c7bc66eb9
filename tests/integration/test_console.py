"""The console without a browser: who may enter, what is refused, and that strangers' words stay words."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from redis import Redis

from processors.population.acquisition import AcquisitionTally
from processors.population.satisfaction import SatisfactionTally
from processors.population.value import ValueTally
from schemas.facts import Facts
from schemas.judgements import Change, Judgements, Movement
from schemas.population import PainPoint
from schemas.profile import Profile
from schemas.segments import Segments
from schemas.settings import Settings
from streams.store.documents import write_profile
from streams.store.roster import MOST
from tests.alerting import alert_of
from tests.harness import running_gateway, wait_until
from tests.integration.consoling import (
    HOSTILE,
    MEMBER,
    console_settings,
    keep,
    keep_journeys,
    publish_card,
    publish_roster,
    publish_section,
    running_console,
    town,
)
from tests.integration.working import ebbflow, environment_of, folded, running_worker
from tests.nursery import Forked
from tests.telling import actions_told, churn_told, satisfaction_told, value_told
from tests.unit.channels import business

pytestmark = pytest.mark.integration

HTML = {"Accept": "text/html"}
NOW = datetime.now(UTC)


@pytest.fixture
def own(settings: Settings) -> Settings:
    return console_settings(settings)


@pytest.fixture
def console(own: Settings, tmp_path: Path) -> Iterator[str]:
    with running_console(own, tmp_path / "console.log") as url:
        yield url


@pytest.fixture
def client(console: str) -> Iterator[httpx.Client]:
    """Somebody who has signed in."""
    with httpx.Client(base_url=console, timeout=20, headers=HTML) as client:
        assert client.post("/sign-in", data={"token": MEMBER}).status_code == 303
        yield client


def test_nobody_enters_without_a_token_of_the_team(own: Settings, console: str) -> None:
    with httpx.Client(base_url=console, timeout=20) as stranger:
        for path in (
            "/",
            "/customers/ada",
            "/customers?id=ada",
            "/acquisition",
            "/why",
            "/satisfaction",
            "/value",
            "/models",
            "/segments",
            "/customers",
            "/no",
        ):
            asked = stranger.get(path, headers=HTML)
            assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in")
            assert stranger.get(path).status_code == 403
        assert stranger.get("/_nicegui_ws/socket.io/?EIO=4&transport=polling").status_code == 403
        assert "Sign in" in stranger.get("/sign-in").text
        for wrong in ("", "wrong", MEMBER + "x", "grace=" + MEMBER, "x" * 10_000, "ü\udc80".encode("utf-8", "replace")):
            answer = stranger.post("/sign-in", data={"token": wrong})
            assert answer.status_code in (403, 413)
            assert "set-cookie" not in answer.headers
        for forged in ("", "9999999999.", f"9999999999.{'0' * 64}", "x.y.z", "é.é", f"{'9' * 5000}.0"):
            told = {"Cookie": f"ebbflow_console={forged}".encode(), "Accept": "text/html"}
            assert stranger.get("/", headers=told).status_code == 303


def test_a_session_is_a_signed_cookie_that_ends_with_its_token(own: Settings, console: str, tmp_path: Path) -> None:
    answer = httpx.post(f"{console}/sign-in", data={"token": MEMBER})
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax"} <= set(re.split(r";\s*", cookie))
    assert MEMBER not in cookie
    held = {"Cookie": cookie.partition(";")[0], **HTML}
    shown = httpx.get(f"{console}/", headers=held)
    assert shown.status_code == 200
    assert shown.headers["x-frame-options"] == "DENY"
    until, _, signature = held["Cookie"].partition("=")[2].partition(".")
    later = {**held, "Cookie": f"ebbflow_console={int(until) + 1}.{signature}"}
    assert httpx.get(f"{console}/", headers=later).status_code == 303
    # Another site's page neither acts nor connects in the name of who has signed in.
    elsewhere = {**held, "Origin": "https://elsewhere.example"}
    polling = f"{console}/_nicegui_ws/socket.io/?EIO=4&transport=polling"
    assert httpx.post(polling, headers=elsewhere).status_code == 403
    assert httpx.post(f"{console}/sign-out", headers=elsewhere).status_code == 403
    out = httpx.post(f"{console}/sign-out", headers=held)
    assert 'ebbflow_console=""' in out.headers["set-cookie"]
    other = console_settings(own, team_tokens="another-token-of-the-team")
    with running_console(other, tmp_path / "other.log") as url:
        assert httpx.get(f"{url}/", headers=held).status_code == 303


def test_without_a_token_it_is_open_on_loopback_alone(own: Settings, tmp_path: Path) -> None:
    nobody = console_settings(own, team_tokens="", policy={"without": ["journey"]})
    with running_console(nobody, tmp_path / "open.log") as url:
        assert httpx.get(f"{url}/").status_code == 200
        assert "Journeys are not kept" in httpx.get(f"{url}/journeys").text
        # A page of elsewhere whose name points here.
        assert httpx.get(f"{url}/", headers={"Host": "evil.example"}).status_code == 403
    log = tmp_path / "wide.log"
    wide = {**environment_of(nobody), "EBBFLOW_CONSOLE_HOST": "0.0.0.0"}
    with Forked("the console", "streams.cli", ["console"], log, wide) as console:
        wait_until(lambda: console.status is not None, within=20)
        assert console.status == 1
    assert "EBBFLOW_TEAM_TOKENS" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_each_page_says_what_to_do_when_there_is_nothing(own: Settings, client: httpx.Client) -> None:
    assert "No alerts yet" in client.get("/").text
    assert "No such alerts" in client.get("/?kind=churn.risk&status=open").text
    assert "No model yet" in client.get("/models").text
    assert "have not been counted yet" in client.get("/acquisition").text
    publish_section(own, "acquisition", AcquisitionTally(own.policy).told(0.0))
    assert "Nobody was seen to come from anywhere" in client.get("/acquisition").text
    assert "No journeys yet" in client.get("/journeys").text
    why = client.get("/why").text
    assert "Nobody has had the time to leave yet" in why
    assert "No trial has ended yet" in why
    publish_section(own, "churn", churn_told().model_copy(update={"culprits": [], "pain_points": []}))
    why = client.get("/why").text
    assert "Nobody more than others" in why
    assert "No trouble does more often than chance would have it" in why
    assert "have not been counted yet" in client.get("/satisfaction").text
    publish_section(own, "satisfaction", SatisfactionTally(own.policy).told(0.0))
    assert "Nobody has been asked, or has answered" in client.get("/satisfaction").text
    assert "have not been counted yet" in client.get("/value").text
    publish_section(own, "value", ValueTally(own.policy).told(0.0))
    assert "Nobody has paid yet" in client.get("/value").text
    assert "Nobody is known by this id" in client.get("/customers/ada").text
    assert client.get("/customers?id=%20a%2Fb%3F%20").headers["location"] == "/customers/a%2Fb%3F"
    for path in ("/customers", "/customers?id=", "/customers?segment=vip"):
        assert "The customers have not been listed yet" in client.get(path).text
    assert "have not been counted yet" in client.get("/segments").text
    publish_roster(own, NOW, ())
    assert "No customers yet" in client.get("/customers").text
    publish_section(own, "segments", Segments(at=NOW, customers=0, segments=[], moves=[]))
    assert "No customers yet" in client.get("/segments").text
    assert client.get("/nothing").status_code == 404


def test_pages_show_what_there_is(own: Settings, client: httpx.Client, tmp_path: Path) -> None:
    publish_card(own)
    with running_gateway(own) as gateway, running_worker(own, tmp_path / "worker.log"):
        paid, came = {"revenue": 42.5, "currency": "EUR"}, {"source": "news", "medium": "email", "name": "May"}
        order = {"userId": "ada", "event": "Order Completed", "properties": paid, "context": {"campaign": came}}
        traits = {"userId": "ada", "traits": {"plan": "gold"}}
        for kind, body in (("track", order), ("identify", traits)):
            assert httpx.post(f"{gateway}/v1/{kind}", json=body, auth=("test-write-key", "")).is_success
        wait_until(lambda: folded(own) == 2)
    publish_section(own, "acquisition", business(0, "affiliate"))
    keep(own, alert_of(), alert_of("grace", severity="critical"))
    everything = client.get("/").text
    for said in ("ada will stay away", "grace will stay away", "Call them.", "120.00 EUR at stake", "83% sure"):
        assert said in everything
    critical = client.get("/?severity=critical").text
    assert "grace will stay away" in critical
    assert "ada will stay away" not in critical
    customer = client.get("/customers/ada").text
    for said in ("gold", "42.50", "Order Completed", "active", "Call them.", "What to do next", "email / news / May"):
        assert said in customer
    acquisition = client.get("/acquisition").text
    for said in ("450 customers acquired", "Customers of affiliate leave more often", "Data-driven", "4,800.00 EUR"):
        assert said in acquisition
    models = client.get("/models").text
    for said in ("Version 7 scores", "0.871", "0.811", "It ranks better", "Calibration"):
        assert said in models
    ebbflow(own, "handle", alert_of().id, "resolve", "--by", "Grace", "--note", "Called.")
    wait_until(lambda: "Called." in client.get("/?status=resolved").text, within=10)


def test_journeys_are_said_in_words_and_figures(own: Settings, client: httpx.Client) -> None:
    pain = PainPoint(
        name="Payment Failed",
        customers=41,
        churned=0.61,
        expected=0.3,
        excess=12.7,
        value_hurt={"EUR": 950.0},
        chance=0.002,
    )
    keep_journeys(own, pain)
    shown = html.unescape(client.get("/journeys").text)
    for said in (
        "300 customers", "From step to step", "What comes after what. Most often: ", "Mostly next", "Stages",
        "Funnel: stages", "Of the step before", "Ways out", "discover > consider", "Payment Failed", "950 EUR",
    ):  # fmt: skip
        assert said in shown
    keep_journeys(own)
    assert "None that is sure." in client.get("/journeys").text


def test_why_customers_leave_and_what_is_done_about_it(own: Settings, client: httpx.Client) -> None:
    publish_section(own, "churn", churn_told())
    publish_section(own, "actions", actions_told())
    keep(own, alert_of("ada", action="call"), alert_of("grace", action="nothing"), alert_of("linus"))
    shown = client.get("/why").text
    for said in (
        "Of plan basic more left than the week before: 41% after 18%", "+10.0 points", "once in 250",
        "payment failed", "1,234.50 EUR", "less than once in 1,000", "2026-03-02, so far", "19%",
        "80 customers were held out", "35% of them stayed", "Beyond chance, call keeps customers", "+17.0",
        "+5.0 to +29.0", "-10.0 to +14.0", "Of the newest 2 alerts with an action, 1 say to do nothing",
    ):  # fmt: skip
        assert said in shown, said
    held_out = shown[shown.index("Who is held out") :]
    assert "grace" in held_out
    assert "linus" not in held_out
    for said in ("action: call", "action: nothing"):
        assert said in client.get("/").text


def test_value_by_currency_and_who_holds_how_much_of_it(own: Settings, client: httpx.Client) -> None:
    publish_section(own, "value", value_told())
    shown = client.get("/value").text
    for said in (
        "1,200 customers who have paid", "84,000.50", "9,100.00", "1,450.25", "41,300.00", "paid 62% of it all",
        "not said", "38%", "31%",
    ):  # fmt: skip
        assert said in shown, said


def test_satisfaction_with_how_sure_it_is_and_day_by_day(own: Settings, client: httpx.Client) -> None:
    publish_section(own, "satisfaction", satisfaction_told())
    shown = client.get("/satisfaction").text
    for said in (
        "Net Promoter Score +32", "from +20 to +45", "Detractors", "26%", "7.9 ± 0.3", "42% to 56%", "40%",
        "There is no response rate where nobody tells who is asked", "A line takes two days",
    ):  # fmt: skip
        assert said in shown, said
    for days_ago in (1, 2):
        publish_section(own, "satisfaction", satisfaction_told(days_ago))
    shown = client.get("/satisfaction").text
    for said in ("2026-02-28", "+18 to +43", "Net Promoter Score day by day: +30 at first, +32 at last", "Ratings 80%"):
        assert said in shown, said


def test_a_customers_page_says_why_the_risk_has_moved(own: Settings, client: httpx.Client) -> None:
    facts = Facts(first_seen=1.0, last_seen=2.0, touchpoints=1, days=1)
    changes = [Change("friction", 1_100, 0, 1_099), Change("tenure", -20, 1_000, 2_000)]
    movement = Movement(1_771_459_200.0, 1_772_409_600.0, 2_100, 8_300, changes, 1_700, {"Payment Failed": 2})
    with Redis.from_url(own.redis_url) as redis:
        document = write_profile(Profile("ada", facts, Judgements(movement=movement)))
        redis.set(own.keyspace("profile:ada"), document)
    shown = html.unescape(client.get("/customers/ada").text)
    assert "Since 2026-02-19 the risk went from 21% to 83%, because about 2 troubles such as failed payments" in shown
    assert "Touchpoints in between: 2 × Payment Failed." in shown
    told = ebbflow(own, "profile", "ada").stdout
    assert "Since 2026-02-19 the risk went from 21% to 83%" in " ".join(told.split())


def test_customers_are_listed_by_what_is_asked_for(own: Settings, client: httpx.Client) -> None:
    publish_roster(own, NOW, [f"c{number:03}" for number in range(120)])
    publish_section(own, "segments", town(NOW))
    first = client.get("/customers?order=at_risk").text
    assert "By value at risk, of 120 customers." in first
    assert customers_of(first) == [f"c{number:03}" for number in range(50)]
    more = html.unescape(re.findall(r'"(/customers\?[^"]*after=[^"]*)"', html.unescape(first))[0])
    assert customers_of(client.get(more).text) == [f"c{number:03}" for number in range(50, 100)]
    vips = client.get("/customers?order=last_seen&segment=vip&status=active").text
    assert customers_of(vips) == [f"c{number:03}" for number in range(0, 120, 3)]
    assert "There are no such customers" in client.get("/customers?status=left").text
    # What makes no sense counts as not said.
    assert customers_of(client.get("/customers?order=luck&status=odd&after=odd").text)[0] == "c000"
    segments = client.get("/segments").text
    for said in ("200 customers", "Champions", "At risk", "vip", "71%", "1,500.00 EUR", "newcomers", "most, 38, went"):
        assert said in segments
    assert "/customers?segment=At+risk" in segments


def test_who_is_far_down_the_list_is_found_by_looking_further(own: Settings, client: httpx.Client) -> None:
    publish_roster(own, NOW, [f"c{number:03}" for number in range(MOST + 1)])
    page = client.get("/customers?status=left").text
    assert "No such customers so far" in page
    (further,) = re.findall(r'"(/customers\?[^"]*after=[^"]*)"', html.unescape(page))
    assert "status=left" in further
    assert "There are no more" in client.get(further).text


def customers_of(page: str) -> list[str]:
    """The customers whom a page lists, in its order."""
    return re.findall(r"/customers/(c\d{3})", page)


def test_what_strangers_call_themselves_stays_text(own: Settings, client: httpx.Client) -> None:
    keep(own, alert_of(HOSTILE))
    for page in ("/", f"/customers/{quote(HOSTILE, safe='')}"):
        shown = client.get(page)
        assert shown.status_code == 200
        # A backtick ends the script's string that pages travel in, and means nothing in a title.
        script = re.sub("<title>.*?</title>", "", shown.text)
        assert "`${document" not in script
        assert "<img src=x" not in shown.text
    assert "onerror" in html.unescape(client.get("/").text)

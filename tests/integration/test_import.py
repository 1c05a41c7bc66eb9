"""Import by the command line into a running worker: an export of another system becomes profiles, once."""

import json
from pathlib import Path

import pytest
from redis import Redis

from schemas.rejected import Rejected
from schemas.settings import Settings
from streams.store.erased import ERASED, digest_of
from tests.harness import records_of, wait_until
from tests.integration.working import ebbflow, folded, profiles_of, running_worker

pytestmark = pytest.mark.integration

HEADER = "Name,Email,Financial Status,Currency,Total,Created at,Lineitem quantity,Lineitem name,Cancelled at,Id"


def imported(settings: Settings, *arguments: str) -> str:
    done = ebbflow(settings, "import", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """An export of 40 orders of 10 customers, one a day, of two items each; one of them was cancelled."""
    rows = []
    for number in range(40):
        customer, day = f"c{number % 10}@example.com", f"2026-01-{number // 2 + 1:02d} 12:{number:02d}:00 +0100"
        cancelled = "2026-01-30 12:00:00 +0100" if number == 7 else ""
        rows.append(f"#{number},{customer},paid,EUR,{number}.25,{day},1,Soap,{cancelled},{9000 + number}")
        rows.append(f"#{number},{customer},,,,{day},3,Mask,,")
    path = tmp_path / "orders_export.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def test_an_export_becomes_profiles_and_a_second_import_changes_nothing(
    settings: Settings, orders: Path, tmp_path: Path
) -> None:
    with running_worker(settings, tmp_path / "worker.log"):
        assert "41 touchpoints published, 0 rows refused" in imported(settings, str(orders), "--as", "shopify-orders")
        wait_until(lambda: folded(settings) == 41, within=90)
        first = profiles_of(settings)
        assert "replayed before" in imported(settings, str(orders), "--as", "shopify-orders")
        imported(settings, str(orders), "--as", "shopify-orders", "--again")
        # The same orders out of the API, another file altogether: their ids are the same.
        answer = {"orders": [order(number) for number in range(40)]}
        (tmp_path / "orders.json").write_text(json.dumps(answer))
        imported(settings, str(tmp_path / "orders.json"), "--as", "shopify-orders")
        marks = [f"#m{n},mark{n}@example.com,paid,EUR,1,2026-02-01,1,Soap,,{n}" for n in range(40)]
        (tmp_path / "marks.csv").write_text("\n".join([HEADER, *marks]) + "\n")
        imported(settings, str(tmp_path / "marks.csv"), "--as", "shopify-orders")
        wait_until(lambda: sum(name.startswith("mark") for name in profiles_of(settings)) == 40, within=90)
        second = {name: profile for name, profile in profiles_of(settings).items() if not name.startswith("mark")}
    assert set(first) == set(second) == {f"c{n}@example.com" for n in range(10)}
    for profiles in (first, second):
        assert sum(profile.facts.money["EUR"].orders for profile in profiles.values()) == 40
        assert sum(profile.facts.money["EUR"].revenue for profile in profiles.values()) == sum(range(40)) + 10
        assert profiles["c7@example.com"].facts.kinds == {"purchase": 4, "friction": 1}
        assert sum(profile.facts.touchpoints for profile in profiles.values()) == 41


def order(number: int) -> dict[str, object]:
    return {
        "id": 9000 + number,
        "email": f"C{number % 10}@example.com",
        "total_price": f"{number}.25",
        "currency": "EUR",
        "created_at": f"2026-01-{number // 2 + 1:02d}T12:{number:02d}:00+01:00",
    }


def test_bad_lines_are_told_counted_and_kept_and_do_not_end_it(settings: Settings, tmp_path: Path) -> None:
    lines = [json.dumps(order(1)), "{broken", json.dumps({**order(2), "email": None}), json.dumps(order(3)), "[]"]
    path = tmp_path / "orders.jsonl"
    path.write_text("\n".join([*lines, json.dumps(order(1))]) + "\n")
    said = imported(settings, str(path), "--as", "shopify-orders")
    assert "2 touchpoints published, 3 rows refused" in said
    assert "1 touchpoints are in the file more than once" in said
    for line in ("line 2: not JSON", "line 3: the row has no email", "line 5: a row must be a JSON object"):
        assert f"orders.jsonl, {line}" in said
    assert len(records_of(settings, "touchpoints")) == 2
    kept = [Rejected.model_validate_json(record.value).original for record in records_of(settings, "rejected")]
    assert sorted(kept) == sorted([b"{broken", lines[2].encode().replace(b": ", b":").replace(b", ", b","), b"[]"])


def test_customers_and_columns_may_be_named_otherwise(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "tickets.csv").write_text("Nummer,requester_id,created_at\n7,42,2026-01-05\n")
    file = str(tmp_path / "tickets.csv")
    imported(settings, file, "--as", "zendesk-tickets", "--map", "id=Nummer")
    [record] = records_of(settings, "touchpoints")
    assert record.key == b"zendesk:42"
    assert json.loads(record.value)["messageId"] == "zendesk:ticket:7"


def test_who_was_erased_is_not_written_again_and_field_rules_hold(settings: Settings, orders: Path) -> None:
    with Redis.from_url(settings.redis_url) as redis:
        redis.sadd(settings.keyspace(ERASED), digest_of("c1@example.com"))
    with orders.open("a") as file:
        file.write("#77,ada@example.com,paid,EUR,much,2026-02-01,1,Soap,,9077\n")
    ruled = settings.model_copy(update={"drop_fields": "properties.order_id,properties.Name"})
    said = imported(ruled, str(orders), "--as", "shopify-orders")
    assert "37 touchpoints published, 1 rows refused" in said
    assert "4 touchpoints are of customers who were erased" in said
    records = records_of(settings, "touchpoints")
    assert len(records) == 41 - 4
    assert not any(b"c1@example.com" in record.value or b"order_id" in record.value for record in records)
    [refused] = records_of(settings, "rejected")
    kept = Rejected.model_validate_json(refused.value).original
    assert b"9077" in kept
    assert b"#77" not in kept


def test_mistakes_are_told_in_words(settings: Settings, orders: Path) -> None:
    for arguments, words in (
        (("--as", "shopify"), "no such mapping"),
        (("--as", "shopify-orders", "--customer", "phone"), "email or id"),
        (("--as", "shopify-orders", "--map", "Email"), "FIELD=COLUMN"),
        (("--as", "shopify-orders", "--map", "Email=Mail"), "no such column"),
        (("--as", "intercom-conversations"), "no column of"),
    ):
        done = ebbflow(settings, "import", str(orders), *arguments)
        assert done.returncode != 0
        assert words in done.stderr
        assert "Traceback" not in done.stderr


def test_the_mappings_are_listed_with_what_they_read(settings: Settings) -> None:
    said = imported(settings, "--list")
    for words in ("shopify-orders", "requester_id", "email, external", "Lineitem name"):
        assert words in said

"""Reading logs: CSV and JSON lines, in the order of time, and nothing lost that does not fit."""

import gzip
import json
from pathlib import Path

import pytest

from processors.kinds import KindRules
from processors.reading import read
from schemas.kinds import Kind
from streams.replay.columns import Columns
from streams.replay.log import Log
from streams.replay.rows import LogFileError

ORDERS = Columns("who", "when", event_name="Order Completed", revenue="paid")
CSV = "who,when,paid,shop\nbob,2026-01-03,5.00,Bath\nada,2026-01-01,12.50,York\nada,2026-01-03,1,York\n"


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["log.csv", "log.CSV.gz"])
def test_a_csv_becomes_touchpoints_in_the_order_of_time(tmp_path: Path, name: str) -> None:
    log = Log(written(tmp_path, name, CSV), ORDERS)
    assert [(entry.row, entry.customer) for entry in log.entries] == [(0, "ada"), (1, "bob"), (2, "ada")]
    touch = read(log.entries[0].value, log.entries[0].at, KindRules())
    assert (touch.customer, touch.kind, touch.amount, touch.at) == ("ada", Kind.PURCHASE, 12.5, log.entries[0].at)
    assert json.loads(log.entries[0].value)["properties"] == {"shop": "York", "revenue": 12.5}


def test_json_lines_with_an_event_column(tmp_path: Path) -> None:
    lines = [
        {"id": 7, "ts": 1_767_571_200, "what": "Ticket Created", "deep": {"a": [1, 2]}},
        {"id": 7, "ts": "2026-01-05T01:00:00+01:00", "what": "Page Liked"},
        {"id": 7, "ts": 1_767_571_200_000, "what": "Order Completed"},
    ]
    path = written(tmp_path, "log.jsonl", "\n".join(json.dumps(line) for line in lines) + "\n\n")
    log = Log(path, Columns("id", "ts", event="what"))
    assert {entry.at for entry in log.entries} == {1_767_571_200.0}
    assert [json.loads(entry.value)["event"] for entry in log.entries] == [line["what"] for line in lines]
    assert log.entries[0].customer == "7"


def test_rows_that_make_no_touchpoint_are_kept_with_the_reason(tmp_path: Path) -> None:
    bad = [
        "eve,soon,1,x",
        "eve,,1,x",
        ",2026-01-01,1,x",
        "null,2026-01-01,1,x",
        "eve,2026-01-01,lots,x",
        "eve,2999-01-01,1,x",
    ]
    log = Log(written(tmp_path, "log.csv", CSV + "\n".join(bad) + "\n"), ORDERS)
    assert len(log.entries) == 3
    messages = [record.rejection.message for record in log.refused]
    assert [message.split(":")[0] for message in messages] == [f"log.csv, line {n}" for n in range(5, 11)]
    assert "no date" in messages[0]
    assert "no amount" in messages[4]
    assert "future" in messages[5]
    assert json.loads(log.refused[0].original)["when"] == "soon"


@pytest.mark.parametrize("name", ["log.jsonl", "log.ndjson.gz"])
def test_lines_that_are_no_json_object_do_not_end_it(tmp_path: Path, name: str) -> None:
    good = '{"who": "ada", "when": "2026-01-01", "paid": 1}'
    deep = "[" * 100_000
    log = Log(written(tmp_path, name, "\n".join([good, "not json", good, "[1]", '"x', deep, good]) + "\n"), ORDERS)
    assert len(log.entries) == 3
    places = [record.rejection.message.split(":")[0] for record in log.refused]
    assert places == [f"{name}, line {n}" for n in (2, 4, 5, 6)]
    assert log.refused[0].original == b"not json"


def test_bytes_that_are_no_text_spoil_their_line_only(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    good = b'{"who": "ada", "when": "2026-01-01", "paid": 1}\n'
    path.write_bytes(b"\xef\xbb\xbf" + good + b'{"who": "\xff"}\n' + good)
    log = Log(path, ORDERS)
    assert (len(log.entries), len(log.refused)) == (2, 1)


@pytest.mark.parametrize("text", ["[{0}, 1, {0}]", '{{"count": 3, "rows": [{0}, 1, {0}], "next": null}}'])
def test_a_json_array_or_an_answer_with_one(tmp_path: Path, text: str) -> None:
    item = '{"who": "ada", "when": "2026-01-01", "paid": 1}'
    log = Log(written(tmp_path, "log.json", text.format(item)), ORDERS)
    assert len(log.entries) == 2
    assert [record.rejection.message for record in log.refused] == ["log.json, item 2: a row must be a JSON object"]


@pytest.mark.parametrize("last", ["{}", "NaN"])
def test_a_json_array_is_as_long_as_it_is(tmp_path: Path, last: str) -> None:
    items = '{"who": "ada", "when": "2026-01-01", "paid": 1},' * 5_000
    log = Log(written(tmp_path, "log.json", f'{{"rows": [{items}{last}]}}'), ORDERS)
    assert (len(log.entries), len(log.refused)) == (5_000, 1)


def test_a_row_of_csv_that_is_none_does_not_end_it(tmp_path: Path) -> None:
    rows = ["who,when,paid", "ada,2026-01-01,1", "ada,2026-01-02," + "9" * 200_000, "ada,2026-01-03,1"]
    log = Log(written(tmp_path, "log.csv", "\n".join(rows) + "\n"), ORDERS)
    assert [json.loads(entry.value)["timestamp"][:10] for entry in log.entries] == ["2026-01-01", "2026-01-03"]
    assert log.refused[0].rejection.message.startswith("log.csv, line 3: not CSV")


def test_the_same_content_is_the_same_feed_and_another_reading_is_another(tmp_path: Path) -> None:
    one, two = written(tmp_path, "one.csv", CSV), written(tmp_path, "two.csv", CSV)
    assert Log(one, ORDERS).feed == Log(two, ORDERS).feed
    assert Log(one, ORDERS).feed != Log(one, Columns("who", "when", event_name="Visit")).feed
    assert Log(one, ORDERS).feed != Log(written(tmp_path, "more.csv", CSV + "ada,2026-02-01,1,York\n"), ORDERS).feed


@pytest.mark.parametrize(
    ("name", "text", "columns", "said"),
    [
        ("log.csv", "", ORDERS, "no rows"),
        ("log.csv", "who,when\na,2026-01-01\n", ORDERS, "--revenue paid: no such column; the file has who, when"),
        ("log.xlsx", "x", ORDERS, "only .csv"),
        ("log.json", '"x"', ORDERS, "expected an array"),
        ("log.json", '{"a": [], "b": []}', ORDERS, "2 arrays"),
        ("log.json", "[1, {]", ORDERS, "not JSON"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, name: str, text: str, columns: Columns, said: str) -> None:
    with pytest.raises(LogFileError, match=said):
        Log(written(tmp_path, name, text), columns)

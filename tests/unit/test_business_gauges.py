"""Gauges of the business: labels are few, and nothing stays that nobody keeps up."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY

from schemas.acquisition import Acquisition
from streams.worker.business import forget, show
from tests.integration.consoling import town
from tests.telling import value_told
from tests.unit.channels import business


@pytest.fixture(scope="module")
def told() -> Acquisition:
    return business(0, "affiliate")


@pytest.fixture(autouse=True)
def _forgetting() -> Iterator[None]:
    yield
    forget()


def labels(metric: str, label: str = "channel") -> set[str]:
    return {
        sample.labels[label]
        for family in REGISTRY.collect()
        if family.name == metric
        for sample in family.samples
    }  # fmt: skip


def test_what_brings_customers_is_shown_by_channel(told: Acquisition) -> None:
    show({"acquisition": told})
    for row in told.channels:
        assert REGISTRY.get_sample_value("ebbflow_acquired_customers", {"channel": row.channel}) == row.acquired
        assert row.churn is not None
        assert REGISTRY.get_sample_value("ebbflow_acquired_churned_ratio", {"channel": row.channel}) == row.churn.share
        cost = REGISTRY.get_sample_value("ebbflow_cost_per_customer", {"channel": row.channel, "currency": "EUR"})
        assert cost == (row.cost.per_customer if row.cost else None)
    assert labels("ebbflow_cost_per_customer") == {"affiliate", "display"}
    show({})
    assert labels("ebbflow_acquired_customers") == set()


def test_channels_that_reporters_make_up_have_no_label(told: Acquisition) -> None:
    made_up = told.channels[0].model_copy(update={"channel": "jane@example.com"})
    show({"acquisition": told.model_copy(update={"channels": [made_up, *told.channels[1:]]})})
    assert labels("ebbflow_acquired_customers") == {row.channel for row in told.channels[1:]}


def test_sizes_of_segments_are_shown_until_there_are_others() -> None:
    def size(by: str, segment: str) -> float | None:
        return REGISTRY.get_sample_value("ebbflow_segment_customers", {"by": by, "segment": segment})

    section = town(datetime.now(UTC))
    show({"segments": section})
    assert (size("lifecycle", "active"), size("rfm", "At risk"), size("own", "vip")) == (120, 30, 12)
    fewer = [each for each in section.segments if each.by != "own"]
    show({"segments": section.model_copy(update={"segments": fewer})})
    assert (size("lifecycle", "active"), size("own", "vip")) == (120, None)


def test_value_is_shown_by_currency() -> None:
    told = value_told()
    show({"value": told})
    for what, figure in (("to_date", 84_000.5), ("expected", 9_100.0), ("at_risk", 1_450.25), ("lifetime", 41_300.0)):
        assert REGISTRY.get_sample_value("ebbflow_value", {"what": what, "currency": "EUR"}) == figure
    held = {"what": "to_date", "currency": "EUR"}
    assert REGISTRY.get_sample_value("ebbflow_value_top_fifth_ratio", held) == pytest.approx(0.62)
    show({"value": told.model_copy(update={"currencies": told.currencies[1:]})})
    assert labels("ebbflow_value", "currency") == {""}
    assert labels("ebbflow_value_top_fifth_ratio", "what") == {"to_date"}

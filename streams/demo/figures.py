"""The demo's figures: read from the same Prometheus metrics that a dashboard would read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
from prometheus_client.parser import text_string_to_metric_families

_TIMEOUT = 2.0


@dataclass(frozen=True)
class Figures:
    """Where the workers stand. Rates of the model are by name: `champion`, `recency`, `minus_frequency`, `base_rate`.

    `lag` is in seconds of stream time; `read` counts touchpoints that the worker is done with, whatever came of them.
    """

    touchpoints: int = 0
    read: int = 0
    profiles: int = 0
    outcomes: int = 0
    churned: int = 0
    rejected: int = 0
    lag: float = 0.0
    learned: int = 0
    version: int = 0
    warm: bool = False
    auc: Mapping[str, float] = field(default_factory=dict)
    log_loss: Mapping[str, float] = field(default_factory=dict)


Samples = dict[str, list[tuple[dict[str, str], float]]]


class MetricsReader:
    """Reads the metrics of the profiles worker and of the learner."""

    def __init__(self, profiles_url: str, learner_url: str) -> None:
        self._urls = (profiles_url, learner_url)
        self._client = httpx.Client(timeout=_TIMEOUT, trust_env=False)

    def read(self) -> Figures | None:
        """The figures now; none while a worker does not answer."""
        try:
            profiles, learner = (self._samples(url) for url in self._urls)
        except httpx.TransportError:
            return None
        touchpoints = profiles.get("ebbflow_touchpoints_total", [])
        outcomes = profiles.get("ebbflow_outcomes_total", [])
        return Figures(
            touchpoints=round(sum(value for labels, value in touchpoints if labels["result"] == "folded")),
            read=round(sum(value for _, value in touchpoints)),
            profiles=_total(profiles, "ebbflow_profiles_total"),
            outcomes=round(sum(value for _, value in outcomes)),
            churned=round(sum(value for labels, value in outcomes if labels["churned"] == "true")),
            rejected=_total(profiles, "ebbflow_rejected_total"),
            lag=max((value for _, value in profiles.get("ebbflow_lag_seconds", [])), default=0.0),
            learned=_total(learner, "ebbflow_model_outcomes_total"),
            version=_total(learner, "ebbflow_model_version"),
            warm=_total(learner, "ebbflow_model_warm") > 0,
            auc=_by_model(learner, "ebbflow_model_auc"),
            log_loss=_by_model(learner, "ebbflow_model_log_loss"),
        )

    def ready(self) -> bool:
        """Whether both answer, and the profiles worker was given partitions to work on."""
        try:
            profiles, _ = (self._samples(url) for url in self._urls)
        except httpx.TransportError:
            return False
        return "ebbflow_lag_seconds" in profiles

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _samples(self, url: str) -> Samples:
        found: Samples = {}
        for family in text_string_to_metric_families(self._client.get(url).text):
            for sample in family.samples:
                found.setdefault(sample.name, []).append((sample.labels, sample.value))
        return found


def _total(samples: Samples, name: str) -> int:
    return round(sum(value for _, value in samples.get(name, [])))


def _by_model(samples: Samples, name: str) -> dict[str, float]:
    return {labels["model"]: value for labels, value in samples.get(name, [])}

"""What comes in over HTTP: requests, answers, and how good the data of each source are."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.panels import Ask, Section, dashboard, number, series


def _share(status: str) -> str:
    every = "sum(rate(ebbflow_gateway_requests_total[$__rate_interval]))"
    # No such answer so far is a share of none, not no data.
    some = f'(sum(rate(ebbflow_gateway_requests_total{{status=~"{status}"}}[$__rate_interval])) or vector(0))'
    return f"{some} / {every}"


def _time(share: float) -> str:
    return f"histogram_quantile({share}, sum by (le) (rate(ebbflow_gateway_request_seconds_bucket[$__rate_interval])))"


def build() -> Dashboard:
    """The dashboard."""
    standing = Section(
        "Standing",
        (
            number(
                "Requests",
                "Requests answered per second, over all gateways.",
                "reqps",
                "sum(rate(ebbflow_gateway_requests_total[$__rate_interval]))",
                decimals=1,
            ),
            number(
                "Touchpoints accepted",
                "Touchpoints that the broker has acknowledged, per second.",
                "cps",
                'sum(rate(ebbflow_gateway_touchpoints_total{result="accepted"}[$__rate_interval]))',
                decimals=1,
            ),
            number(
                "Refused with 5xx",
                "Share of requests that failed through our fault, or the broker's.",
                "percentunit",
                _share("5.."),
                decimals=2,
            ),
            number("Time to answer", "What 95 of 100 requests stay below.", "s", _time(0.95), decimals=3),
            number("Gateways", "Gateways that answer Prometheus.", "short", 'sum(up{job="gateway"})'),
        ),
    )
    traffic = Section(
        "Traffic",
        (
            series(
                "Requests by route",
                "Requests per second, by route and status.",
                "reqps",
                Ask(
                    "sum by (route, status) (rate(ebbflow_gateway_requests_total[$__rate_interval]))",
                    "{{route}} {{status}}",
                ),
            ),
            series(
                "Time to answer",
                "A request is answered when the broker has acknowledged, so this holds the broker's time too.",
                "s",
                Ask(_time(0.5), "median"),
                Ask(_time(0.95), "95%"),
                Ask(_time(0.99), "99%"),
            ),
            series(
                "Touchpoints by type",
                "Touchpoints taken in per second, by Segment's call.",
                "cps",
                Ask("sum by (type) (rate(ebbflow_gateway_touchpoints_total[$__rate_interval]))", "{{type}}"),
            ),
            series(
                "Touchpoints by result",
                "Accepted, rejected, withheld for want of consent, and limited, per second. The answer to a rejected "
                "one says what is wrong and where.",
                "cps",
                Ask("sum by (result) (rate(ebbflow_gateway_touchpoints_total[$__rate_interval]))", "{{result}}"),
            ),
            series(
                "Failing requests",
                "Share of requests answered with 4xx (the sender's mistake) and 5xx (ours, or the broker's).",
                "percentunit",
                Ask(_share("4.."), "4xx"),
                Ask(_share("5.."), "5xx"),
            ),
            series(
                "Requests refused by reason",
                "Requests refused per second, by the code of the answer. At broker_unavailable Kafka, and at "
                "redis_unavailable Redis did not answer in time; the others are for the senders to mend.",
                "reqps",
                Ask("sum by (code) (rate(ebbflow_gateway_refused_requests_total[$__rate_interval]))", "{{code}}"),
            ),
            series(
                "Connections refused",
                "Connections refused or cut before any route saw a request, by reason. No line is good.",
                "cps",
                Ask(
                    "sum by (reason) (rate(ebbflow_gateway_connections_refused_total[$__rate_interval]))", "{{reason}}"
                ),
            ),
        ),
    )
    sources = Section(
        "Sources",
        (
            series(
                "Events by source",
                "What came of the events that each source sent, by the name of its write key.",
                "cps",
                Ask(
                    "sum by (source, what) (rate(ebbflow_quality_events_total[$__rate_interval]))",
                    "{{source}}: {{what}}",
                ),
            ),
            series(
                "Rejected by source",
                "Events refused, by source and reason. No line is good.",
                "cps",
                Ask(
                    "sum by (source, code) (rate(ebbflow_quality_rejected_total[$__rate_interval]))",
                    "{{source}}: {{code}}",
                ),
            ),
            series(
                "Complete",
                "Events that came with a field, per second. A field that falls while events do not was lost by a "
                "release of the sender.",
                "cps",
                Ask(
                    "sum by (source, field) (rate(ebbflow_quality_complete_total[$__rate_interval]))",
                    "{{source}}: {{field}}",
                ),
            ),
            series(
                "Off the plan",
                "Events that break the tracking plan, by event and field. No line is good, or there is no plan.",
                "cps",
                Ask(
                    "sum by (source, event, field) (rate(ebbflow_quality_violations_total[$__rate_interval]))",
                    "{{source}}: {{event}} {{field}}",
                ),
            ),
            series(
                "Delay",
                "From happening to receipt, what 95 of 100 dated events of a source stay below.",
                "s",
                Ask(
                    "histogram_quantile(0.95, sum by (le, source) "
                    "(rate(ebbflow_quality_delay_seconds_bucket[$__rate_interval])))",
                    "{{source}}",
                ),
            ),
            series(
                "Silence",
                "Time since each source sent last.",
                "s",
                Ask("time() - max by (source) (ebbflow_quality_last_seen_seconds)", "{{source}}"),
            ),
        ),
    )
    return dashboard("Gateway", "What comes in over HTTP, and how good it is.", standing, traffic, sources)

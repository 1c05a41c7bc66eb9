"""Whether touchpoints get through, and alerts arrive: speed, lag, what is rejected, and who makes trouble."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.panels import Ask, Section, dashboard, number, series


def build() -> Dashboard:
    """The dashboard."""
    standing = Section(
        "Standing",
        (
            number(
                "Touchpoints folded",
                "Touchpoints folded into profiles, per second, over all workers.",
                "cps",
                'sum(rate(ebbflow_touchpoints_total{result="folded"}[$__rate_interval]))',
                decimals=0,
            ),
            number(
                "Lag",
                "How far the partition furthest behind is behind the clock. During a replay of old events it shows "
                "their age.",
                "s",
                "max(ebbflow_lag_seconds)",
                decimals=1,
            ),
            number(
                "Waiting records",
                "Records that are in Kafka and not done yet, over all partitions of the touchpoints.",
                "short",
                'sum(max by (partition) (ebbflow_lag_records{topic="touchpoints"}))',
                decimals=0,
            ),
            number(
                "Rejected",
                "Share of the touchpoints read in five minutes that could not be read or folded. They are on the topic "
                "rejected, with the reason.",
                "percentunit",
                "ebbflow:rejected:ratio_rate5m",
                decimals=2,
            ),
            number(
                "Time of a batch",
                "Mean time spent on a batch, all its steps together.",
                "s",
                "sum(rate(ebbflow_batch_seconds_sum[$__rate_interval])) / "
                "sum(rate(ebbflow_batch_records_count[$__rate_interval]))",
                decimals=3,
            ),
            number("Workers", "Workers and learners that answer Prometheus.", "short", 'sum(up{job="worker"})'),
        ),
    )
    flow = Section(
        "Flow",
        (
            series(
                "Touchpoints by result",
                "Folded, repeated (delivered or sent again, and skipped), rejected, withheld for want of consent, of "
                "the erased. Repeats after a restart are normal; a steady stream of them is a client that resends.",
                "cps",
                Ask("sum by (result) (rate(ebbflow_touchpoints_total[$__rate_interval]))", "{{result}}"),
            ),
            series(
                "Rejected by reason",
                "Records that could not be read or folded. The code stands in the record on the topic rejected, too.",
                "cps",
                Ask("sum by (code) (rate(ebbflow_rejected_total[$__rate_interval]))", "{{code}}"),
            ),
            series(
                "Lag by partition",
                "How far each partition is behind the clock. One partition alone points at a customer or a key with "
                "too much traffic.",
                "s",
                Ask("max by (partition) (ebbflow_lag_seconds)", "partition {{partition}}"),
            ),
            series(
                "Waiting records by partition",
                "Records that are not done yet, as of the last fetch.",
                "short",
                Ask("max by (topic, partition) (ebbflow_lag_records)", "{{topic}} {{partition}}"),
            ),
            series(
                "Time by step of a batch",
                "What 95 of 100 stay below, by step; save and publish are of each 100 customers of a batch. Load and "
                "save are Redis, publish is Kafka, the rest is Python.",
                "s",
                Ask(
                    "histogram_quantile(0.95, sum by (le, step) "
                    "(rate(ebbflow_batch_seconds_bucket[$__rate_interval])))",
                    "{{step}}",
                ),
            ),
            series(
                "Records in a batch",
                "Small batches mean that the workers keep up; batches at EBBFLOW_BATCH_RECORDS mean that they are "
                "catching up.",
                "short",
                Ask(
                    "histogram_quantile(0.5, sum by (le) (rate(ebbflow_batch_records_bucket[$__rate_interval])))",
                    "median",
                ),
                Ask(
                    "histogram_quantile(0.95, sum by (le) (rate(ebbflow_batch_records_bucket[$__rate_interval])))",
                    "95%",
                ),
            ),
            series(
                "Notes between ids",
                "What the ids of one person leave for one another: handovers asked for, histories taken over, "
                "touchpoints sent on.",
                "cps",
                Ask("sum by (note) (rate(ebbflow_notes_total[$__rate_interval]))", "{{note}}"),
            ),
        ),
    )
    trouble = Section(
        "Trouble",
        (
            series(
                "Errors",
                "Calls to Redis and sends to Kafka that failed, profiles that another writer had saved first.",
                "cps",
                Ask("sum(rate(ebbflow_redis_errors_total[$__rate_interval]))", "Redis errors"),
                Ask("sum(rate(ebbflow_broker_errors_total[$__rate_interval]))", "broker errors"),
                Ask("sum(rate(ebbflow_save_conflicts_total[$__rate_interval]))", "save conflicts"),
                Ask("sum by (whose) (rate(ebbflow_notifier_errors_total[$__rate_interval]))", "notifier: {{whose}}"),
            ),
            series(
                "Retries",
                "Steps tried again, by whose failure it was. Nothing is lost by them; nothing gets on, either.",
                "cps",
                Ask("sum by (after) (rate(ebbflow_retries_total[$__rate_interval]))", "after {{after}}"),
            ),
            series(
                "Memory of Redis",
                "What Redis uses, and what it may use (0: it has no limit of its own). A full one refuses to save.",
                "bytes",
                Ask("max(ebbflow_redis_used_memory_bytes)", "used"),
                Ask("max(ebbflow_redis_max_memory_bytes)", "limit"),
            ),
            series(
                "Time of a census",
                "How long the learner takes to go through all customers once, for the business figures.",
                "s",
                Ask("max(ebbflow_census_seconds)", "census"),
            ),
            series(
                "Rules of your own",
                "How many rules of ebbflow.toml the workers follow, and how many workers refused a change of them that "
                "was wrong.",
                "short",
                Ask("max(ebbflow_rules)", "followed"),
                Ask("sum(ebbflow_rules_refused)", "workers that refused a change"),
            ),
            series(
                "Age of the rules",
                "How long ago a worker read the rules that it follows, at the most.",
                "s",
                Ask("time() - min(ebbflow_rules_loaded_timestamp_seconds)", "oldest"),
            ),
        ),
    )
    deliveries = Section(
        "Deliveries of alerts",
        (
            series(
                "Alerts for the notifier",
                "Alerts that the notifier has read: taken, too old, or unreadable.",
                "cps",
                Ask("sum by (result) (rate(ebbflow_notifier_alerts_total[$__rate_interval]))", "{{result}}"),
            ),
            series(
                "Tries to deliver",
                "What came of them, by endpoint. What failed is tried again, what is dead waits for a retry.",
                "cps",
                Ask(
                    "sum by (endpoint, result) (rate(ebbflow_notifier_deliveries_total[$__rate_interval]))",
                    "{{endpoint}} {{result}}",
                ),
            ),
            series(
                "Waiting and dead letters",
                "Alerts that wait for their delivery, and those that could not be delivered, by endpoint.",
                "short",
                Ask("max by (endpoint) (ebbflow_notifier_waiting)", "{{endpoint}} waiting"),
                Ask("max by (endpoint) (ebbflow_notifier_dead)", "{{endpoint}} dead"),
            ),
            series(
                "Time to deliver",
                "From the alert on its topic to its delivery, what 95 of 100 stay below, by endpoint.",
                "s",
                Ask(
                    "histogram_quantile(0.95, sum by (le, endpoint) "
                    "(rate(ebbflow_notifier_delivery_seconds_bucket[$__rate_interval])))",
                    "{{endpoint}}",
                ),
            ),
        ),
    )
    words = "Whether touchpoints get through, what hinders them, and whether alerts arrive."
    return dashboard("Pipeline", words, standing, flow, trouble, deliveries)

"""Who might go: how many, worth how much, and whether the warnings come true."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.panels import Ask, Section, dashboard, number, series


def build() -> Dashboard:
    """The dashboard. It names nobody: `ebbflow alerts` and the topic `alerts` do."""
    now = Section(
        "Now",
        (
            number(
                "At risk",
                "Active customers whose churn risk is at policy.churn_opens or above.",
                "short",
                'max(ebbflow_active_customers{risk="high"})',
            ),
            number(
                "Share of active customers",
                "Customers at risk among the active ones. Beside the churn rate of all it says whether the model warns "
                "of too many.",
                "percentunit",
                'max(ebbflow_active_customers{risk="high"}) / max(ebbflow_customers{status="active"})',
                decimals=1,
            ),
            number(
                "Open churn alerts",
                "Alerts that are open. Fewer than customers at risk: an alert waits for policy.hold, rests for "
                "policy.cool_down, and may have a budget.",
                "short",
                'max(ebbflow_open_alerts{kind="churn.risk"})',
            ),
            number(
                "Left",
                "Customers who left in so many words, at the last census.",
                "short",
                'max(ebbflow_customers{status="left"})',
            ),
            number(
                "Lost",
                "Customers silent for longer than policy.activity, at the last census.",
                "short",
                'max(ebbflow_customers{status="lost"})',
            ),
        ),
    )
    course = Section(
        "Over time",
        (
            series(
                "Active customers by risk",
                "High from policy.churn_opens on, middling from policy.churn_closes on, low below. Unknown while the "
                "model warms up.",
                "short",
                Ask("max by (risk) (ebbflow_active_customers)", "{{risk}}"),
            ),
            series(
                "Value at risk",
                "Revenue expected of customers at risk within the horizon, times their risk, by currency (the ten with "
                "the most).",
                "short",
                Ask("max by (currency) (ebbflow_value_at_risk)", "{{currency}}"),
            ),
            series(
                "Open alerts",
                "Alerts that are open, by kind.",
                "short",
                Ask("max by (kind) (ebbflow_open_alerts)", "{{kind}}"),
            ),
            series(
                "Churn alerts",
                "Churn alerts opened and closed in each hour. They close when the customer comes back, and when "
                "nothing can be done any more.",
                "short",
                Ask('sum(increase(ebbflow_alerts_total{kind="churn.risk",state="opened"}[1h]))', "opened"),
                Ask('sum(increase(ebbflow_alerts_total{kind="churn.risk",state="closed"}[1h]))', "closed"),
            ),
            series(
                "What warnings are worth",
                "Churn rate among the twentieth of recent outcomes that scored highest, beside the churn rate of all "
                "predictions that came due within six hours.",
                "percentunit",
                Ask('max(ebbflow_model_precision_top_ratio{model="champion"})', "scored highest"),
                Ask(
                    'sum(increase(ebbflow_outcomes_total{churned="true"}[6h])) / '
                    "sum(increase(ebbflow_outcomes_total[6h]))",
                    "all",
                ),
            ),
        ),
    )
    return dashboard("Customers at risk", "How many might go, and worth how much. It names nobody.", now, course)

"""How the business stands: customers, what is at risk, alerts, and what its customers do."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.panels import Ask, Section, dashboard, number, series

_CENSUS = "As of the last census: the learner goes through all customers again and again."


def build() -> Dashboard:
    """The dashboard."""
    customers = Section(
        "Customers",
        (
            number(
                "Active customers",
                f"Customers with a meaningful touchpoint within policy.activity. {_CENSUS}",
                "short",
                'max(ebbflow_customers{status="active"})',
            ),
            number(
                "At risk",
                "Active customers whose churn risk is at policy.churn_opens or above.",
                "short",
                'max(ebbflow_active_customers{risk="high"})',
            ),
            number(
                "Value at risk",
                "Revenue expected of customers at risk within the horizon, times their risk; of the currency with the "
                "most of it.",
                "short",
                "max(ebbflow_value_at_risk) or vector(0)",
                decimals=0,
            ),
            number(
                "Open alerts", f"Alerts of all kinds. {_CENSUS}", "short", "sum(max by (kind) (ebbflow_open_alerts))"
            ),
            number(
                "New customers",
                "Customers seen for the first time within the chosen time.",
                "short",
                "sum(increase(ebbflow_profiles_total[$__range]))",
                decimals=0,
            ),
            number(
                "Age of these figures",
                "Time since the last census. A census of many customers takes minutes; one that is hours old means "
                "that no learner runs.",
                "s",
                "time() - max(ebbflow_census_timestamp_seconds > 0)",
                decimals=0,
            ),
            series(
                "Customers by where they stand",
                "Active; left, in so many words; lost to silence; known, but without a meaningful touchpoint yet.",
                "short",
                Ask("max by (status) (ebbflow_customers)", "{{status}}"),
            ),
            series(
                "Engagement",
                "Active customers by how many meaningful touchpoints are expected within policy.engagement_window.",
                "short",
                Ask("max by (expected) (ebbflow_engaged_customers)", "{{expected}}"),
            ),
        ),
    )
    doings = Section(
        "What they do, and what was said about it",
        (
            series(
                "Touchpoints by kind",
                "Touchpoints per second, by what they mean to the business. None is for those that only say who "
                "somebody is.",
                "cps",
                Ask('sum by (kind) (rate(ebbflow_touchpoints_total{result="folded"}[$__rate_interval]))', "{{kind}}"),
            ),
            series(
                "Touchpoints by source",
                "Touchpoints per second, by the channel in which customers were met.",
                "cps",
                Ask(
                    'sum by (source) (rate(ebbflow_touchpoints_total{result="folded"}[$__rate_interval]))', "{{source}}"
                ),
            ),
            series(
                "Outcomes",
                "Predictions that came due in each hour: how many customers stayed away, how many came back.",
                "short",
                Ask('sum(increase(ebbflow_outcomes_total{churned="true"}[1h]))', "stayed away"),
                Ask('sum(increase(ebbflow_outcomes_total{churned="false"}[1h]))', "came back"),
            ),
            series(
                "Alerts opened",
                "Alerts opened in each hour, by kind.",
                "short",
                Ask('sum by (kind) (increase(ebbflow_alerts_total{state="opened"}[1h]))', "{{kind}}"),
            ),
            series(
                "Alerts closed",
                "Alerts closed in each hour, by kind: the customer came back, or is past saving.",
                "short",
                Ask('sum by (kind) (increase(ebbflow_alerts_total{state="closed"}[1h]))', "{{kind}}"),
            ),
        ),
    )
    satisfaction = Section(
        "What they say",
        (
            series(
                "Net Promoter Score",
                "Promoters less detractors of a hundred, by everybody's last answer within 90 days, and the bounds "
                "that hold it with 95%.",
                "short",
                Ask("max by (bound) (ebbflow_nps)", "{{bound}}"),
                least=None,
            ),
            series(
                "Satisfied",
                "Share of customers whose last answer within 90 days was in the upper quarter: 4 or 5 of 5.",
                "percentunit",
                Ask("max by (survey) (ebbflow_satisfied_ratio)", "{{survey}}"),
            ),
            series(
                "Answered",
                "Customers who answered within 90 days.",
                "short",
                Ask("max by (survey) (ebbflow_surveyed_customers)", "{{survey}}"),
            ),
            series(
                "Response rate",
                "Answers to surveys sent; it takes Survey Sent among the touchpoints.",
                "percentunit",
                Ask("max by (survey) (ebbflow_survey_response_ratio)", "{{survey}}"),
            ),
            series(
                "How they sound",
                "Customers who wrote within 90 days, by their last text: a ticket, a comment, a mention. Unknown until "
                "enough texts with a rating were learned from.",
                "short",
                Ask("max by (sentiment) (ebbflow_sounding_customers)", "{{sentiment}}"),
            ),
            series(
                "Sentiment",
                "The mean of how these customers sound, from -1, complaints, to 1, praise, and the bounds that hold it "
                "with 95%.",
                "short",
                Ask("max by (bound) (ebbflow_sentiment_score)", "{{bound}}"),
                least=None,
            ),
        ),
    )
    journeys = Section(
        "How far they come",
        (
            series(
                "Customers by step of a funnel",
                "Customers who came to each step of the funnels in policy.funnels, by way of those before it; steps by "
                "number.",
                "short",
                Ask("max by (funnel, step) (ebbflow_funnel_customers)", "{{funnel}} {{step}}"),
            ),
            series(
                "Conversion of funnels",
                "Share of the customers at the first step of a funnel who came to each later one.",
                "percentunit",
                Ask(
                    'max by (funnel, step) (ebbflow_funnel_customers{step!="1"}) / on (funnel) group_left '
                    'clamp_min(max by (funnel) (ebbflow_funnel_customers{step="1"}), 1)',
                    "{{funnel}} {{step}}",
                ),
            ),
        ),
    )
    segments = Section(
        "Which segments they stand in",
        tuple(
            series(
                title,
                f"{words} {_CENSUS}",
                "short",
                Ask(f'max by (segment) (ebbflow_segment_customers{{by="{by}"}})', "{{segment}}"),
            )
            for by, title, words in (
                ("lifecycle", "Lifecycle", "Customers by the stage of their life."),
                ("rfm", "Recency, frequency, money", "Customers by the usual names of what these say together."),
                ("cluster", "Behaviour", "Active customers by those whom they behave like, where groups stand apart."),
                ("own", "Your own segments", "Customers in the segments of policy.segments."),
            )
        ),
    )
    acquisition = Section(
        "What brings them",
        (
            series(
                "Customers acquired",
                f"Customers who have bought, by the channel of their first visit. {_CENSUS}",
                "short",
                Ask("max by (channel) (ebbflow_acquired_customers)", "{{channel}}"),
            ),
            series(
                "Cost of a customer",
                "What was spent on a channel in the last twelve months, by the customers whom it acquired since "
                "spending was first reported. It takes Marketing Spend among the touchpoints.",
                "short",
                Ask("max by (channel, currency) (ebbflow_cost_per_customer)", "{{channel}} {{currency}}"),
            ),
            series(
                "Acquired, and gone",
                "Share of acquired customers who are lost or have left. Old channels have lost more than young ones; "
                "GET /v1/acquisition and the console compare them within months.",
                "percentunit",
                Ask("max by (channel) (ebbflow_acquired_churned_ratio)", "{{channel}}"),
            ),
        ),
    )
    value = Section(
        "What they are worth",
        (
            series(
                "Value",
                "What customers have paid so far, what is expected of them within policy.horizon, what of that is at "
                f"risk, and their lifetime values. {_CENSUS}",
                "short",
                Ask("max by (what, currency) (ebbflow_value)", "{{what}} {{currency}}"),
            ),
            series(
                "Held by the best fifth",
                "Share that the fifth of the customers with the most has of what was paid, and of what is to come.",
                "percentunit",
                Ask("max by (what, currency) (ebbflow_value_top_fifth_ratio)", "{{what}} {{currency}}"),
            ),
        ),
    )
    words = "Customers, what is at risk, what they do, how far they come, what brings them, and what they are worth."
    return dashboard("Business", words, customers, doings, segments, satisfaction, journeys, acquisition, value)

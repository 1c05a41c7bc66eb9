"""How honest the models are: beside baselines that need no model, on outcomes that they had not seen."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.panels import Ask, Section, dashboard, number, series


def _by_model(metric: str, models: str = "") -> Ask:
    matching = f'{{model=~"{models}"}}' if models else ""
    return Ask(f"max by (model) ({metric}{matching})", "{{model}}")


def build() -> Dashboard:
    """The dashboard."""
    standing = Section(
        "Standing",
        (
            number(
                "Lead over the best baseline",
                "AUC of the champion less that of the best baseline. Below zero, a plain rule ranks the customers "
                "better than the model does.",
                "none",
                "ebbflow:model_auc_lead",
                decimals=3,
            ),
            number(
                "Warm",
                "Until enough outcomes of both classes were learned from, scores are marked as warming up and open no "
                "alert.",
                "bool_yes_no",
                "max(ebbflow_model_warm)",
            ),
            number(
                "Model version",
                "The newest version in use. It rises whenever the learner has learned something new.",
                "none",
                "max(ebbflow_model_version)",
            ),
            number(
                "Outcomes learned from",
                "Outcomes learned from within the chosen time.",
                "short",
                "sum(increase(ebbflow_model_outcomes_total[$__range]))",
                decimals=0,
            ),
            number(
                "Drifts",
                "How often the world turned out to have changed since the model began.",
                "none",
                "max(ebbflow_model_drifts)",
            ),
            number(
                "Sentiment known",
                "Until enough texts with praise and with complaints were learned from, and recent ones were foretold "
                "better than by their base rate, other texts sound unknown.",
                "bool_yes_no",
                "max(ebbflow_sentiment_speaks)",
            ),
        ),
    )
    honesty = Section(
        "Honesty",
        (
            series(
                "AUC",
                "How well each ranked recent outcomes before it had seen them: the champion beside three rules that "
                "need no model (time since the last touchpoint, fewest active days first, the base rate). 0.5 is "
                "chance, 1 is perfect.",
                "none",
                _by_model("ebbflow_model_auc", "champion|recency|minus_frequency|base_rate"),
            ),
            series(
                "Log loss",
                "How far the probabilities were from what happened, lower is better: the champion beside the base "
                "rate. A model above the base rate is too sure of itself.",
                "none",
                _by_model("ebbflow_model_log_loss"),
            ),
            series(
                "Brier score",
                "Mean squared distance of the probabilities from what happened, lower is better.",
                "none",
                _by_model("ebbflow_model_brier"),
            ),
            series(
                "Calibration error",
                "How far probabilities are from what happens, on average over recent outcomes. At .03 a risk of 70% "
                "means 67% to 73%.",
                "none",
                _by_model("ebbflow_model_calibration_error"),
            ),
            series(
                "Churn in the top twentieth",
                "Churn rate among the recent outcomes that scored highest: what a list of the most endangered "
                "is worth.",
                "percentunit",
                _by_model("ebbflow_model_precision_top_ratio"),
            ),
            series(
                "Engagement interval",
                "Share of recent outcomes within the 90% interval. It should stay near nine of ten.",
                "percentunit",
                Ask("max(ebbflow_model_engagement_coverage_ratio)", "held"),
            ),
        ),
    )
    learning = Section(
        "Learning",
        (
            series(
                "Champion",
                "Which of the competing models has the say (1).",
                "none",
                _by_model("ebbflow_model_champion"),
            ),
            series(
                "Versions in use",
                "The version each process uses. A worker that stays behind has refused a model whose seal does not "
                "fit, or cannot reach Redis.",
                "none",
                Ask("ebbflow_model_version", "{{role}} {{instance}}"),
            ),
            series(
                "Learning speed",
                "Outcomes learned from per second.",
                "cps",
                Ask("sum(rate(ebbflow_model_outcomes_total[$__rate_interval]))", "learned"),
            ),
            series(
                "Sentiment",
                "Share of recent texts with a rating that were heard right before they were learned from, beside "
                "always saying what is most common.",
                "percentunit",
                _by_model("ebbflow_sentiment_accuracy_ratio"),
            ),
            series(
                "Texts",
                "Texts that sentiment was learned from, and texts heard, per second.",
                "cps",
                Ask("sum(rate(ebbflow_rated_texts_total[$__rate_interval]))", "learned"),
                Ask("sum by (sentiment) (rate(ebbflow_texts_heard_total[$__rate_interval]))", "{{sentiment}}"),
            ),
        ),
    )
    return dashboard(
        "Models", "How well the models predict, beside rules that need no model.", standing, honesty, learning
    )

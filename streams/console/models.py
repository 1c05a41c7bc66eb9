"""The page of honesty: how good each version of the models is, beside rules that need no model."""

from datetime import datetime
from typing import Any

from streams.console.charts import calibration_chart
from streams.console.frame import el, nothing, row, table
from streams.console.words import figure, moment, percent

_HEADINGS = ("", "Outcomes", "AUC", "Log loss", "Brier", "Calibration error", "Churned in top 5%")
_CHAMPION = "champion"
_RULES = {
    "recency": "the longer silent, the likelier gone",
    "minus_frequency": "the fewer active days, the likelier gone",
    "base_rate": "the same for everybody",
}
"""What anyone could predict by, without a model."""


def models_page(current: int, cards: list[dict[str, Any]]) -> None:
    """Put the cards on the page, that of the version that scores first and whole."""
    card = next((each for each in cards if each["version"] == current), None)
    if card is None:
        nothing(
            "No model yet",
            "The first version is written when the learner has seen outcomes: a customer who came, and a horizon later"
            " had come again or not. Run a worker, and replay a history that you have so as not to wait that long:",
            "ebbflow replay orders.csv --customer customer_id --time date",
        )
        return
    _about(card)
    _measures("Lately: measured before each outcome was learned from", card["recent"], card["champion"])
    _measures("Since the beginning, measured in the same way", card["all_time"], card["champion"])
    _calibration(card)
    _sentiment(card)
    _versions(current, cards)


def _about(card: dict[str, Any]) -> None:
    with el("section", classes="card plain"):
        el("h2", f"Version {card['version']} scores")
        with el("dl"):
            share = percent(card["base_rate"])
            _pair("Learned from", f"{card['outcomes']:,} outcomes; {card['churned']:,} stayed away (base rate {share})")
            _pair("Until", _until(card))
            _pair("Serves", card["champion"])
            _pair("Drifts found", str(card["drifts"]))
            if card["coverage"] is not None:
                _pair("Interval holds", f"{percent(card['coverage'])} of engagement; it should be 90%")
            if card.get("back_to") is not None:
                _pair("Rolled back to", f"version {card['back_to']}")
        el("p", _verdict(card["recent"]), "next")


def _verdict(recent: dict[str, dict[str, Any]]) -> str:
    """Whether the model is worth more than the best rule without one, in a sentence."""
    losses = {name: each["log_loss"] for name, each in recent.items() if each.get("log_loss") is not None}
    ranks = {name: each["auc"] for name, each in recent.items() if each.get("auc") is not None}
    rules = [name for name in recent if name in _RULES]
    if _CHAMPION not in ranks or not any(name in ranks for name in rules):
        return "There are too few outcomes to compare it with rules that need no model."
    best = max((name for name in rules if name in ranks), key=ranks.__getitem__)
    better = ranks[_CHAMPION] > ranks[best]
    words = f"It ranks {'better' if better else 'no better'} than the best rule without a model"
    words += f" ({_RULES[best]}): AUC {ranks[_CHAMPION]:.3f} against {ranks[best]:.3f}."
    said = [losses[name] for name in rules if name in losses]
    if _CHAMPION in losses and said:
        words += f" Its log loss is {losses[_CHAMPION]:.3f}, the best rule's {min(said):.3f}; less is better."
    return words


def _measures(caption: str, measures: dict[str, dict[str, Any]], champion: str) -> None:
    with el("section", classes="card plain"), table(caption, *_HEADINGS):
        for name, each in measures.items():
            row(
                _words(name, champion),
                f"{each['outcomes']:,}",
                figure(each["auc"]),
                figure(each["log_loss"]),
                figure(each["brier"]),
                figure(each["calibration_error"]),
                percent(each["precision_top"]),
            )


def _calibration(card: dict[str, Any]) -> None:
    bins = card["calibration"]
    with el("section", classes="card plain"):
        el("h2", "Calibration")
        if not any(each["count"] for each in bins):
            el("p", "There are no recent outcomes to draw it from yet.", "soft")
            return
        el("p", "Of those to whom it gave 70%, 70% should have stayed away: dots belong on the line.", "soft")
        calibration_chart(bins)
        with table("Recent outcomes by what was predicted", "Predicted", "Stayed away", "Outcomes"):
            for each in bins:
                if each["count"]:
                    row(percent(each["predicted"]), percent(each["happened"]), f"{each['count']:,}")


def _sentiment(card: dict[str, Any]) -> None:
    heard = card.get("sentiment") or {}
    with el("section", classes="card plain"):
        el("h2", "Sentiment")
        if not heard.get("positive") and not heard.get("negative"):
            el("p", "No text with a rating has come in: how customers sound in other texts is unknown.", "soft")
            return
        if not heard["speaks"]:
            el("p", "Too little was learned so far: how customers sound in other texts is unknown.", "soft")
        with el("dl"):
            _pair("Learned from", f"{heard['positive']:,} texts with praise, {heard['negative']:,} with complaints")
            _pair("Heard right lately", percent(heard["accuracy"]))
            _pair("The commonest, always said", percent(heard["base_accuracy"]))
            _pair("Log loss", f"{figure(heard['log_loss'])}, of the base rate {figure(heard['base_log_loss'])}")


def _versions(current: int, cards: list[dict[str, Any]]) -> None:
    with (
        el("section", classes="card plain"),
        table("Versions that are kept", "Version", "Outcomes", "Until (UTC)", "AUC", "Log loss", "Drifts"),
    ):
        for card in cards:
            served = card["recent"].get(_CHAMPION, {})
            name = f"{card['version']}, scores now" if card["version"] == current else str(card["version"])
            auc, loss = figure(served.get("auc")), figure(served.get("log_loss"))
            row(name, f"{card['outcomes']:,}", _until(card), auc, loss, str(card["drifts"]))


def _until(card: dict[str, Any]) -> str:
    return moment(datetime.fromisoformat(card["until"])) if card["until"] else "–"


def _words(name: str, champion: str) -> str:
    if name == _CHAMPION:
        return f"As it served (now by {champion})"
    return f"Rule: {_RULES[name]}" if name in _RULES else f"Model: {name}"


def _pair(name: str, value: str) -> None:
    el("dt", name)
    el("dd", value)

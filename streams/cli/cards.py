"""How the cards of model versions are shown in a terminal."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from processors.learning.card import Card
from processors.learning.honesty import CHAMPION
from processors.learning.measures import BINS, Measures
from processors.sentiment.record import Record

_PIPED_WIDTH = 200
_NOTHING = "-"


def list_cards(cards: Sequence[Card], current: int) -> None:
    """A line for each version, and a mark at the current one."""
    table = Table(box=None, pad_edge=False)
    table.add_column("version", justify="right")
    table.add_column("")
    for name in ("outcomes", "until"):
        table.add_column(name, justify="right")
    table.add_column("champion")
    for name in ("AUC", "log loss", "ECE", "drifts"):
        table.add_column(name, justify="right")
    for card in cards:
        marks = ["current"] * (card.version == current) + [f"back to {card.back_to}"] * (card.back_to is not None)
        recent = card.recent[CHAMPION]
        table.add_row(
            f"{card.version}", ", ".join(marks), f"{card.outcomes:,}", _day(card), card.champion,
            *map(_figure, (recent.auc, recent.log_loss, recent.calibration_error)), f"{card.drifts}",
        )  # fmt: skip
    _console().print(table, markup=False)


def show_card(card: Card) -> None:
    """All of a card."""
    console = _console()
    facts = Table(show_header=False, box=None, pad_edge=False)
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    facts.add_row("version", f"{card.version}" + (f", gone back to {card.back_to}" if card.back_to is not None else ""))
    facts.add_row("learned from", f"{experience(card)}, {card.churned:,} of them churned")
    facts.add_row("base rate", f"{card.base_rate:.1%}")
    facts.add_row("champion", card.champion)
    facts.add_row("drifts", f"{card.drifts}")
    held = _NOTHING if card.coverage is None else f"{card.coverage:.1%} of recent outcomes within it, should be 90%"
    facts.add_row("engagement interval", held)
    facts.add_row("habit (BG/NBD)", ", ".join(f"{name} {value:.3g}" for name, value in card.habit._asdict().items()))
    facts.add_row("sentiment", _heard(card.sentiment))
    console.print(facts, markup=False)
    for title, measures in (("recent", card.recent), ("all time", card.all_time)):
        console.print()
        console.print(_measures(title, measures), markup=False)
    console.print()
    console.print(_calibration(card), markup=False)


def _heard(record: Record) -> str:
    learned = f"{record.positive:,} texts with praise and {record.negative:,} with complaints"
    said = "" if record.speaks else "; too little to say anything"
    if record.accuracy is None or record.base_accuracy is None:
        return learned + said
    return f"{learned}, {record.accuracy:.1%} heard right, {record.base_accuracy:.1%} by the commonest{said}"


def _measures(title: str, measures: Mapping[str, Measures]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(title)
    for name in ("predictions", "AUC", "log loss", "Brier", "ECE", "churn in top 5%"):
        table.add_column(name, justify="right")
    for name, each in measures.items():
        figures = (each.auc, each.log_loss, each.brier, each.calibration_error, each.precision_top)
        table.add_row(name.replace("_", " "), f"{each.outcomes:,}", *map(_figure, figures))
    return table


def _calibration(card: Card) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("calibration, recent", "predictions", "predicted", "churned"):
        table.add_column(name, justify="right")
    for place, each in enumerate(card.calibration):
        said = (_figure(each.predicted), _figure(each.happened)) if each.count else (_NOTHING, _NOTHING)
        table.add_row(f"{place / BINS:.1f} to {(place + 1) / BINS:.1f}", f"{each.count:,}", *said)
    return table


def experience(card: Card) -> str:
    """What a version has learned from, in words."""
    return f"{card.outcomes:,} outcomes" + (f" until {_day(card)}" if card.until else "")


def _day(card: Card) -> str:
    return f"{card.until:%Y-%m-%d %H:%M}" if card.until else _NOTHING


def _figure(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.3f}"


def _console() -> Console:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    return console

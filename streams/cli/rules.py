"""`ebbflow rules`: the alert rules of your own."""

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from processors.rules import RuleError, ready
from schemas.duration import format_duration
from schemas.policy import Policy
from schemas.settings import SettingsError, load_settings

rules = typer.Typer(help="Check, list and try the alert rules of your own.", no_args_is_help=True)

_NONE = "There are no rules. A section [rules.NAME] in ebbflow.toml makes one; docs/rules.md says how."


@rules.command()
def check() -> None:
    """Say whether the rules can be followed; if not, what is wrong, where, and what would be right."""
    policy = checked()
    typer.echo(f"{len(policy.rules)} rules, all of which can be followed." if policy.rules else _NONE)


@rules.command("list")
def list_rules() -> None:
    """List the rules, and what each says."""
    policy = checked()
    if not policy.rules:
        typer.echo(_NONE)
        return
    table = Table()
    for heading in ("rule", "opens when", "closes when", "hold", "cool-down", "severity"):
        table.add_column(heading, overflow="fold")
    for rule in ready(policy):
        given = rule.given
        closes = "the cool-down is over" if rule.passes else "that is no longer so"
        table.add_row(
            rule.name, escape(given.when.strip()), escape(given.until.strip()) or closes,
            format_duration(given.hold), format_duration(given.cool_down), given.severity,
        )  # fmt: skip
    Console().print(table)


def checked() -> Policy:
    """The policy of the settings, with rules that can be followed.

    Raises:
        SettingsError: if they cannot.
    """
    policy = load_settings().policy
    try:
        ready(policy)
    except RuleError as error:
        raise SettingsError(f"a rule is wrong: {error}") from None
    return policy

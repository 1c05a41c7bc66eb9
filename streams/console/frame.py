"""What every page has: the way around, the search by id, the look, and elements of plain HTML.

Elements hold text, never markup, so whatever a stranger calls themselves is shown as they spelled it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

STYLE = Path(__file__).with_name("console.css").read_text()
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b57a4"/>'
    '<path d="M5 20q5.5-13 11-4t11-4" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round"/></svg>'
)
PAGES = {
    "/": "Alerts",
    "/customers": "Customers",
    "/segments": "Segments",
    "/why": "Why",
    "/satisfaction": "Satisfaction",
    "/journeys": "Journeys",
    "/acquisition": "Acquisition",
    "/value": "Value",
    "/models": "Models",
}


def el(tag: str, text: str = "", classes: str = "", **attributes: Any) -> TextElement:
    """An element of this tag; `aria_label` stands for `aria-label`, `type_` for `type`."""
    made = TextElement(tag=tag, text=text)
    for name, value in attributes.items():
        made.props[name.strip("_").replace("_", "-")] = value
    return made.classes(classes) if classes else made


def link_to(customer: str) -> str:
    """The address of a customer's page."""
    return f"/customers/{quote(customer, safe='')}"


@contextmanager
def frame(title: str, here: str, may_leave: bool) -> Iterator[None]:
    """A page under a title. `may_leave` says whether there is somebody who can sign out."""
    ui.page_title(f"{title} · Ebbflow")
    ui.add_css(STYLE)
    el("a", "Skip to the content", "skip", href="#content")
    with el("header", classes="top"):
        el("a", "Ebbflow", "brand", href="/")
        with el("nav", aria_label="Pages"):
            for address, name in PAGES.items():
                el("a", name, href=address, **({"aria_current": "page"} if address == here else {}))
        with el("form", classes="search", role="search", action="/customers", method="get"):
            el("label", "Customer id", "quiet", for_="search")
            el("input", id="search", name="id", type_="search", placeholder="Customer id", maxlength=300, required=True)
            el("button", "Find", type_="submit")
        if may_leave:
            with el("form", action="/sign-out", method="post"):
                el("button", "Sign out", type_="submit")
    # All of this stands in a <main> of NiceGUI's.
    with el("div", classes="page", id="content", tabindex="-1"):
        el("h1", title)
        yield


def nothing(headline: str, advice: str, command: str = "") -> None:
    """Said where there is nothing yet, with what to do."""
    with el("section", classes="nothing"):
        el("h2", headline)
        el("p", advice)
        if command:
            el("code", command)


def select(name: str, words: str, options: Mapping[str, str], chosen: str, unchosen: str = "all") -> None:
    """A choice in a form, by what each option says; `unchosen` is what is said for none of them, empty for no such."""
    with el("label", words), el("select", name=name):
        for value, said in {**({"": unchosen} if unchosen else {}), **options}.items():
            el("option", said, value=value, selected=value == chosen)


def row(*cells: str) -> None:
    """A row of a table whose first cell says what it is about."""
    with el("tr"):
        el("th", cells[0], scope="row")
        for said in cells[1:]:
            cell(said)


def cell(said: str) -> None:
    """A cell of a row, which may break where it lists things."""
    el("td", said, "list" if ", " in said else "")


@contextmanager
def table(caption: str, *headings: str) -> Iterator[None]:
    """A table that scrolls by itself where it is wider than the page."""
    with el("div", classes="wide", tabindex="0", role="region", aria_label=caption), el("table"):
        el("caption", caption)
        with el("thead"), el("tr"):
            for heading in headings:
                el("th", heading, scope="col")
        with el("tbody"):
            yield

"""What the dashboards are made of: panels in one look, each with its words, unit and questions."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from grafana_foundation_sdk.builders import common, prometheus, stat, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink, Row
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement, TooltipDisplayMode
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    Panel,
)

DATASOURCE = "prometheus"
"""The uid of the data source that is provisioned; a Grafana of one's own needs one with the same."""
TAG = "ebbflow"
_WIDTH = 24
_STAT_HEIGHT, _SERIES_HEIGHT = 4, 8


class Ask(NamedTuple):
    """A question in PromQL, and what its answer is called in the legend."""

    query: str
    legend: str


class Section(NamedTuple):
    """Panels under a heading. Stats share a line, time series stand two in a line."""

    title: str
    panels: Sequence[Builder[Panel]]


def number(title: str, description: str, unit: str, query: str, decimals: int | None = None) -> stat.Panel:
    """One figure, as it stands now."""
    panel = stat.Panel().title(title).description(description).datasource(_datasource()).unit(unit)
    panel.height(_STAT_HEIGHT).with_target(_target(Ask(query, title), 0))
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False))
    return panel if decimals is None else panel.decimals(decimals)


def series(title: str, description: str, unit: str, *asks: Ask, least: float | None = 0) -> timeseries.Panel:
    """Lines over time; the axis begins at `least`, or where the lines do."""
    panel = timeseries.Panel().title(title).description(description).datasource(_datasource()).unit(unit)
    panel.height(_SERIES_HEIGHT).span(_WIDTH // 2).fill_opacity(8).line_width(1)
    if least is not None:
        panel.min(least)
    for place, ask in enumerate(asks):
        panel.with_target(_target(ask, place))
    legend = common.VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
    panel.legend(legend.show_legend(True).calcs([]))
    return panel.tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))


def dashboard(title: str, description: str, *sections: Section) -> Dashboard:
    """A dashboard of these sections, with links to the others."""
    uid = f"{TAG}-{re.sub(r'[^a-z]+', '-', title.lower())}"
    made = Dashboard(f"Ebbflow: {title}").uid(uid).description(description).tags([TAG]).editable()
    made.time("now-1h", "now").refresh("10s").timezone("browser").tooltip(DashboardCursorSync.CROSSHAIR)
    links = DashboardLink("Ebbflow").type(DashboardLinkType.DASHBOARDS).tags([TAG]).as_dropdown(True)
    made.link(links.keep_time(True).icon("external link").tooltip("").url("").include_vars(False).target_blank(False))
    for section in sections:
        made.with_row(Row(section.title))
        numbers = [panel for panel in section.panels if isinstance(panel, stat.Panel)]
        for panel in numbers:
            panel.span(_WIDTH // len(numbers))
        for each in (*numbers, *(panel for panel in section.panels if panel not in numbers)):
            made.with_panel(each)
    return made


def _target(ask: Ask, place: int) -> prometheus.Dataquery:
    query = prometheus.Dataquery().expr(ask.query).legend_format(ask.legend).ref_id(chr(ord("A") + place))
    return query.range().datasource(_datasource())


def _datasource() -> DataSourceRef:
    return DataSourceRef(type_val="prometheus", uid=DATASOURCE)

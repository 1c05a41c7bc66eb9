"""What a customer may consent to: the purposes that Ebbflow knows, and how the categories of a site's banner map to
them."""

from enum import StrEnum
from typing import Literal


class Purpose(StrEnum):
    """What the data of a customer are used for. Nobody who refuses `analytics` is remembered at all; who refuses
    `profiling` is neither scored nor predicted, and no alert is about them."""

    ANALYTICS = "analytics"
    PROFILING = "profiling"


Categories = dict[str, Purpose | Literal["none"]]
"""Purposes by the names that a site gives its categories; `none` is a category that is no matter of ours."""

"""Segments: the named groups that customers stand in, and the four ways by which they are told apart."""

from typing import Literal

By = Literal["lifecycle", "rfm", "cluster", "own"]
"""Where they are in their life as customers; recency, frequency and money; how they behave; and what the user defines.
By each of the first three a customer stands in one segment at a time, and in any number of the user's own."""

Stage = Literal["new", "active", "returning", "dormant", "lost", "left"]
"""Stages of the lifecycle."""

RfmName = Literal[
    "Champions",
    "Loyal",
    "Potential loyalists",
    "New customers",
    "Promising",
    "Need attention",
    "About to sleep",
    "At risk",
    "Can't lose",
    "Hibernating",
    "Lost customers",
]
"""The usual names of what recency, frequency and money say together."""

NEWCOMERS = "newcomers"
"""Where customers came from who were in none before."""

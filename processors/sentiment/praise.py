"""Praise and complaints: what the rating that comes with a text makes of it."""

GOOD, POOR = 0.75, 0.4
"""A rating from here on is praise, one up to there a complaint. In between feelings are mixed, and nothing is learned:
three of five stars, or 5 to 7 of ten."""


def is_praise(rating: float) -> bool | None:
    """Whether a rating of 0 to 1 is praise or a complaint; none if it is neither."""
    if rating >= GOOD:
        return True
    return False if rating <= POOR else None

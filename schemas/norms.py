"""What is usual among all customers, by which one of them is judged. Taken by the census, handed to `advance`."""

import msgspec


class RfmBounds(msgspec.Struct, frozen=True, gc=False):
    """What divides customers into fifths: by `recency` in days, by `frequency`, and by what they paid, by currency.

    Each has four bounds in rising order, and a fifth holds its upper bound. If `paying`, they are those of customers
    who paid, by their orders; otherwise nobody has, and they are those of all, by their active days.
    """

    paying: bool
    recency: list[float]
    frequency: list[float]
    monetary: dict[str, list[float]] = {}


class Norms(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """`at` is when they were taken, in epoch seconds; 0 is never. `rfm` is none while there are too few customers."""

    at: float = 0.0
    rfm: RfmBounds | None = None

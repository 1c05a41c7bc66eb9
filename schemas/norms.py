"""What is usual among all customers, by which one of them is judged. Taken by the census, handed to `advance`."""

import msgspec


class Norms(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """`at` is when they were taken, in epoch seconds; 0 is never."""

    at: float = 0.0

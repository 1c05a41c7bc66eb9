"""What the pure core costs: CPU seconds per million touchpoints, without broker or store.

    python benchmarks/core.py [TOUCHPOINTS]

Touchpoints of about 600 bytes from Zipf-popular customers are read and advanced in batches of 4,000, as a worker does
it, with a model trained on made-up outcomes. A calibration loop beside it tells how fast the machine was just then.
"""

import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
from rich.console import Console
from rich.table import Table

from processors.advance import advance
from processors.features import NAMES
from processors.kinds import KindRules
from processors.learning import Learner
from processors.models import Models
from processors.reading import read
from schemas.outcome import Outcome
from schemas.policy import Policy
from schemas.profile import Profile
from schemas.touch import Touch

BATCH = 4_000
CUSTOMERS = 20_000
EVENTS = ("Product Viewed", "Product Added", "Order Completed", "Email Opened", "Ticket Created", "Signed In")
START = datetime(2026, 1, 1, tzinfo=UTC)


def touchpoints(count: int, chance: random.Random) -> list[bytes]:
    """Records as a shop's site sends them, a second apart."""
    weights = [1 / (rank + 10) for rank in range(CUSTOMERS)]
    customers = chance.choices(range(CUSTOMERS), weights, k=count)
    return [
        json.dumps(
            {
                "type": "track",
                "event": chance.choice(EVENTS),
                "messageId": f"{chance.getrandbits(128):032x}",
                "userId": f"user-{customer:06d}",
                "timestamp": (START + timedelta(seconds=place)).isoformat(),
                "properties": {"revenue": 19.9, "currency": "EUR", "products": [{"sku": f"s{n}"} for n in range(8)]},
                "context": {"page": {"url": "https://shop.example/" + "x" * 80}, "library": {"name": "analytics.js"}},
            }
        ).encode()
        for place, customer in enumerate(customers)
    ]


def trained(chance: random.Random) -> Models:
    """A model that has seen a thousand outcomes."""
    learner = Learner()
    for _ in range(1_000):
        learner.learn(
            Outcome(
                id="", customer="", made_at=START, due_at=START, model=1, base_rate=0.3, predicted_churn=0.3,
                predicted_engagement=1.0, churned=chance.random() < 0.3, engaged=chance.randrange(5),
                features={name: chance.gauss() for name in NAMES},
            )
        )  # fmt: skip
    return learner.serve()


def cpu(work: Callable[[], None]) -> float:
    """CPU seconds of this process that the work took."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def main(count: int) -> None:
    """Measure and print the table."""
    chance, rules, policy = random.Random(1), KindRules(), Policy()
    raw, models = touchpoints(count, chance), trained(chance)
    touches: list[Touch] = []
    documents: dict[str, bytes] = {}
    scored = 0

    def read_all() -> None:
        for place, record in enumerate(raw):
            touches.append(read(record, START.timestamp() + place, rules, 0, place))

    def advance_all() -> None:
        nonlocal scored
        for first in range(0, count, BATCH):
            by_customer = defaultdict(list)
            for touch in touches[first : first + BATCH]:
                by_customer[touch.customer].append(touch)
            now = touches[min(first + BATCH, count) - 1].at
            for customer, mine in by_customer.items():
                held = documents.get(customer)
                profile = msgspec.json.decode(held, type=Profile) if held else Profile(customer)
                documents[customer] = msgspec.json.encode(advance(profile, mine, now, models, policy).profile)
                scored += 1

    calibration = cpu(lambda: sum(range(20_000_000)) and None)
    table = Table("step", "CPU seconds per million touchpoints", title=f"{count:,} touchpoints", title_style="")
    for name, work in (("read", read_all), ("load, advance, save as JSON", advance_all)):
        table.add_row(name, f"{cpu(work) / count * 1e6:.1f}")
    console = Console()
    console.print(table)
    console.print(f"{count / scored:.1f} touchpoints of a customer in a batch; {len(raw[0])} bytes a touchpoint")
    console.print(f"median profile {sorted(map(len, documents.values()))[len(documents) // 2]} bytes")
    console.print(f"calibration: summing 20 million integers took {calibration:.2f} CPU seconds")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

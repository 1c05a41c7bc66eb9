"""What the pure core costs: CPU seconds per million touchpoints, without broker or store.

    python -m benchmarks.core [TOUCHPOINTS]

The touchpoints are read and advanced in batches of 4,000 from one partition of eight, as a worker does it, with a
trained model.
"""

import random
import sys
from collections import defaultdict

from rich.table import Table

from benchmarks.machine import calibrate, cpu
from benchmarks.model import trained
from benchmarks.results import Finding, report
from benchmarks.traffic import CUSTOMERS, popular, touchpoints
from processors.advance import advance
from processors.kinds import KindRules
from processors.reading import read
from schemas.policy import Policy
from schemas.touch import Touch
from streams.store.documents import read_profile, write_profile

BATCH = 4_000
PARTITIONS = 8


def main(count: int) -> None:
    """Measure and print the table."""
    chance, rules, policy = random.Random(1), KindRules(), Policy()
    raw = list(touchpoints(popular(count, chance, CUSTOMERS // PARTITIONS), chance))
    models = trained(chance).serve()
    touches: list[Touch] = []
    documents: dict[str, bytes] = {}
    scored = 0

    def read_all() -> None:
        for place, sent in enumerate(raw):
            touches.append(read(sent.value, sent.at, rules, 0, place))

    def advance_all() -> None:
        nonlocal scored
        for first in range(0, count, BATCH):
            by_customer = defaultdict(list)
            for touch in touches[first : first + BATCH]:
                by_customer[touch.customer].append(touch)
            now = touches[min(first + BATCH, count) - 1].at
            for customer, mine in by_customer.items():
                profile = read_profile(customer, documents.get(customer))
                documents[customer] = write_profile(advance(profile, mine, now, models, policy).profile)
                scored += 1

    calibration = calibrate()
    table = Table("step", "CPU seconds per million touchpoints", title=f"{count:,} touchpoints", title_style="")
    findings = []
    for name, work in (("read", read_all), ("decode, advance, encode", advance_all)):
        cost = cpu(work) / count * 1e6
        table.add_row(name, f"{cost:.1f}")
        findings.append(Finding(name, "cpu", cost, "s/million"))
    size = sum(len(sent.value) for sent in raw) / count
    notes = (
        f"{count / scored:.1f} touchpoints of a customer in a batch; {size:.0f} bytes a touchpoint",
        f"median profile {sorted(map(len, documents.values()))[len(documents) // 2]} bytes",
    )
    report("core", table, findings, calibration, notes)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

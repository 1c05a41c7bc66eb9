"""What the pure core costs: CPU seconds per million touchpoints, without broker or store.

    python -m benchmarks.core [TOUCHPOINTS]

The touchpoints are read and advanced in batches of 10,000 from one partition of eight, as a worker does it, with a
trained model; and once more with five rules of the user's own.
"""

import random
import sys
from collections import defaultdict
from functools import partial

from rich.table import Table

from benchmarks.machine import calibrate, cpu
from benchmarks.model import trained
from benchmarks.results import Finding, report
from benchmarks.traffic import CUSTOMERS, popular, touchpoints
from processors.advance import advance
from processors.kinds import KindRules
from processors.reading import read
from schemas.policy import Policy
from schemas.rules import AlertRule
from schemas.touch import Touch
from streams.store.documents import read_profile, write_profile

BATCH = 10_000
PARTITIONS = 8
RULES = (
    "churn_risk > 0.7 and value_next > 100",
    "touch.kind == 'purchase' and touch.amount > 500",
    "lately.service >= 2 and churn_risk > 0.5",
    "traits.plan == 'pro' and activity.week < 1",
    "revenue > 1000 and recency > 14",
)


def main(count: int) -> None:
    """Measure and print the table."""
    chance, rules = random.Random(1), KindRules()
    raw = list(touchpoints(popular(count, chance, CUSTOMERS // PARTITIONS), chance))
    models = trained(chance).serve()
    touches: list[Touch] = []

    def read_all() -> None:
        for place, sent in enumerate(raw):
            touches.append(read(sent.value, sent.at, rules, 0, place))

    def advance_all(policy: Policy, documents: dict[str, bytes]) -> None:
        for first in range(0, count, BATCH):
            by_customer = defaultdict(list)
            for touch in touches[first : first + BATCH]:
                by_customer[touch.customer].append(touch)
            now = touches[min(first + BATCH, count) - 1].at
            for customer, mine in by_customer.items():
                profile = read_profile(customer, documents.get(customer))
                documents[customer] = write_profile(advance(profile, mine, now, models, policy).profile)

    calibration = calibrate()
    table = Table("step", "CPU seconds per million touchpoints", title=f"{count:,} touchpoints", title_style="")
    findings = []
    documents: dict[str, bytes] = {}
    ruled = Policy(rules={f"rule-{number}": AlertRule(when=when) for number, when in enumerate(RULES)})
    for name, work in (
        ("read", read_all),
        ("decode, advance, encode", partial(advance_all, Policy(), documents)),
        ("the same, with five rules", partial(advance_all, ruled, {})),
    ):
        cost = cpu(work) / count * 1e6
        table.add_row(name, f"{cost:.1f}")
        findings.append(Finding(name, "cpu", cost, "s/million"))
    size = sum(len(sent.value) for sent in raw) / count
    scored = sum(len({touch.customer for touch in touches[first : first + BATCH]}) for first in range(0, count, BATCH))
    sizes = sorted(map(len, documents.values()))
    notes = (
        f"{count / scored:.1f} touchpoints of a customer in a batch; {size:.0f} bytes a touchpoint",
        f"bytes of a profile: median {sizes[len(sizes) // 2]}, 99 of 100 under {sizes[len(sizes) * 99 // 100]}",
    )
    report("core", table, findings, calibration, notes)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

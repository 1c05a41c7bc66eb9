"""Many alerts to three endpoints, of which one dies in the middle and comes back: nothing is lost, nobody waits."""

import time
from collections import Counter
from pathlib import Path

import pytest

from schemas.settings import Settings
from tests.alerting import alert_of
from tests.harness import wait_until
from tests.integration.notifying import dead_letters, hook, in_order, publish, running_notifier, verified, waiting
from tests.integration.receivers import Answer, Got, Receiver

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("count", "dead_for"),
    [
        pytest.param(500, 3.0, id="some"),
        pytest.param(10_000, 60.0, id="all", marks=[pytest.mark.notify, pytest.mark.timeout(1200)]),
    ],
)
def test_every_alert_arrives_in_order_though_one_receiver_dies(
    settings: Settings, tmp_path: Path, count: int, dead_for: float
) -> None:
    alerts = [alert_of(f"c{number % (count // 5)}", episode=number // (count // 5) + 1) for number in range(count)]
    ids = {alert.id for alert in alerts}

    def steady(got: Got) -> Answer:
        time.sleep(0.002)
        return Answer()

    with Receiver() as quick, Receiver(steady) as slower, Receiver() as dying:
        receivers = {"quick": quick, "slower": slower, "dying": dying}
        endpoints = {name: hook(receiver.url) for name, receiver in receivers.items()}
        with running_notifier(settings, endpoints, tmp_path / "log") as notifier:
            began = time.monotonic()
            publish(settings, alerts)
            wait_until(lambda: len(dying.got) > count // 10, within=60, every=0.01)
            dying.stop()
            dies, before, living = time.monotonic(), len(dying.got), len(quick.got) + len(slower.got)
            wait_until(lambda: time.monotonic() > dies + dead_for, within=dead_for + 1)
            assert waiting(settings, "dying") > 0
            assert len(quick.got) + len(slower.got) > living
            dying.start()
            back = time.monotonic()
            wait_until(lambda: len(quick.got) >= count and len(slower.got) >= count, within=60 + count / 25)
            all_living = time.monotonic() - began
            # It is looked at again after as long as it was dead, at the most, and then has to be served.
            wait_until(lambda: waiting(settings, "dying") == 0, within=30 + dead_for + count / 25)
            caught_up = time.monotonic() - back
            notifier.check()
    for name, receiver in receivers.items():
        said = [verified(got) for got in receiver.got]
        assert {each["id"] for each in said} == ids, name
        in_order(receiver.got, alerts)
        assert dead_letters(settings, name) == []
    repeats = {name: len(receiver.got) - count for name, receiver in receivers.items()}
    print(
        f"{count} alerts: two living endpoints had all after {all_living:.1f} s; the third was dead for "
        f"{back - dies:.1f} s ({before} before) and caught up within {caught_up:.1f} s; repeated: {repeats}"
    )
    assert repeats["quick"] == repeats["slower"] == 0
    assert repeats["dying"] <= 8
    assert max(Counter(got.json["id"] for got in dying.got).values()) <= 2

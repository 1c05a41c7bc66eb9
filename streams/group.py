"""The consumer group of the workers, as the broker knows it: whether any runs, and how far they have committed."""

from typing import Any

from kafka.admin import KafkaAdminClient
from kafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from schemas.settings import Settings

GROUP = "ebbflow"

_RUNNING = {"Stable", "PreparingRebalance", "CompletingRebalance"}

# A broker that was never asked for a group makes the place for it first.
_patiently = retry(
    retry=retry_if_exception_type((CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError)),
    wait=wait_fixed(0.2),
    stop=stop_after_delay(20),
    reraise=True,
)


def is_running(settings: Settings) -> bool:
    """Whether the broker knows of workers that run; false where it cannot tell, as the embedded one.

    Raises:
        kafka.errors.KafkaError: if the broker is away or refuses.
    """
    with _admin(settings) as admin:
        found = {group["group_id"]: group["group_state"] for group in admin.list_groups()}
    return found.get(settings.topic(GROUP)) in _RUNNING


@_patiently
def committed(settings: Settings, topic: str) -> dict[int, int]:
    """The offset committed for each partition of a topic, where anything is.

    Raises:
        kafka.errors.KafkaError: if the broker is away or refuses.
    """
    group, name = settings.topic(GROUP), settings.topic(topic)
    with _admin(settings) as admin:
        offsets = admin.list_group_offsets(group)[group]
    return {tp.partition: said.offset for tp, said in offsets.items() if tp.topic == name and said.offset > 0}


@_patiently
def forget_commits(settings: Settings, topic: str) -> None:
    """Let the workers begin a topic at the start of its log.

    Raises:
        kafka.errors.KafkaError: if the broker is away or refuses, as it does while a worker runs.
    """
    group, name = settings.topic(GROUP), settings.topic(topic)
    with _admin(settings) as admin:
        offsets = admin.list_group_offsets(group)[group]
        begun = {tp: said._replace(offset=0) for tp, said in offsets.items() if tp.topic == name}
        if begun:
            admin.alter_group_offsets(group, begun)


def _admin(settings: Settings) -> Any:
    return KafkaAdminClient(bootstrap_servers=settings.broker_url, client_id="ebbflow-group")

"""The Faust schema that hands a batch to the agent as it is."""

from typing import Any

import faust
from faust.types import AppT, Message


class BatchSchema(faust.Schema):
    """No keys to decode and no values: the transport put the batch where a record's value would be."""

    def loads_key(self, app: AppT, message: Message, **_: Any) -> None:
        """A batch has no key."""

    def loads_value(self, app: AppT, message: Message, **_: Any) -> Any:
        """The `Batch` itself."""
        return message.value

"""The models in use: a new version is picked up without stopping, a broken one refused and the last good one kept."""

import logging

from processors.models import Models, NoModels
from streams.store.models import ModelStore
from streams.store.seal import BrokenSealError
from streams.worker import metrics

logger = logging.getLogger(__name__)


class Scorer:
    """Holds one frozen version at a time."""

    def __init__(self, store: ModelStore) -> None:
        self._store = store
        self._refused = 0
        self._asked = False
        self.models: Models = NoModels()

    async def ready(self) -> None:
        """Have looked for a model once: nothing should be scored by none while there is one."""
        if not self._asked:
            await self.refresh()

    async def refresh(self) -> None:
        """Look whether a newer version is being served, and take it if its seal is whole."""
        version = await self._store.version()
        self._asked = True
        if version in (self.models.version, self._refused):
            return
        try:
            served = await self._store.serving()
        except BrokenSealError as error:
            self._refused = version
            logger.error("Refused model version %s, still using %s: %s", version, self.models.version, error)
            return
        if served is not None:
            self.models = served
            metrics.MODEL_VERSION.set(served.version)
            metrics.MODEL_WARM.set(served.warm)

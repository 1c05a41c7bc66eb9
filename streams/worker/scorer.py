"""The models and norms in use: a new version is picked up without stopping, a broken one is refused, and the last good
one kept."""

import logging

from processors.models import Models, NoModels
from schemas.norms import Norms
from streams.store.models import BrokenModelError, ModelStore
from streams.store.population import PopulationStore
from streams.worker import metrics

logger = logging.getLogger(__name__)


class Scorer:
    """Holds one frozen version at a time, and what was usual among all customers at the last census."""

    def __init__(self, store: ModelStore, population: PopulationStore | None = None) -> None:
        self._store, self._population = store, population
        self._refused = 0
        self._asked = False
        self.models: Models = NoModels()
        self.norms = Norms()

    async def ready(self) -> None:
        """Have looked for a model once: nothing should be scored by none while there is one."""
        if not self._asked:
            await self.refresh()

    async def refresh(self) -> None:
        """Look whether another version is being served, and take it if it is whole. If it is not, the one at hand goes
        on scoring; where there is none, the newest whole one that was kept."""
        if self._population is not None:
            self.norms = await self._population.norms()
        version = await self._store.version()
        self._asked = True
        if version in (self.models.version, self._refused):
            return
        try:
            served = await self._store.serving()
        except BrokenModelError as error:
            self._refused = version
            served = await self._store.last_whole() if not self.models.version else None
            using = served.version if served else self.models.version
            logger.error("Refused model version %s, using version %s: %s", version, using, error)
        if served is not None:
            self.models = served
            metrics.MODEL_VERSION.set(served.version)
            metrics.MODEL_WARM.set(served.warm)

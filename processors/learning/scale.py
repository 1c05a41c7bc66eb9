"""Scale: inputs in standard deviations from their mean, as both are known so far; shared by all linear models."""

import numpy as np

FAR = 5.0
"""What lies further out counts as lying here. Labels come a horizon late, so models are always asked about customers
older and busier than any they learned from, and a straight line must not be drawn on into the unknown."""
_LEAST_VARIANCE = 1e-4


class Scale:
    """Running means and variances of a vector (Welford, 1962)."""

    def __init__(self, size: int) -> None:
        self.count = 0
        self.means: np.ndarray = np.zeros(size)
        self._squares: np.ndarray = np.zeros(size)

    @property
    def deviations(self) -> np.ndarray:
        """Standard deviations, and a little more, so that what never varied does not explode when it does."""
        found: np.ndarray = np.sqrt(self._squares / max(self.count, 1) + _LEAST_VARIANCE)
        return found

    def learn(self, values: np.ndarray) -> np.ndarray:
        """Take in one vector, and give it scaled."""
        self.count += 1
        off = values - self.means
        self.means += off / self.count
        self._squares += off * (values - self.means)
        scaled: np.ndarray = np.clip((values - self.means) / self.deviations, -FAR, FAR)
        return scaled

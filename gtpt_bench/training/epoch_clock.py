"""How fast an epoch went, and how much of it training stood still for want of data."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


class EpochClock:
    """Runs from the last `restart`.

    Args:
        now: a time in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self.now = now
        self.restart()

    def restart(self) -> None:
        self.started, self.waited_s, self.images = self.now(), 0.0, 0

    def timed(self, batches: Iterable[T]) -> Iterator[T]:
        """The batches; the time until each is there counts as waiting, that of starting the loader included."""
        iterator = None
        while True:
            asked = self.now()
            try:
                iterator = iterator or iter(batches)
                batch = next(iterator)
            except StopIteration:
                return
            self.waited_s += self.now() - asked
            yield batch

    @property
    def images_per_s(self) -> float:
        return self.images / self._elapsed_s

    @property
    def waiting_share(self) -> float:
        """From 0 to 1."""
        return self.waited_s / self._elapsed_s

    @property
    def _elapsed_s(self) -> float:
        return max(self.now() - self.started, 1e-9)

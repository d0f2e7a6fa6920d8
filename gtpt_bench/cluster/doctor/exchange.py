"""Two machines write each other a file: how late each is seen, and how far their clocks are apart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Exchange:
    """A file of the job and the answer to it; seconds since 1970 by the clock of whoever wrote or saw.

    A clock that is ahead makes one way look longer and the other shorter by as much; so half the sum of both ways is
    the delay, half their difference that of the clocks, if files take as long both ways.
    """

    hello_written_at: float
    hello_seen_at: float
    answer_written_at: float
    answer_seen_at: float

    @property
    def delay_s(self) -> float:
        """From writing a file to seeing it elsewhere."""
        return max(0.0, (self._there_s + self._back_s) / 2)

    @property
    def clock_s(self) -> float:
        """By how much the clock of the submitting machine is ahead of the node's."""
        return (self._there_s - self._back_s) / 2

    @property
    def _there_s(self) -> float:
        return self.hello_seen_at - self.hello_written_at

    @property
    def _back_s(self) -> float:
        return self.answer_seen_at - self.answer_written_at

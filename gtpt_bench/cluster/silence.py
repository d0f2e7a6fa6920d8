"""A scheduler that does not answer is told of once, and once when it is back, however often it was asked meanwhile."""

from __future__ import annotations

import time

from gtpt_bench.study.display import Display


class Silence:
    """Of the scheduler, as a shell tells it.

    Attributes:
        began: when it fell silent, by the monotonic clock; None while it answers.
    """

    def __init__(self, display: Display) -> None:
        self.display = display
        self.began: float | None = None

    def lasts(self, words: str) -> None:
        """It has not answered just now."""
        if self.began is None:
            self.began = time.monotonic()
            self.display.say(f"the scheduler does not answer; waiting ({words})")

    def is_over(self) -> None:
        """It has answered."""
        if self.began is not None:
            self.began = None
            self.display.say("the scheduler answers again")

"""Rounds measured while a card was held back are refused and measured again.

The card is asked before and after a round, never in it: a thread that samples would disturb what is measured. What
happened in between is told by the driver's own counters of throttled time. Source: spec/measurement.md §1 (clocks,
heat), whose rule is nvbench's; nvbench reads the clock inside a kernel, which from here is not possible.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from gtpt_bench.efficiency.gpu.processes import GpuProcess
from gtpt_bench.efficiency.gpu.state import HARMLESS_REASONS, GpuState

T = TypeVar("T")

CLOCK_SHARE = 0.75
"""Of the default clock; a busy card below it is throttled."""
LIMITED_SHARE = 0.01
"""Of a round's time; a limiter that held the clock down for longer throttled the round."""
MAX_REFUSALS = 10
"""Rounds of one row that are measured again; then the row is marked instead."""
MAX_REFUSALS_IN_TURN = 10
"""Times that the same round is measured again. Then the card will not get better: until it has done well once, no
round is refused, however many refusals are left. One that its power limit always holds back would eat up a session."""
PAUSE_S = 0.05
"""Between a refused round and the next, for the card to recover."""


@dataclass(frozen=True)
class GpuConditions:
    """Under which circumstances a row was measured.

    Attributes:
        first, last: looks at the card before the first round and after the last.
        hottest_c: of all looks.
        num_refused: rounds thrown away.
        refused_for: why, in the order they were first met.
        throttled_by: why accepted rounds should have been refused too; empty for a row without reproach.
        other_processes: on the card at any look; None where they may not be listed.
    """

    first: GpuState | None
    last: GpuState | None
    hottest_c: int | None
    num_refused: int
    refused_for: tuple[str, ...]
    throttled_by: tuple[str, ...]
    other_processes: tuple[GpuProcess, ...] | None


class RoundWatch:
    """Measures rounds of one row and keeps those that can be trusted.

    Args:
        look: the card's state now; None where there is none, and then every round is accepted.
        clock_ns: a clock of nanoseconds.
        pause: called after each refused round.
    """

    def __init__(
        self,
        look: Callable[[], GpuState | None],
        *,
        clock_ns: Callable[[], int] = time.perf_counter_ns,
        pause: Callable[[], None] = lambda: time.sleep(PAUSE_S),
        max_refusals: int = MAX_REFUSALS,
    ) -> None:
        self._look, self._clock_ns, self._pause, self._max_refusals = look, clock_ns, pause, max_refusals
        self._num_refused = self._num_in_turn = 0
        self._refused_for: list[str] = []
        self._throttled_by: list[str] = []
        self._looks: list[GpuState | None] = []
        self._last: tuple[GpuState | None, int] = None, clock_ns()

    def measured(self, one_round: Callable[[], T]) -> T:
        """What the round gives; run again while its card was throttled and refusals are left."""
        while True:
            self.begin()
            result = one_round()
            if not self.refusal():
                return result
            self._pause()

    def begin(self) -> None:
        """A look before a round."""
        self._looks.append(self._look())
        self._last = self._looks[-1], self._clock_ns()

    def refusal(self) -> str:
        """A look after a round: why what ran since the last look must not count.

        Empty if it may count, or if no refusal is left. It is a look before the next round too, so that a session of
        many short slices asks the card once a slice (`Guard` in timing/session.py).
        """
        (before, start_ns), now_ns = self._last, self._clock_ns()
        after = self._look()
        self._looks.append(after)
        self._last = after, self._clock_ns()
        reasons = refusal_reasons(before, after, elapsed_ns=now_ns - start_ns)
        if not reasons:
            self._num_in_turn = 0
            return ""
        if self._num_refused == self._max_refusals or self._num_in_turn == MAX_REFUSALS_IN_TURN:
            self._throttled_by += [reason for reason in reasons if reason not in self._throttled_by]
            return ""
        self._num_refused += 1
        self._num_in_turn += 1
        self._refused_for += [reason for reason in reasons if reason not in self._refused_for]
        return ", ".join(reasons)

    @property
    def conditions(self) -> GpuConditions:
        """Of all rounds so far."""
        told = [state for state in self._looks if state is not None]
        listed = [state.processes for state in told if state.processes is not None]
        others = {process.pid: process for processes in listed for process in processes}
        return GpuConditions(
            first=next(iter(self._looks), None),
            last=self._looks[-1] if self._looks else None,
            hottest_c=max((state.temperature_c for state in told if state.temperature_c is not None), default=None),
            num_refused=self._num_refused,
            refused_for=tuple(self._refused_for),
            throttled_by=tuple(self._throttled_by),
            other_processes=tuple(others[pid] for pid in sorted(others)) if listed else None,
        )


def refusal_reasons(before: GpuState | None, after: GpuState | None, *, elapsed_ns: int) -> tuple[str, ...]:
    """Why a round between two looks cannot be trusted; empty if it can, or if nothing is known."""
    looks = [state for state in (before, after) if state is not None]
    held = [reason for state in looks for reason in state.throttle_reasons or () if reason not in HARMLESS_REASONS]
    limited = _limited_for(before, after, elapsed_ns) if before is not None and after is not None else []
    slow = ["low_clock"] if after is not None and _is_slow(after) else []
    return tuple(dict.fromkeys((*held, *limited, *slow)))


def _limited_for(before: GpuState, after: GpuState, elapsed_ns: int) -> list[str]:
    return [
        f"{name}_limit"
        for name, total_ns in after.limited_ns.items()
        if name in before.limited_ns and total_ns - before.limited_ns[name] > LIMITED_SHARE * elapsed_ns
    ]


def _is_slow(state: GpuState) -> bool:
    """Below its share of the default clock while busy; a card that has gone idle may clock down as it likes.

    The highest clock stands in where the maker gives no default (consumer cards).
    """
    normal = state.default_sm_clock_mhz or state.max_sm_clock_mhz
    if state.sm_clock_mhz is None or normal is None or "idle" in (state.throttle_reasons or ()):
        return False
    return state.sm_clock_mhz < CLOCK_SHARE * normal

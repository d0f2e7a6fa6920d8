"""Energy an image, by the card's own counter. Source: spec/measurement.md §2 (energy).

The counter (`nvmlDeviceGetTotalEnergyConsumption`, Volta and later) gives millijoules since the driver was loaded. It
moves in steps of 20 to 100 ms of work, so a window of 3 s is right to about 3 %. It counts the whole card: what an idle
card draws and what other processes do are in it. Where there is no counter there is no figure: a guess from power
readings would not be one of this model.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from gtpt_bench.efficiency.gpu.card import Card

WINDOW_S = 3.0
MIN_WINDOW_S = 1.0


@dataclass(frozen=True)
class Energy:
    """Energy of pipelined calls over one window.

    Attributes:
        joules: of the whole card over the window.
        images: passed through the model in it.
        seconds: its length.
    """

    joules: float
    images: int
    seconds: float

    @property
    def joules_per_image(self) -> float:
        return self.joules / self.images

    @property
    def mean_power_w(self) -> float:
        return self.joules / self.seconds


def measured_energy(
    call: Callable[[], object],
    *,
    images_per_call: int,
    card: Card | None,
    wait: Callable[[], None],
    window_s: float = WINDOW_S,
    clock_ns: Callable[[], int] = time.perf_counter_ns,
) -> Energy | None:
    """Energy of a window of calls, synchronised at its ends only.

    Args:
        call: one forward pass, warmed up.
        wait: returns when the device has done all that was asked of it.
        window_s: shortest length of the window, in seconds.

    Returns:
        None without a card (a CPU), without a counter, or if the counter fails on the way.

    Raises:
        ValueError: a window shorter than `MIN_WINDOW_S`, over which the counter's steps would show.
    """
    if window_s < MIN_WINDOW_S:
        raise ValueError(f"window_s {window_s} is shorter than {MIN_WINDOW_S}")
    if _counter_mj(card) is None:
        return None
    calls = 1
    while True:
        before_mj, seconds, after_mj = _window(call, calls, card, wait, clock_ns)
        if before_mj is None or after_mj is None:
            return None
        if seconds >= window_s:
            break
        calls = _more_calls(calls, seconds, window_s)
    joules = (after_mj - before_mj) / 1000
    return Energy(joules, calls * images_per_call, seconds) if joules > 0 else None


def _window(
    call: Callable[[], object], calls: int, card: Card | None, wait: Callable[[], None], clock_ns: Callable[[], int]
) -> tuple[int | None, float, int | None]:
    wait()
    before_mj, start_ns = _counter_mj(card), clock_ns()
    for _ in range(calls):
        call()
    wait()
    seconds = (clock_ns() - start_ns) / 1e9
    return before_mj, seconds, _counter_mj(card)


def _more_calls(calls: int, seconds: float, window_s: float) -> int:
    """Enough for the window by what these took, and a tenth more; at most sixteen times as many, as first calls lie."""
    wanted = calls * 16 if seconds <= 0 else math.ceil(1.1 * window_s / seconds * calls)
    return max(calls + 1, min(wanted, 16 * calls))


def _counter_mj(card: Card | None) -> int | None:
    energy_mj: int | None = None if card is None else card.read("nvmlDeviceGetTotalEnergyConsumption")
    return energy_mj

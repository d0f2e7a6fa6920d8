"""Points in time on the host, and on a device's own stream of work where there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch

from gtpt_bench.efficiency.timing import clock


class Moments(Protocol):
    """A stopwatch whose moments may only be read when the device has done its work: after `wait_for`."""

    def now(self) -> Any: ...

    def between_ns(self, first: Any, second: Any) -> int: ...


class HostMoments:
    """On a CPU the host's clock says it all: an operator is over when it returns."""

    def now(self) -> int:
        return clock.now_ns()

    def between_ns(self, first: int, second: int) -> int:
        return second - first


class StreamMoments:
    """Events in the current stream of a GPU: they pass when the work before them is done, without holding it up.

    Time in which the device waits for its next launch falls to the stage whose launches come late.
    """

    def now(self) -> torch.cuda.Event:
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def between_ns(self, first: torch.cuda.Event, second: torch.cuda.Event) -> int:
        elapsed_ms: float = first.elapsed_time(second)
        return round(elapsed_ms * 1e6)


def moments_of(device: torch.device) -> Moments:
    return StreamMoments() if device.type == "cuda" else HostMoments()


def wait_for(device: torch.device) -> None:
    """Until the device has done all that was asked of it."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def window_ns(call: Callable[[], object], calls: int, device: torch.device) -> int:
    """Nanoseconds of so many calls on end, the device synchronised before and after all of them."""
    wait_for(device)
    start = clock.now_ns()
    for _ in range(calls):
        call()
    wait_for(device)
    return clock.now_ns() - start

"""The one clock of all time measurements, and what keeps the process quiet meanwhile. Torch-free.

Monotonic nanoseconds, never the time of day. Source: spec/measurement.md §1.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager


def now_ns() -> int:
    return time.perf_counter_ns()


def seconds_since(start_ns: int) -> float:
    return (now_ns() - start_ns) / 1e9


def pause(seconds: float) -> None:
    """Sleep, without using a core."""
    time.sleep(seconds)


def load_average() -> float | None:
    """Processes that wanted a core over the last minute, this one's own threads among them; None where unknown."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):
        return None


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Garbage is collected beforehand and not in between, as `timeit` does; afterwards all is as before."""
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()

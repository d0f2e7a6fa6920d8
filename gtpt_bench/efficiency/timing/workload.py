"""One prepared model on images of one batch size, under the clock."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gtpt_bench.efficiency.prepare import Prepared, num_compiled
from gtpt_bench.efficiency.timing import clock
from gtpt_bench.efficiency.timing.waiting import DISTURBED, waited_ns
from gtpt_bench.efficiency.timing.warmth import is_warm


@dataclass(frozen=True)
class Sample:
    """What the clock showed.

    Attributes:
        ns: nanoseconds a call.
        num_calls: that were timed together; 1 for latency.
        waited_ns: of all these calls together, summed over threads, during which they stood ready without a core.
        one_thread: whether one thread of the CPU did all the work.
    """

    ns: float
    num_calls: int
    waited_ns: int
    one_thread: bool = False

    @property
    def total_ns(self) -> float:
        return self.ns * self.num_calls

    @property
    def disturbed(self) -> bool:
        """Whether other processes took so much that the time is not the model's own."""
        return self.waited_ns > DISTURBED * self.total_ns

    @property
    def own_ns(self) -> float | None:
        """Nanoseconds a call that were the model's own, None if that cannot be known.

        Of one thread, waiting is simply subtracted. Several wait for each other as well as for cores: only a call
        that was not disturbed is known to be their own.
        """
        if self.one_thread:
            return self.ns - self.waited_ns / self.num_calls
        return None if self.disturbed else self.ns


class Workload:
    """What is timed again and again.

    Attributes:
        first_call_ms: the very first call with these images, on which everything lazy happens.
        num_compiled: graphs compiled in it.
        num_recompiled: graphs compiled in timed parts, whose times are then worth nothing.
    """

    def __init__(self, prepared: Prepared, batch: int) -> None:
        self.prepared, self.batch = prepared, batch
        self.one_thread = prepared.device.type == "cpu" and prepared.options.threads == 1
        self.inputs = prepared.inputs(batch)
        compiled_before = num_compiled()
        try:
            with prepared.in_force():
                self.call_ns = self._call_ns()
        except RuntimeError:
            prepared.check(*self.inputs)  # which puts it in words, where the attention kernel is to blame
            raise
        self.first_call_ms = self.call_ns / 1e6
        self.num_compiled = num_compiled() - compiled_before
        self.num_recompiled = 0
        prepared.check(*self.inputs)

    def warm_up(self, seconds: float) -> None:
        """Two calls at least, then until it is warm."""
        with self.prepared.in_force():
            start, calls = clock.now_ns(), [self._call_ns(), self._call_ns()]
            while not is_warm(calls, warmed_s=clock.seconds_since(start), asked_s=seconds):
                calls.append(self._call_ns())
        self.call_ns = calls[-1]

    def latencies(self, seconds: float) -> list[Sample]:
        """Each call synchronised; the last one begins before the seconds are over."""
        samples: list[Sample] = []
        with self._timed() as waited:
            start = clock.now_ns()
            while not samples or clock.seconds_since(start) < seconds:
                before = waited()
                ns = self._call_ns()
                samples.append(Sample(ns, 1, waited() - before, self.one_thread))
        return samples

    def stream(self, seconds: float) -> Sample:
        """Calls one after the other, synchronised at the ends only.

        Their number is fixed beforehand, by the last call of the warm-up, so that nothing synchronises in between.
        """
        num_calls = max(1, math.ceil(seconds / (self.call_ns / 1e9)))
        with self._timed() as waited:
            before, start = waited(), clock.now_ns()
            for _ in range(num_calls):
                self.prepared(*self.inputs)
            self.prepared.wait()
            ns = clock.now_ns() - start
            return Sample(ns / num_calls, num_calls, waited() - before, self.one_thread)

    def _call_ns(self) -> int:
        start = clock.now_ns()
        self.prepared(*self.inputs)
        self.prepared.wait()
        return clock.now_ns() - start

    @contextmanager
    def _timed(self) -> Iterator[Callable[[], int]]:
        """Under the model's switches, and told how long its threads waited so far; graphs compiled in it are noted."""
        compiled_before = num_compiled()
        with self.prepared.in_force(), waited_ns() as waited:
            yield waited
        self.num_recompiled += num_compiled() - compiled_before

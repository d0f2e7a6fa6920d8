"""A clock that only fake models move: time under the stopwatch is then known to the nanosecond."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from torch import Tensor, nn

from gtpt_bench.efficiency.explain import disturbance
from gtpt_bench.efficiency.timing import clock as real
from gtpt_bench.efficiency.timing import workload
from gtpt_bench.efficiency.timing.settings import TimingSettings

MS = 1_000_000


class FakeClock:
    """Stands in for the `time` module.

    Attributes:
        waited_ns: how long this process's threads have waited for a core so far.
    """

    def __init__(self) -> None:
        self.now_ns = 0
        self.waited_ns = 0

    def perf_counter_ns(self) -> int:
        return self.now_ns

    def sleep(self, seconds: float) -> None:
        self.now_ns += round(seconds * 1e9)


def in_place_of_the_machines(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """A clock by which models are timed wherever they are; nobody waits for a core unless it says so."""
    fake = FakeClock()

    @contextmanager
    def waited_ns() -> Iterator[Callable[[], int]]:
        yield lambda: fake.waited_ns

    monkeypatch.setattr(real, "time", fake)
    for module in (workload, disturbance):
        monkeypatch.setattr(module, "waited_ns", waited_ns)
    return fake


class FakeModel(nn.Module):
    """Takes `call_ms` a call and `image_ms` more an image, as pipelined devices do.

    Attributes:
        calls: number of images and start in nanoseconds of each call.
    """

    def __init__(
        self,
        clock: FakeClock,
        *,
        call_ms: float = 2.0,
        image_ms: float = 1.0,
        first_ms: float = 0.0,
        slowness: Callable[[int], float] = lambda now_ns: 1.0,
    ) -> None:
        super().__init__()
        self.config = SimpleNamespace(input_size=(8, 8))
        self.clock, self.call_ms, self.image_ms, self.first_ms = clock, call_ms, image_ms, first_ms
        self.slowness = slowness
        self.calls: list[tuple[int, int]] = []

    def forward(self, images: Tensor) -> Tensor:
        start = self.clock.now_ns
        extra = 0.0 if self.calls else self.first_ms
        spent = self.call_ms + self.image_ms * len(images) + extra
        self.clock.now_ns += round(spent * self.slowness(start) * MS)
        self.calls.append((len(images), start))
        return images


def settings(**changes: float) -> TimingSettings:
    values = {"throughput_batch": 8, "warmup_s": 0.1, "round_s": 0.1, "min_rounds": 3, "max_rounds": 9}
    values |= {"min_s": 0.0, "timeout_s": 1000.0}
    return TimingSettings.model_validate(values | changes)

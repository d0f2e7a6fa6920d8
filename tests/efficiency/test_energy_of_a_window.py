"""Joules by a counter that a fake card moves at a known power; None wherever there would only be a guess."""

from __future__ import annotations

import pynvml
import pytest

from gtpt_bench.efficiency.energy import Energy, measured_energy
from gtpt_bench.efficiency.gpu.card import Card
from tests.efficiency.fakes import MS, FakeClock
from tests.efficiency.gpu.fake_nvml import FakeNvml

COUNTER = "nvmlDeviceGetTotalEnergyConsumption"


class Oven:
    """A card of 300 W whose calls take `call_ms` of its own time after they were issued, as pipelined devices do."""

    def __init__(self, clock: FakeClock, *, call_ms: float = 10.0, first_ms: float = 0.0, watts: float = 300.0) -> None:
        self.clock, self.call_ms, self.first_ms, self.watts = clock, call_ms, first_ms, watts
        self.calls, self.waits, self.queued_ms = 0, 0, 0.0
        self.nvml = FakeNvml(**{COUNTER: lambda: 1_000_000 + round(self.clock.now_ns / 1e6 * self.watts)})
        self.card = Card(self.nvml, "handle")

    def call(self) -> None:
        self.queued_ms += self.call_ms + (0 if self.calls else self.first_ms)
        self.calls += 1

    def wait(self) -> None:
        self.waits += 1
        self.clock.now_ns += round(self.queued_ms * MS)
        self.queued_ms = 0.0

    def measured(self, **changes: float) -> Energy | None:
        return measured_energy(
            self.call,
            images_per_call=4,
            card=self.card,
            wait=self.wait,
            clock_ns=self.clock.perf_counter_ns,
            **changes,
        )


@pytest.fixture
def oven() -> Oven:
    return Oven(FakeClock())


def test_joules_an_image_are_power_times_time(oven: Oven) -> None:
    """300 W for 10 ms a call of 4 images: 3 J a call, 0.75 J an image."""
    found = oven.measured()
    assert found is not None
    assert found.joules_per_image == pytest.approx(0.75)
    assert found.mean_power_w == pytest.approx(300)


def test_the_window_is_long_enough_and_counts_only_its_own_images(oven: Oven) -> None:
    found = oven.measured(window_s=2.0)
    assert found is not None
    assert 2.0 <= found.seconds < 2.5
    assert found.images == pytest.approx(4 * found.seconds / 0.01)
    assert found.images < 4 * oven.calls, "calls to find the window's length are not in it"


def test_the_window_is_pipelined(oven: Oven) -> None:
    oven.measured()
    assert oven.calls > 300
    assert oven.waits < 12, "the device is waited for at the ends of windows only"


def test_a_slow_first_call_does_not_shorten_the_window() -> None:
    found = Oven(FakeClock(), call_ms=1.0, first_ms=900.0).measured(window_s=1.0)
    assert found is not None
    assert found.seconds >= 1.0
    assert found.joules_per_image == pytest.approx(0.3 / 4, rel=0.01)


def test_a_window_in_which_the_counters_steps_would_show_is_refused(oven: Oven) -> None:
    with pytest.raises(ValueError, match="window_s"):
        oven.measured(window_s=0.5)


def test_a_cpu_has_no_figure_and_runs_nothing(oven: Oven) -> None:
    assert measured_energy(oven.call, images_per_call=1, card=None, wait=oven.wait) is None
    assert oven.calls == 0


def test_a_card_without_the_counter_has_no_figure(oven: Oven) -> None:
    oven.nvml.failing[COUNTER] = pynvml.NVML_ERROR_NOT_SUPPORTED
    assert oven.measured() is None
    assert oven.calls == 0


def test_a_counter_that_fails_on_the_way_gives_no_figure(oven: Oven) -> None:
    def break_it() -> None:
        oven.wait()
        if oven.calls > 100:
            oven.nvml.failing[COUNTER] = pynvml.NVML_ERROR_GPU_IS_LOST

    assert (
        measured_energy(
            oven.call, images_per_call=1, card=oven.card, wait=break_it, clock_ns=oven.clock.perf_counter_ns
        )
        is None
    )


def test_a_counter_that_stands_still_gives_no_figure() -> None:
    assert Oven(FakeClock(), watts=0.0).measured() is None

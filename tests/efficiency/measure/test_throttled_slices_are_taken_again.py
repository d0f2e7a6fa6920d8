"""A card that is held back costs slices of time, not figures: made-up looks at a card, models under a clock of ours."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat
from typing import Any, cast

import pytest
import torch

from gtpt_bench.efficiency.gpu.state import GpuState
from gtpt_bench.efficiency.gpu.watch import RoundWatch
from gtpt_bench.efficiency.measure.from_end_to_end import AsNetwork
from gtpt_bench.efficiency.measure.request import MeasureRequest
from gtpt_bench.efficiency.measure.running import REFUSALS, Bench, in_silence
from gtpt_bench.efficiency.measure.speed import timed
from gtpt_bench.efficiency.options import PLAIN, InferenceOptions
from gtpt_bench.efficiency.prepare import Prepared, prepared
from gtpt_bench.models.blocks.simcc_head import SimccLogits
from tests.efficiency.fakes import FakeClock, FakeModel, settings
from tests.efficiency.gpu.fake_nvml import state

CPU = torch.device("cpu")
HOT = state(throttle_reasons=("hardware_thermal_slowdown",))


def bench(clock: FakeClock, looks: Iterator[GpuState]) -> Bench:
    watch = RoundWatch(lambda: next(looks), clock_ns=clock.perf_counter_ns, max_refusals=REFUSALS)
    request = MeasureRequest(timing=settings(min_rounds=3, max_rounds=3))
    return Bench(request, CPU, None, watch)


def test_slices_under_throttle_are_refused_and_counted(clock: FakeClock) -> None:
    """The looks: before the session, then one after each slice; the second and third slice meet a hot card."""
    at = bench(clock, chain([state(), state(), HOT, HOT], repeat(state())))
    found = timed({"one": prepared(FakeModel(clock), PLAIN, CPU)}, at, in_silence)["one"]
    assert len(found.latency_ns) == len(found.throughput_images_per_s) == 3
    assert found.num_refused == 3, "a slice after a hot look is refused too"
    assert at.watch.conditions.num_refused == 3
    assert at.watch.conditions.refused_for == ("hardware_thermal_slowdown",)
    assert at.watch.conditions.throttled_by == ()


def test_a_card_that_never_recovers_ends_in_marked_figures(clock: FakeClock) -> None:
    """However many refusals a session has: the first slice is measured ten times again, the others at once."""
    at = bench(clock, repeat(HOT))
    found = timed({"one": prepared(FakeModel(clock), PLAIN, CPU)}, at, in_silence)["one"]
    assert found.num_refused == 10
    assert len(found.latency_ns) == 3
    assert at.watch.conditions.throttled_by == ("hardware_thermal_slowdown",)


class Overwriting:
    """Gives its outputs in the same place at each call, as recorded calls do."""

    def __init__(self, options: InferenceOptions) -> None:
        self.options = options
        self.place = torch.zeros(1, dtype=torch.bfloat16)
        self.images: list[torch.Tensor] = []

    def __call__(self, images: torch.Tensor) -> SimccLogits:
        self.images.append(images)
        self.place += 1
        return SimccLogits(self.place, self.place)


@pytest.mark.parametrize("changes", [{"cuda_graph": True}, {"compile": "reduce_overhead"}])
def test_the_first_pass_of_a_flip_test_outlives_the_second(changes: dict[str, Any]) -> None:
    network = AsNetwork(cast(Prepared, Overwriting(InferenceOptions(**changes))))
    first, second = network(torch.zeros(1, 3, 4, 4)), network(torch.zeros(1, 3, 4, 4))
    assert (first.x.item(), second.x.item()) == (1, 2)


def test_a_network_in_another_format_takes_and_gives_float32() -> None:
    fake = Overwriting(InferenceOptions(dtype="bfloat16", layout="channels_last"))
    logits = AsNetwork(cast(Prepared, fake))(torch.zeros(2, 3, 4, 4))
    assert logits.x.dtype == torch.float32
    assert fake.images[0].dtype == torch.bfloat16
    assert fake.images[0].is_contiguous(memory_format=torch.channels_last)

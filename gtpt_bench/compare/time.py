"""Time of two models: measured now in turn, or from samples of one recorded session, in which they were.

Of two sessions both times are told, with an interval that counts rounds alone; whether they differ is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gtpt_bench.compare.entry import Entry, RecordedTime
from gtpt_bench.compare.two_sessions import SameRecords, compared_apart
from gtpt_bench.efficiency.gpu.identity import card_of
from gtpt_bench.efficiency.gpu.state import gpu_state
from gtpt_bench.efficiency.gpu.watch import GpuConditions, RoundWatch
from gtpt_bench.efficiency.measure.run import built
from gtpt_bench.efficiency.measure.running import Steps, kind_of, told
from gtpt_bench.efficiency.options import PLAIN
from gtpt_bench.efficiency.prepare import Prepared, prepared
from gtpt_bench.efficiency.timing.comparison import Comparison, compared_undisturbed, told_rounds
from gtpt_bench.efficiency.timing.interleaved import MAX_LOOKS, Interleaved, interleaved
from gtpt_bench.efficiency.timing.settings import ComparisonSettings
from gtpt_bench.efficiency.timing.waiting import DISTURBED
from gtpt_bench.efficiency.torch_device import torch_device, torch_device_name

Quantity = Literal["latency", "throughput"]
ATTEMPTS = 2
"""Times that a comparison is measured again because the card was held back; then it is marked."""


@dataclass(frozen=True)
class TimeCompared:
    """One quantity.

    Attributes:
        batch: images a call.
        call_ms: typical time a call of both models.
        comparison: of times: of the second beside the first.
        device: on which they were taken.
        threads: of both; unknown for recorded ones.
        measured: raw rounds, if it was measured now.
        source: file of the recorded session otherwise, or of both.
        gpu: how the card was meanwhile; None without one.
    """

    quantity: Quantity
    batch: int
    call_ms: tuple[float, float]
    comparison: Comparison
    device: str
    threads: tuple[int, int] | None = None
    measured: Interleaved | None = None
    source: str = ""
    gpu: GpuConditions | None = None

    @property
    def confidence(self) -> float:
        """Of the interval, however often it was looked at."""
        once = 1 - self.comparison.confidence
        return 1 - once * (MAX_LOOKS if self.measured else 1)

    @property
    def images_per_s(self) -> tuple[float, float]:
        first, second = (1000 * self.batch / ms for ms in self.call_ms)
        return first, second


def check_options(entries: Sequence[Entry]) -> None:
    """Refuse at once what this device cannot do.

    Raises:
        InputError: in one line, what and why.
    """
    kind = kind_of(torch_device())
    for entry in entries:
        entry.options.check(kind)


def measured_times(
    first: Entry, second: Entry, settings: ComparisonSettings, batch: int, steps: Steps
) -> tuple[TimeCompared, ...]:
    """Latency of one image and throughput of a batch, both models in turn.

    Raises:
        InputError: the device or a model cannot do what the options ask.
    """
    device = torch_device()
    ready = [prepared(built(entry.config), entry.options, device) for entry in (first, second)]
    asked: tuple[tuple[Quantity, int], ...] = (("latency", 1), ("throughput", batch))
    return tuple(
        _measured(ready, settings.model_copy(update={"quantity": quantity, "batch": size}), steps)
        for quantity, size in asked
    )


def _measured(ready: Sequence[Prepared], settings: ComparisonSettings, steps: Steps) -> TimeCompared:
    first, second = ready
    with (
        steps(f"{settings.quantity} at batch {settings.batch}") as update,
        card_of(first.device) as card,
    ):
        watch = RoundWatch(lambda: gpu_state(card), max_refusals=ATTEMPTS)
        found = watch.measured(lambda: interleaved(first, second, settings, on_look=told(update)))
        conditions = watch.conditions if card else None
    return TimeCompared(
        settings.quantity,
        settings.batch,
        found.call_ms,
        found.comparison,
        torch_device_name(),
        threads=(first.threads, second.threads),
        measured=found,
        gpu=conditions,
    )


def recorded_times(first: Entry, second: Entry) -> tuple[TimeCompared, ...]:
    """From the session in which both were measured in turn; nothing where there is none."""
    if why_not_recorded(first, second) or first.time is None or second.time is None:
        return ()
    a, b = first.time, second.time
    latencies = [[float(np.median(calls)) / 1e6 for calls in time.samples["latency_ns"]] for time in (a, b)]
    streams = [[1000 * time.throughput_batch / rate for rate in _rates(time)] for time in (a, b)]
    return (
        _recorded("latency", 1, latencies, (a, b)),
        _recorded("throughput", a.throughput_batch, streams, (a, b)),
    )


def why_not_recorded(first: Entry, second: Entry) -> str:
    """Why no recorded session compares the two; empty if one does."""
    lacking = [entry.name for entry in (first, second) if entry.time is None]
    if lacking:
        return f"no session of latency and images/s is recorded for {' and '.join(dict.fromkeys(lacking))}"
    if (first.options, second.options) != (PLAIN, PLAIN):
        return "recorded times are of plain models in float32, not of the way of running that was asked for"
    if first.time is not None and second.time is not None and first.time.session != second.time.session:
        return _why_not_apart(first.time, second.time)
    return ""


def _why_not_apart(a: RecordedTime, b: RecordedTime) -> str:
    """Why two sessions do not even stand side by side; empty if they do."""
    for what, one, other in (
        ("devices", a.device, b.device),
        ("batch sizes", str(a.throughput_batch), str(b.throughput_batch)),
    ):
        if one != other:
            return f"times come from two sessions on two {what}, {one} and {other}, and cannot be compared"
    return ""


def _rates(time: RecordedTime) -> list[float]:
    rates: list[float] = time.samples["throughput_images_per_s"]
    return rates


def _recorded(
    quantity: Quantity, batch: int, call_ms: Sequence[Sequence[float]], times: tuple[RecordedTime, RecordedTime]
) -> TimeCompared:
    """Rounds in which other processes had the cores are set aside, as in a session of now."""
    first, second = call_ms
    if times[0].session != times[1].session:
        middles = float(np.median(first)), float(np.median(second))
        source = f"{times[0].file} and {times[1].file}"
        return TimeCompared(quantity, batch, middles, compared_apart(first, second), times[0].device, source=source)
    if times[0].samples == times[1].samples:
        same, middle_ms = SameRecords(1.0, 1.0, 1.0, 0.95, 0.03, len(first)), float(np.median(first))
        return TimeCompared(quantity, batch, (middle_ms,) * 2, same, times[0].device, source=str(times[0].file))
    disturbed = [a or b for a, b in zip(*(_disturbed(time, len(first)) for time in times), strict=True)]
    comparison = compared_undisturbed(first, second, disturbed, rng=np.random.default_rng(0))
    told = told_rounds(disturbed, comparison.confidence)
    middle = [float(np.median([rounds[place] for place in told])) for rounds in call_ms]
    return TimeCompared(quantity, batch, (middle[0], middle[1]), comparison, times[0].device, source=str(times[0].file))


def _disturbed(time: RecordedTime, num_rounds: int) -> list[bool]:
    """Of each round; records that do not tell how long threads waited say nothing against any."""
    shares: list[float] = time.samples.get("waited_share") or [0.0] * num_rounds
    return [share > DISTURBED for share in shares]

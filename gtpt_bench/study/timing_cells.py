"""All cells of a timing grid, a variant in a way of running at a batch size each, measured in one interleaved session.

Variants that are compared stand side by side within a round and every other round runs backwards, so that drift meets
all alike. Calls are synchronised one by one; on a device that works behind the program's back a pipelined stream is
timed beside them. Elsewhere a call is over when it returns, and the same calls tell both latency and throughput.
Source: spec/measurement.md §1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from statistics import median
from typing import Any

import torch
from torch import nn

from gtpt_bench.efficiency.gpu.identity import card_of
from gtpt_bench.efficiency.gpu.state import gpu_state
from gtpt_bench.efficiency.gpu.watch import RoundWatch
from gtpt_bench.efficiency.prepare import Prepared, prepared
from gtpt_bench.efficiency.timing import clock
from gtpt_bench.efficiency.timing.settings import TimingSettings
from gtpt_bench.efficiency.timing.statistics import median_error
from gtpt_bench.efficiency.timing.stopping import Stop, stop_reason
from gtpt_bench.efficiency.timing.workload import Sample, Workload
from gtpt_bench.study.timing_spec import TimingGrid

OnSlice = Callable[[int, int, str], None]
"""Told the slices measured, those planned for at most, and a few words; an exception of its ends the session."""


@dataclass
class Cell:
    """A variant in a way at a batch size, and what was measured of it so far.

    Attributes:
        calls: synchronised one by one, a list a round.
        streams: pipelined, one a round; none where calls are over when they return.
    """

    variant: str
    way: str
    batch: int
    workload: Workload
    calls: list[list[Sample]] = field(default_factory=list)
    streams: list[Sample] = field(default_factory=list)

    def measure(self, seconds: float, watch: RoundWatch) -> None:
        self.calls.append(watch.measured(lambda: self.workload.latencies(seconds)))
        if self.workload.prepared.device.type != "cpu":
            self.streams.append(watch.measured(lambda: self.workload.stream(seconds)))

    @property
    def num_calls(self) -> int:
        return sum(map(len, self.calls))

    @property
    def measured_s(self) -> float:
        """Of calls or of streams, whichever was measured less."""
        totals = [sum(sample.total_ns for sample in chain(*self.calls))]
        totals += [sum(sample.total_ns for sample in self.streams)] * bool(self.streams)
        return min(totals) / 1e9

    @property
    def relative_error(self) -> float:
        """Standard error of the median over rounds, relative."""
        figures = [[median(sample.ns for sample in samples) for samples in self.calls]]
        figures += [[sample.ns for sample in self.streams]] * bool(self.streams)
        return max(map(median_error, figures))

    def as_json(self) -> dict[str, Any]:
        """Raw samples, from which every statistic is derived later."""
        return {
            "variant": self.variant,
            "way": self.way,
            "batch": self.batch,
            "first_call_ms": self.workload.first_call_ms,
            "num_compiled": self.workload.num_compiled,
            "num_recompiled": self.workload.num_recompiled,
            "call_ns": [[int(sample.ns) for sample in samples] for samples in self.calls],
            "call_waited_ns": [[sample.waited_ns for sample in samples] for samples in self.calls],
            "stream_ns": [sample.ns for sample in self.streams],
            "stream_calls": [sample.num_calls for sample in self.streams],
            "stream_waited_ns": [sample.waited_ns for sample in self.streams],
        }


@dataclass(frozen=True)
class MeasuredGrid:
    """A session's outcome.

    Attributes:
        ways: options of each, the number of threads spelled out.
        stopped: why rounds ended.
        gpu: what the card's driver told meanwhile; None on a CPU and where it tells nothing.
    """

    ways: dict[str, dict[str, Any]]
    cells: list[dict[str, Any]]
    stopped: Stop
    session_s: float
    load_average: float | None
    gpu: dict[str, Any] | None


def measure_grid(
    models: Mapping[str, nn.Module],
    grid: TimingGrid,
    settings: TimingSettings,
    *,
    device: torch.device,
    on_slice: OnSlice = lambda done, total, words: None,
) -> MeasuredGrid:
    """Time every cell until all are known well enough, or the session's time is up.

    Args:
        models: of each variant.

    Raises:
        InputError: the device cannot do what a way asks, or a model has no such form.
    """
    start, load = clock.now_ns(), clock.load_average()
    end_ns = math.inf if grid.session_s is None else start + 1e9 * grid.session_s
    total = len(models) * len(grid.places) * (1 + settings.max_rounds)
    with card_of(device) as card:
        watch = RoundWatch(lambda: gpu_state(card), max_refusals=total)
        cells = _warmed(models, grid, settings, device, on_slice=lambda done: on_slice(done, total, "warming up"))
        with clock.no_garbage_collection():
            stopped = _rounds(
                cells,
                settings,
                watch,
                on_slice=lambda done, words: on_slice(done, total, words),
                end_ns=end_ns,
            )
        conditions = asdict(watch.conditions) if card is not None else None
    options = {cell.way: cell.workload.prepared.options.model_dump(mode="json") for cell in cells}
    return MeasuredGrid(
        ways={way: options[way] for way in grid.ways},
        cells=[cell.as_json() for cell in cells],
        stopped=stopped,
        session_s=clock.seconds_since(start),
        load_average=load,
        gpu=conditions,
    )


def _warmed(
    models: Mapping[str, nn.Module],
    grid: TimingGrid,
    settings: TimingSettings,
    device: torch.device,
    *,
    on_slice: Callable[[int], None],
) -> list[Cell]:
    """All cells in the order of a round, each having run for a while."""
    ready: dict[tuple[str, str], Prepared] = {
        (way, variant): prepared(model, options, device)
        for way, options in grid.ways.items()
        for variant, model in models.items()
    }
    cells = []
    for way, batch in grid.places:
        for variant in models:
            workload = Workload(ready[way, variant], batch)
            warm_up(workload, settings.warmup_s)
            cells.append(Cell(variant, way, batch, workload))
            on_slice(len(cells))
    return cells


def warm_up(workload: Workload, seconds: float) -> None:
    """Run for a while; where the first call alone took as long and nothing happens behind it, one more is enough.

    Of such calls, seconds each on a processor, a session has time for few, and rather for those that count.
    """
    on_cpu = workload.prepared.device.type == "cpu"
    if on_cpu and not workload.num_compiled and workload.first_call_ms >= 1000 * seconds:
        workload.latencies(0)
    else:
        workload.warm_up(seconds)


def _rounds(
    cells: Sequence[Cell],
    settings: TimingSettings,
    watch: RoundWatch,
    *,
    on_slice: Callable[[int, str], None],
    end_ns: float,
) -> Stop:
    """Rounds until there is a reason to stop; a round that would end after the session's time is not begun."""
    errors: list[float] = []
    took_ns: list[int] = []
    start, words = clock.now_ns(), "first round"
    while True:
        begun = clock.now_ns()
        for place, cell in enumerate(cells[:: -1 if len(errors) % 2 else 1]):
            cell.measure(settings.round_s, watch)
            on_slice(len(cells) * (1 + len(errors)) + place + 1, words)
        took_ns.append(clock.now_ns() - begun)
        errors.append(max(cell.relative_error for cell in cells))
        words = f"round {len(errors) + 1}" + (f", uncertainty {errors[-1]:.1%}" if math.isfinite(errors[-1]) else "")
        stopped = stop_reason(
            errors,
            settings,
            num_calls=min(cell.num_calls for cell in cells),
            measured_s=min(cell.measured_s for cell in cells),
            elapsed_s=clock.seconds_since(start) / len(cells),
        )
        if stopped is None and clock.now_ns() + median(took_ns) > end_ns:
            stopped = "time is up"
        if stopped is not None:
            return stopped

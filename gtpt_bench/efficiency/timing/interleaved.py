"""Two models against each other in short slices, A B B A or B A A B by lot, until it is clear which is faster.

A slow drift of the machine cancels within a round; calls that waited for a core are set aside, by a count that does not
depend on the model (waiting.py), or made good where one thread works; the rest of the noise is what the interval tells.
Source: spec/measurement.md §1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from gtpt_bench.efficiency.prepare import Prepared
from gtpt_bench.efficiency.timing import clock
from gtpt_bench.efficiency.timing.comparison import Comparison, compared_undisturbed, middle_mean, told_rounds
from gtpt_bench.efficiency.timing.settings import ComparisonSettings
from gtpt_bench.efficiency.timing.workload import Sample, Workload

MAX_LOOKS = 12
"""Rounds end at the last look. The doubt that the settings allow is shared equally between looks, so that looking often
finds no more than looking once (Bonferroni)."""
ROUNDS_BETWEEN_LOOKS = 1.5
"""Factor from one look to the next: 9, 14, 21, 31, … undisturbed rounds, 779 at the last."""
PATIENCE = 10
"""A slice ends after so many times its length if hardly a call was its model's own by then."""
PAUSE_AFTER_DISTURBED_S = 0.2
"""Sleep, so that whoever wants the cores gets them and is the sooner done."""

Order = tuple[int, int, int, int]
ORDERS: tuple[Order, Order] = ((0, 1, 1, 0), (1, 0, 0, 1))


@dataclass(frozen=True)
class Round:
    """Two slices of each model; nothing is thrown away.

    Attributes:
        order: which of the two models was at work in each slice, 0 or 1.
        slices: samples of each slice.
    """

    order: Order
    slices: tuple[tuple[Sample, ...], ...]

    @property
    def disturbed(self) -> bool:
        """Whether a slice has no call of its model's own time."""
        return any(all(sample.own_ns is None for sample in samples) for samples in self.slices)

    def call_ns(self, model: int) -> float:
        """Mean of the middle half of its own times in both its slices; of all times if none is known to be its own.

        Two slices on both sides of the other model's: a drift that is even in time cancels.
        """
        both = [s for which, samples in zip(self.order, self.slices, strict=True) if which == model for s in samples]
        own = [sample.own_ns for sample in both if sample.own_ns is not None]
        return float(middle_mean(np.asarray(own or [sample.ns for sample in both])))


@dataclass(frozen=True)
class Interleaved:
    """What was measured and what it means; statistics can be recomputed from the rounds.

    Attributes:
        comparison: the second model beside the first. Its interval is as much wider as looking again and again takes,
            so that over all looks it holds with the confidence of the settings.
        rounds: all of them, those set aside too.
        first_call_ms: of each model.
        num_recompiled: graphs compiled while time was taken, of each model; worth nothing unless 0.
        seconds: of rounds, without warming up.
    """

    comparison: Comparison
    rounds: tuple[Round, ...]
    first_call_ms: tuple[float, float]
    num_recompiled: tuple[int, int]
    seconds: float
    load_average: float | None

    @property
    def num_disturbed(self) -> int:
        """Rounds set aside, because other processes had the cores."""
        return sum(one.disturbed for one in self.rounds)

    @property
    def call_ms(self) -> tuple[float, float]:
        """Median time a call of each model, of the rounds that are compared."""
        told = told_rounds([one.disturbed for one in self.rounds], self.comparison.confidence)
        first, second = (median(self.rounds[place].call_ns(model) for place in told) / 1e6 for model in (0, 1))
        return first, second


def interleaved(
    first: Prepared,
    second: Prepared,
    settings: ComparisonSettings,
    *,
    on_look: Callable[[Comparison], None] = lambda comparison: None,
) -> Interleaved:
    """Time both until there is a verdict or time is up.

    Args:
        on_look: told the state of things at each look.
    """
    workloads = [Workload(model, settings.batch) for model in (first, second)]
    for workload in workloads:
        workload.warm_up(settings.warmup_s)
    rng = np.random.default_rng(settings.seed)
    load = clock.load_average()
    with clock.no_garbage_collection():
        start = clock.now_ns()
        rounds, comparison = _rounds(workloads, settings, rng, on_look)
        seconds = clock.seconds_since(start)
    return Interleaved(
        comparison,
        tuple(rounds),
        (workloads[0].first_call_ms, workloads[1].first_call_ms),
        (workloads[0].num_recompiled, workloads[1].num_recompiled),
        seconds,
        load,
    )


def _rounds(
    workloads: Sequence[Workload],
    settings: ComparisonSettings,
    rng: np.random.Generator,
    on_look: Callable[[Comparison], None],
) -> tuple[list[Round], Comparison]:
    """Rounds until a look gives a verdict, or the last one is taken, or time is up."""
    rounds: list[Round] = []
    start, looks, num_kept = clock.now_ns(), planned_looks(settings.min_rounds), 0
    while True:
        rounds.append(_round(workloads, ORDERS[rng.integers(len(ORDERS))], settings))
        if rounds[-1].disturbed:
            clock.pause(PAUSE_AFTER_DISTURBED_S)
        else:
            num_kept += 1
        time_is_up = clock.seconds_since(start) >= settings.timeout_s
        if num_kept < looks[0] and not time_is_up:
            continue
        looks = looks[1:]
        comparison = compared_rounds(rounds, settings, rng)
        on_look(comparison)
        if comparison.verdict != "ambiguous" or time_is_up or not looks:
            return rounds, comparison


def compared_rounds(rounds: Sequence[Round], settings: ComparisonSettings, rng: np.random.Generator) -> Comparison:
    """What the rounds so far tell, at one of several looks."""
    first, second = ([one.call_ns(model) for one in rounds] for model in (0, 1))
    return compared_undisturbed(
        first,
        second,
        [one.disturbed for one in rounds],
        rng=rng,
        margin=settings.margin,
        confidence=1 - (1 - settings.confidence) / MAX_LOOKS,
    )


def planned_looks(min_rounds: int) -> tuple[int, ...]:
    """Numbers of rounds at which the verdict is asked for; when time is up it is asked once more, or instead."""
    return tuple(math.ceil(min_rounds * ROUNDS_BETWEEN_LOOKS**look) for look in range(MAX_LOOKS))


def _round(workloads: Sequence[Workload], order: Order, settings: ComparisonSettings) -> Round:
    return Round(order, tuple(_slice(workloads[which], settings) for which in order))


def _slice(workload: Workload, settings: ComparisonSettings) -> tuple[Sample, ...]:
    """Until enough time of its own has been seen, or patience ends."""
    start = clock.now_ns()
    samples: list[Sample] = []
    while True:
        if settings.quantity == "latency":
            samples += workload.latencies(settings.slice_s)
        else:
            samples.append(workload.stream(settings.slice_s))
        own_ns = sum(sample.own_ns * sample.num_calls for sample in samples if sample.own_ns is not None)
        if 2 * own_ns >= settings.slice_s * 1e9 or clock.seconds_since(start) >= PATIENCE * settings.slice_s:
            return tuple(samples)

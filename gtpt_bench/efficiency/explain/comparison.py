"""One honest sentence about two models: how far MACs fell, how far time, and why the two differ. Torch-free, pure.

What time did beyond or short of MACs is cut into parts; one that makes up at least half of it is the cause. If none
does, the sentence says that the measured shares show none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from gtpt_bench.efficiency.explain.findings import Findings
from gtpt_bench.efficiency.explain.roofline import RooflineRow
from gtpt_bench.efficiency.explain.sentence import doubt, largest_uncounted, percent, the, waits
from gtpt_bench.efficiency.timing.comparison import Comparison

CAUSE_FROM = 0.5
"""Share of the difference between time and MACs from which on a part of it counts as the cause."""
SAME_MACS = 0.005
"""Costs that differ relatively by no more than this are the same: a deployed model runs a few more products."""


def compared_in_words(model: Findings, baseline: Findings, times: Comparison) -> str:
    """How the model's time fell against the baseline's, and why not as its MACs did.

    "MACs fell 2.30×, time 1.40× (1.30–1.50), because at batch 1 the device waits for launches 70 % of the time."

    Args:
        times: of the model beside the baseline, which came first, measured in turn.

    Raises:
        ValueError: the two were measured at different batches or on different devices.
    """
    if (model.batch, model.device) != (baseline.batch, baseline.device):
        raise ValueError(
            f"batch {model.batch} on {model.device} says nothing about batch {baseline.batch} on {baseline.device}"
        )
    pair = Pair(model, baseline, times)
    return f"{pair.macs_in_words}, {pair.time_in_words}{pair.reason}{doubt(model, baseline)}."


@dataclass(frozen=True)
class Pair:
    """A model beside its baseline. Times are in units of the model's: its own is 1."""

    model: Findings
    baseline: Findings
    times: Comparison

    @property
    def time_fell(self) -> float:
        """The baseline's over the model's."""
        return 1 / self.times.ratio

    @property
    def macs_fell(self) -> float:
        return self.baseline.macs / self.model.macs

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of the ratio of the two times; None after a single round."""
        return None if math.isinf(self.times.high) else (self.times.low, self.times.high)

    @property
    def time_as_macs(self) -> bool:
        """The interval leaves it open whether time did anything that MACs did not."""
        low, high = self.interval or (0.0, math.inf)
        macs_ratio = 1 / self.macs_fell
        return low <= macs_ratio * (1 + SAME_MACS) and macs_ratio * (1 - SAME_MACS) <= high

    @property
    def expected(self) -> float:
        """The model's time, had the baseline's fallen as MACs did."""
        return self.time_fell / self.macs_fell

    @property
    def macs_in_words(self) -> str:
        if unchanged(self.macs_fell):
            return "MACs are the same"
        return f"MACs {fell(self.macs_fell)}"

    @property
    def time_in_words(self) -> str:
        if self.interval is None:
            return "what time did is not known from one round"
        low, high = self.interval
        if self.times.verdict == "same":
            return f"time stayed the same ({low:.2f}–{high:.2f}×)"
        if low <= 1 <= high:
            return f"time did not change measurably ({low:.2f}–{high:.2f}×)"
        if not self.time_is_clear:
            return f"what time did is not clear ({low:.2f}–{high:.2f}×)"
        if self.time_fell > 1:
            low, high = 1 / high, 1 / low
        same_way = (self.time_fell > 1) == (self.macs_fell > 1) and not unchanged(self.macs_fell)
        said = fell(self.time_fell)
        return f"time {said.partition(' ')[2] if same_way else said} ({low:.2f}–{high:.2f})"

    @property
    def time_is_clear(self) -> bool:
        """There is a verdict, or the interval holds no change at all, which differs from what MACs did."""
        if self.interval is None:
            return False
        low, high = self.interval
        return self.times.verdict != "ambiguous" or low <= 1 <= high

    @property
    def reason(self) -> str:
        """Why time did not do what MACs did; nothing where it is not known that it did not."""
        if not self.time_is_clear:
            return ""
        return ", as MACs say" if self.time_as_macs else f", {self.cause()}"

    def cause(self) -> str:
        """What explains enough: waiting or the operating system if they do, else the largest other part."""
        excess = 1 - self.expected
        others = sorted(self.places_and_kinds(), key=lambda part: part[0] / excess, reverse=True)
        found = (words for explained, words in (*self.from_outside(), *others) if explained / excess >= CAUSE_FROM)
        return next(found, "and the measured shares show no single cause")

    def from_outside(self) -> Iterator[tuple[float, str]]:
        """Time that operators are kept waiting beyond what is expected, and how to say that it is the cause."""
        model, baseline = self.model, self.baseline
        yield self.beyond(model.waiting_share, baseline.waiting_share), self.waiting()
        yield self.beyond(model.system_share, baseline.system_share), self.system()

    def places_and_kinds(self) -> Iterator[tuple[float, str]]:
        """The same of each stage and of the kinds of operators: two ways to cut the same time."""
        model, baseline = self.model, self.baseline
        yield from (self.stage(row) for row in model.rows if self.costs_in_both(row))
        yield self.beyond(model.uncounted_share, baseline.uncounted_share), self.uncounted()
        yield self.beyond(model.products_share, baseline.products_share), self.products()

    def beyond(self, share: float, before: float) -> float:
        return share - before * self.expected

    def waiting(self) -> str:
        if self.expected < 1:
            return f"because at batch {self.model.batch} {waits(self.model)}"
        return f"because {waits(self.model)} instead of {percent(self.baseline.waiting_share)}"

    def system(self) -> str:
        model, baseline = self.model, self.baseline
        return (
            f"because the operating system takes {percent(model.system_share)} of the processor time instead of "
            f"{percent(baseline.system_share)}, supplying {model.page_faults:,.0f} pages of memory a call instead of "
            f"{baseline.page_faults:,.0f}"
        )

    def costs_in_both(self, row: RooflineRow) -> bool:
        before = self.baseline.row(row.stage)
        return before is not None and before.macs > 0 and row.macs > 0

    def stage(self, row: RooflineRow) -> tuple[float, str]:
        """Its time beyond the part of the expected time that its MACs are of all."""
        before = self.baseline.row(row.stage)
        assert before is not None
        stage_fell = before.macs / row.macs
        macs_did = "did not change" if unchanged(stage_fell) else fell(stage_fell)
        words = (
            f"because {the(row.stage)}, whose MACs {macs_did}, takes {percent(row.share_of_time)} of the time with "
            f"{percent(row.share_of_macs)} of the MACs{', bound by memory bandwidth' * (row.bound == 'bandwidth')}"
        )
        return row.share_of_time - row.share_of_macs * self.expected, words

    def uncounted(self) -> str:
        model, baseline = self.model, self.baseline
        share, before = model.uncounted_share, baseline.uncounted_share * self.time_fell
        named = f"because {largest_uncounted(model if self.expected < 1 else baseline)}, which no MAC counts,"
        if not share or not before:
            return f"{named} are {'new' if share else 'gone'}"
        return f"{named} {fell(before / share)} and take {percent(share)} of the time"

    def products(self) -> str:
        return (
            f"because its products run at {self.model.products_rate:.2f} of the machine's matrix rate instead of "
            f"{self.baseline.products_rate:.2f}"
        )


def unchanged(factor: float) -> bool:
    return abs(factor - 1) <= SAME_MACS


def fell(factor: float) -> str:
    """ "fell 2.30×", or how far it rose."""
    return f"fell {factor:.2f}×" if factor >= 1 else f"rose {1 / factor:.2f}×"

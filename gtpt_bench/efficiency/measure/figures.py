"""What was found of models, with raw samples; every statistic follows from these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gtpt_bench.efficiency.counting.breakdown import Breakdown
from gtpt_bench.efficiency.counting.cross_check import CrossCheck
from gtpt_bench.efficiency.counting.params import Params
from gtpt_bench.efficiency.end_to_end.spans import EndToEnd
from gtpt_bench.efficiency.energy import Energy
from gtpt_bench.efficiency.explain.comparison import compared_in_words
from gtpt_bench.efficiency.explain.explanation import Explanation
from gtpt_bench.efficiency.gpu.card import CardFacts
from gtpt_bench.efficiency.gpu.watch import GpuConditions
from gtpt_bench.efficiency.measure.request import MeasureRequest
from gtpt_bench.efficiency.memory import PeakMemory
from gtpt_bench.efficiency.sweep import Sweep
from gtpt_bench.efficiency.timing.interleaved import Interleaved
from gtpt_bench.efficiency.timing.samples import TimingSamples


@dataclass(frozen=True)
class CostFigures:
    """Of one image, by operator trace of the network as it is trained; a deployed form computes the same.

    Attributes:
        macs: in every convention, and the attention products alone.
        uncounted: calls of each operator that computes something and is in no MACs.
        check: what other counters say; None if they were not asked.
    """

    params: Params
    macs: Mapping[str, int]
    breakdown: Breakdown
    uncounted: Mapping[str, int]
    check: CrossCheck | None


@dataclass(frozen=True)
class BesideFirst:
    """A model against the first one of the session, measured in turn at the batch that is explained."""

    name: str
    explanation: Explanation
    times: Interleaved


@dataclass(frozen=True)
class Explained:
    """Why a model takes its time at one batch, and beside the first model why time fell otherwise than MACs."""

    explanation: Explanation
    first: BesideFirst | None = None

    @property
    def sentence(self) -> str:
        return self.explanation.sentence

    @property
    def sentence_beside_first(self) -> str:
        """Empty for the first model itself."""
        if self.first is None:
            return ""
        comparison = self.first.times.comparison
        return compared_in_words(self.explanation.findings, self.first.explanation.findings, comparison)


@dataclass(frozen=True)
class ModelFigures:
    """All of one model; what was not asked for is None or empty."""

    name: str
    cost: CostFigures | None = None
    time: TimingSamples | None = None
    explained: tuple[Explained, ...] = ()
    sweep: Sweep | None = None
    end_to_end: EndToEnd | None = None
    memory: Mapping[int, PeakMemory] = field(default_factory=dict)
    """By batch size."""
    energy: Energy | None = None
    """None where the card has no counter, too."""


@dataclass(frozen=True)
class Machine:
    """What the models ran on.

    Attributes:
        name: of the GPU, or the processor and its cores.
        kind: `cpu` or `cuda`.
        threads: of torch, unless the options say otherwise.
        cpu_settings: allocator, governor, affinity.
    """

    name: str
    kind: str
    torch: str
    threads: int
    cpu_settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """One session.

    Attributes:
        gpu: how the card was meanwhile; None without one, or if nothing ran.
        card: what of it does not change; None likewise.
    """

    request: MeasureRequest
    machine: Machine
    models: tuple[ModelFigures, ...]
    gpu: GpuConditions | None = None
    card: CardFacts | None = None

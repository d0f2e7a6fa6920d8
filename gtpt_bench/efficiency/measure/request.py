"""What is to be measured of models, and how they are run. Torch-free."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gtpt_bench.efficiency.explain.settings import ExplainSettings
from gtpt_bench.efficiency.options import PLAIN, DeviceKind, InferenceOptions
from gtpt_bench.efficiency.timing.settings import ComparisonSettings, TimingSettings
from gtpt_bench.errors import InputError
from gtpt_bench.frozen import Frozen

Part = Literal[
    "cost",
    "conventions",
    "stages",
    "modules",
    "check",
    "time",
    "explain",
    "sweep",
    "end_to_end",
    "memory",
    "energy",
]
"""`conventions`: MACs in all of them, for people; programs get them with `cost`. `stages`, `modules`: where the cost
lies. `check`: what other counters say. `explain`: why time is what it is. `sweep`: throughput by batch size.
`end_to_end`: from image file to poses."""

OF_COUNTING: frozenset[Part] = frozenset({"cost", "conventions", "stages", "modules", "check"})
"""The others run the model."""


class MeasureRequest(Frozen):
    """One session."""

    parts: frozenset[Part] = frozenset({"cost", "time"})
    options: InferenceOptions = PLAIN
    timing: TimingSettings = TimingSettings()
    explaining: ExplainSettings = ExplainSettings()
    comparing: ComparisonSettings = ComparisonSettings()
    """Of each explained model with the first one; quantity and batch are set by what is explained."""
    explained_batches: tuple[int, ...] = (1,)
    max_batch: int = Field(256, ge=1)
    """No larger one is tried in a sweep."""

    def check(self, device: DeviceKind) -> None:
        """Refuse what cannot be done, before anything is.

        Raises:
            InputError: in one line, what and why.
        """
        self.options.check(device)
        if "energy" in self.parts and device == "cpu":
            raise InputError("impossible on cpu: energy (the counter of an NVIDIA card tells it); leave it out")
        if "explain" in self.parts and (self.options.compile != "off" or self.options.cuda_graph):
            raise InputError("a compiled or recorded call has no stages to be told apart; explain the model without")

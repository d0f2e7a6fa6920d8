"""How much of a call's time each stage takes, by marks at the borders between stages.

Marks cost time themselves, so shares come from calls with marks and the time they are shares of from calls without,
measured in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import torch
from torch import nn

from gtpt_bench.efficiency.counting.breakdown import ELSEWHERE
from gtpt_bench.efficiency.explain.disturbance import kept, waiting
from gtpt_bench.efficiency.explain.marks import stage_marks
from gtpt_bench.efficiency.explain.moments import Moments, moments_of, wait_for, window_ns
from gtpt_bench.efficiency.explain.stage_map import StageMap, stage_map, totals
from gtpt_bench.efficiency.explain.usage import Usage, usage_now
from gtpt_bench.efficiency.timing import clock


@dataclass(frozen=True)
class StageRound:
    """Raw samples of one round.

    Attributes:
        plain_ns: nanoseconds of each call without marks, the device synchronised at each call.
        marked_ns: the same of each call with marks.
        stage_ns: of each call with marks, the nanoseconds of each stage; on a GPU, of its stream.
        usage: of the operating system in the calls without marks.
        waited_share: of the round, in which the process's threads stood ready without a core.
    """

    plain_ns: tuple[int, ...]
    marked_ns: tuple[int, ...]
    stage_ns: tuple[Mapping[str, int], ...]
    usage: Usage
    waited_share: float = 0.0


@dataclass(frozen=True)
class StageTimes:
    """One model at one batch. Disturbed rounds are in `rounds` but not in what is told of them.

    Attributes:
        stages: in order, `ELSEWHERE` last.
    """

    stages: tuple[str, ...]
    rounds: tuple[StageRound, ...]

    @property
    def seconds(self) -> float:
        """Of a call, the median of those without marks."""
        return median(ns for one in kept(self.rounds) for ns in one.plain_ns) / 1e9

    @property
    def shares(self) -> dict[str, float]:
        """Of the time, for each stage the median over calls; they sum to 1."""
        calls = [call for one in kept(self.rounds) for call in one.stage_ns]
        typical = {
            stage: median(call.get(stage, 0) / max(sum(call.values()), 1) for call in calls) for stage in self.stages
        }
        whole = sum(typical.values()) or 1.0
        return {stage: share / whole for stage, share in typical.items()}

    @property
    def stage_seconds(self) -> dict[str, float]:
        """Of a call without marks, for each stage."""
        return {stage: share * self.seconds for stage, share in self.shares.items()}

    @property
    def overhead(self) -> float:
        """By how much marks lengthen a call, as a share of it; within noise it may be below 0."""
        return median(median(one.marked_ns) / median(one.plain_ns) for one in kept(self.rounds)) - 1

    @property
    def page_faults_per_call(self) -> float:
        """Pages of memory that the system had to supply anew; many mean that buffers come and go at each call."""
        return median(one.usage.page_faults / len(one.plain_ns) for one in kept(self.rounds))

    @property
    def system_share(self) -> float:
        """Of the processor time of all threads, that spent in the operating system; page faults for the most part."""
        used = [one.usage for one in kept(self.rounds)]
        system_s = sum(usage.system_s for usage in used)
        return system_s / (system_s + sum(usage.user_s for usage in used) or 1.0)


@dataclass
class StageClock:
    """Measures a model's stages round after round, so that something else can be measured in turn.

    The model and its inputs are on the device, in evaluation mode and warmed up.
    """

    model: nn.Module
    inputs: tuple[Any, ...]
    device: torch.device
    rounds: list[StageRound] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stages: StageMap = stage_map(self.model)
        self.moments: Moments = moments_of(self.device)

    @torch.inference_mode()
    def round(self, seconds: float) -> StageRound:
        """Calls without marks for half of the time, then with marks, at least one each.

        Raises:
            InputError: the model is compiled.
        """
        stage_ns: list[Mapping[str, int]] = []
        with waiting() as waited:
            before = usage_now()
            plain_ns = repeated(seconds / 2, self.call_ns)
            usage = usage_now() - before
            marks = _Marks(self.moments)
            with stage_marks(self.model, self.stages, marks):
                marked_ns = repeated(seconds / 2, lambda: self._marked_call(marks, stage_ns))
        self.rounds.append(StageRound(plain_ns, marked_ns, tuple(stage_ns), usage, waited.share))
        return self.rounds[-1]

    @torch.inference_mode()
    def call_ns(self) -> int:
        """Nanoseconds of one call without marks."""
        return window_ns(lambda: self.model(*self.inputs), 1, self.device)

    def _marked_call(self, marks: _Marks, stage_ns: list[Mapping[str, int]]) -> int:
        marks.clear()
        wait_for(self.device)
        start = clock.now_ns()
        marks(None)
        self.model(*self.inputs)
        marks(None)
        wait_for(self.device)
        taken = clock.now_ns() - start
        stage_ns.append(marks.stage_ns())
        return taken

    def times(self) -> StageTimes:
        """What all rounds until now have found."""
        return StageTimes((*self.stages.stages, ELSEWHERE), tuple(self.rounds))


class _Marks:
    """The moments at which stages change, in one call."""

    def __init__(self, moments: Moments) -> None:
        self.moments = moments
        self.clear()

    def clear(self) -> None:
        self.labels: list[str | None] = []
        self.times: list[Any] = []

    def __call__(self, label: str | None) -> None:
        self.labels.append(label)
        self.times.append(self.moments.now())

    def stage_ns(self) -> dict[str, int]:
        """From each mark to the next; the last one only ends."""
        spans = map(self.moments.between_ns, self.times[:-1], self.times[1:])
        return totals(self.labels[:-1], [*spans])


def repeated(seconds: float, call_ns: Callable[[], int]) -> tuple[int, ...]:
    """What the calls return, for so many seconds but at least once."""
    start = clock.now_ns()
    found = [call_ns()]
    while clock.seconds_since(start) < seconds:
        found.append(call_ns())
    return tuple(found)

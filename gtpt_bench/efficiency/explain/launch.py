"""Whether a model waits for its launches: how much of the time the device computes, and what.

On a GPU the rest of the time it waits for the host. On a CPU, host and device are one: the rest goes to Python, to
dispatch and to arranging tensors. The profiler's own cost is taken out of the shares and told beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import torch
from torch import nn

from gtpt_bench.efficiency.explain.disturbance import kept
from gtpt_bench.efficiency.explain.operator_groups import GROUPS, Group
from gtpt_bench.efficiency.explain.profile import RawWindow, Window, profiled_window
from gtpt_bench.efficiency.explain.stage_map import StageMap, stage_map

LAUNCH_BOUND_BELOW = {"cuda": 0.9, "cpu": 0.5}
"""Share of the time in which the device computes, below which a model counts as launch-bound.

A GPU works through a queue while the host fills it: if it idles noticeably in a stream of calls, the host sets the
pace, and faster kernels would gain nothing. A CPU does one after the other, so waiting has to be the larger part.
"""


@dataclass(frozen=True)
class Launch:
    """How busy a device is in a stream of calls at one batch, from raw windows of a few calls each."""

    device: str
    windows: tuple[Window, ...]

    @property
    def overhead(self) -> float:
        """By how much the profiler lengthens a call, as a share of it; within noise it may be below 0."""
        return median(window.profiled_ns / window.plain_ns for window in kept(self.windows)) - 1

    @property
    def busy_share(self) -> float:
        """Of the time of a call without the profiler."""
        return self._share(lambda window: window.busy_ns)

    @property
    def waiting_share(self) -> float:
        """The rest: on a GPU waiting for launches, on a CPU Python, dispatch and arranging."""
        return 1 - self.busy_share

    @property
    def arranging_share(self) -> float:
        """Views, allocations and dispatch on the host: on a CPU a part of `waiting_share`."""
        return self._share(lambda window: window.arranging_ns)

    @property
    def bound(self) -> bool:
        """Whether launches set the pace: `LAUNCH_BOUND_BELOW`."""
        return self.busy_share < LAUNCH_BOUND_BELOW[self.device]

    @property
    def group_shares(self) -> dict[Group, float]:
        """Share of the time of each group of operators that occurs, the largest first."""
        found = [(group, self._group_share(group)) for group in GROUPS]
        return {group: share for group, share in sorted(found, key=lambda item: -item[1]) if share > 0}

    @property
    def stage_group_shares(self) -> dict[str, dict[Group, float]]:
        """Share of the whole time of each group in each stage."""
        stages = dict.fromkeys(stage for window in self.windows for stage in window.groups_ns)
        shares = {stage: {group: self._group_share(group, stage) for group in GROUPS} for stage in stages}
        return {
            stage: {group: share for group, share in groups.items() if share > 0} for stage, groups in shares.items()
        }

    def _group_share(self, group: Group, stage: str | None = None) -> float:
        """In one stage, or in all of them."""

        def part_ns(window: Window) -> int:
            return sum(groups.get(group, 0) for of, groups in window.groups_ns.items() if stage in (None, of))

        return self._share(part_ns)

    def _share(self, part_ns: Callable[[Window], int]) -> float:
        """Of the time without the profiler: part and whole of one window drift together, the overhead is typical."""
        return self._within(part_ns) * self._scale

    @property
    def _scale(self) -> float:
        """From shares of the profiled time to those of the time without; the device is never busier than always."""
        busy = self._within(lambda window: window.busy_ns)
        return min(max(1.0, 1 + self.overhead), 1 / busy if busy else 1.0)

    def _within(self, part_ns: Callable[[Window], int]) -> float:
        return median(part_ns(window) / window.profiled_ns for window in kept(self.windows))


@dataclass
class LaunchMeter:
    """Profiles a model window after window, so that something else can be measured in turn."""

    model: nn.Module
    inputs: tuple[Any, ...]
    device: torch.device
    windows: list[RawWindow] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stages: StageMap = stage_map(self.model)

    def warm_up(self) -> None:
        """One window that counts nowhere: the profiler too is slower the first time."""
        profiled_window(self.model, self.inputs, device=self.device, stages=self.stages, calls=1)

    def round(self, calls: int) -> RawWindow:
        """A few calls; nothing is read from them yet, which would leave the allocator in another state.

        Raises:
            InputError: the model is compiled.
        """
        window = profiled_window(self.model, self.inputs, device=self.device, stages=self.stages, calls=calls)
        self.windows.append(window)
        return window

    def launch(self) -> Launch:
        """What all windows until now have found."""
        return Launch(self.device.type, tuple(window.read() for window in self.windows))

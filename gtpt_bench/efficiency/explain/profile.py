"""What torch's profiler sees in a few calls of a model, by stage and by group of operators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile, record_function

from gtpt_bench.efficiency.explain.disturbance import waiting
from gtpt_bench.efficiency.explain.marks import stage_marks
from gtpt_bench.efficiency.explain.moments import window_ns
from gtpt_bench.efficiency.explain.operator_groups import Group, group_of
from gtpt_bench.efficiency.explain.stage_map import StageMap, without_gaps

MARK = "gtpt_bench stage: "
Span = tuple[float, float]
"""Begin and end in microseconds, as the profiler tells them."""


@dataclass(frozen=True)
class HostEvent:
    """An operator, a call of the driver or a mark, as the host ran it.

    Attributes:
        start_us: on the profiler's clock.
        own_us: its time without that of operators inside it.
        device_us: of the kernels that it launched itself.
        calls_others: whether operators ran inside it.
    """

    name: str
    start_us: float
    own_us: float
    device_us: float = 0.0
    calls_others: bool = False


@dataclass(frozen=True)
class Window:
    """A few calls under the profiler, and as many without just before.

    Attributes:
        calls: of the model, in each of both.
        plain_ns: of all calls without the profiler, the device synchronised at the ends only.
        profiled_ns: of all calls with it.
        groups_ns: by stage and group of operators: on a GPU the time of its kernels, on a CPU the operators' own.
        arranging_ns: own time of operators that only arrange (views, allocations, dispatch), on the host.
        busy_ns: in which the device computes: on a GPU at least one kernel runs, on a CPU a computing operator.
        waited_share: of the time of both, in which the process's threads stood ready without a core.
    """

    calls: int
    plain_ns: int
    profiled_ns: int
    groups_ns: dict[str, dict[Group, int]]
    arranging_ns: int
    busy_ns: int
    waited_share: float = 0.0


@dataclass(frozen=True)
class RawWindow:
    """The same before the profiler's events are read, which takes memory and time: better done when all is measured."""

    calls: int
    plain_ns: int
    profiled_ns: int
    waited_share: float
    on_device: bool
    profiler: profile

    def read(self) -> Window:
        events = self.profiler.events() or []
        host = [_host_event(event) for event in events if event.device_type.name == "CPU"]
        groups_ns, arranging_ns = by_stage_and_group(host, on_device=self.on_device)
        busy_ns = sum(sum(groups.values()) for groups in groups_ns.values())
        if self.on_device:
            kernels = [event for event in events if event.device_type.name != "CPU" and not _is_mark(event.name)]
            busy_ns = round(covered_us(map(_span, kernels)) * 1e3)
        return Window(self.calls, self.plain_ns, self.profiled_ns, groups_ns, arranging_ns, busy_ns, self.waited_share)


@torch.inference_mode()
def profiled_window(
    model: nn.Module, inputs: Sequence[Any], *, device: torch.device, stages: StageMap, calls: int
) -> RawWindow:
    """Run the model `calls` times without the profiler and as often with it.

    Raises:
        InputError: the model is compiled.
    """

    def marked_call() -> None:
        _mark(None)
        model(*inputs)

    on_device = device.type == "cuda"
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_device else [])]
    with waiting() as waited:
        plain_ns = window_ns(lambda: model(*inputs), calls, device)
        with stage_marks(model, stages, _mark), profile(activities=activities) as profiler:
            profiled_ns = window_ns(marked_call, calls, device)
    return RawWindow(calls, plain_ns, profiled_ns, waited.share, on_device, profiler)


def by_stage_and_group(events: Iterable[HostEvent], *, on_device: bool) -> tuple[dict[str, dict[Group, int]], int]:
    """Nanoseconds that compute, by stage and group, and those that only arrange.

    Args:
        on_device: what computes are the kernels that operators launch, not the operators on the host.
    """
    ordered = sorted(events, key=lambda event: event.start_us)
    labels: list[str | None] = [None]
    place_of: list[int] = []
    for event in ordered:
        if _is_mark(event.name):
            labels.append(event.name.removeprefix(MARK) or None)
        place_of.append(len(labels) - 1)
    stages = without_gaps(labels)
    found: dict[str, Counter[Group]] = {}
    arranging_us = 0.0
    for event, place in zip(ordered, place_of, strict=True):
        if _is_mark(event.name):
            continue
        group = group_of(event.name, calls_others=event.calls_others)
        if on_device and event.device_us > 0:
            found.setdefault(stages[place], Counter())[group or "other"] += round(event.device_us * 1e3)
        if not on_device and group is not None:
            found.setdefault(stages[place], Counter())[group] += round(event.own_us * 1e3)
        elif "::" in event.name:
            arranging_us += event.own_us
    return {stage: dict(groups) for stage, groups in found.items()}, round(arranging_us * 1e3)


def covered_us(spans: Iterable[Span]) -> float:
    """Time in which at least one of the spans runs; kernels of several streams may overlap."""
    total, end = 0.0, float("-inf")
    for begin, finish in sorted(spans):
        total += max(0.0, finish - max(begin, end))
        end = max(end, finish)
    return total


def _mark(label: str | None) -> None:
    with record_function(MARK + (label or "")):
        pass


def _is_mark(name: str) -> bool:
    return name.startswith(MARK)


def _host_event(event: Any) -> HostEvent:
    calls_others = any("::" in child.name for child in event.cpu_children)
    own_us, device_us = event.self_cpu_time_total, event.self_device_time_total
    return HostEvent(event.name, event.time_range.start, own_us, device_us, calls_others)


def _span(event: Any) -> Span:
    return event.time_range.start, event.time_range.end

"""A roofline a stage: how much of its time the machine's rates explain. Torch-free, pure.

Two operations a MAC. Source of the model: Williams, Waterman and Patterson 2009; spec/measurement.md §8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from gtpt_bench.efficiency.explain.traffic import OperatorCost

Bound = Literal["compute", "bandwidth", "neither"]
"""What takes the largest part of a stage's time: products at the machine's rate, traffic at its bandwidth, or what
neither explains: launches, and operators that reach no roof."""


class Rates(Protocol):
    """What of `MachineRates` a roofline needs."""

    @property
    def flops_per_s(self) -> float: ...

    @property
    def bandwidth_bytes_per_s(self) -> float: ...

    @property
    def cached_bytes_per_s(self) -> float: ...

    @property
    def cache_bytes(self) -> int: ...


@dataclass(frozen=True)
class Floor:
    """The least time of operators one after the other, each under its nearer roof.

    Attributes:
        compute_s: of those that the machine's matrix rate holds up.
        bandwidth_s: of those that memory, or the cache where their tensors fit into half of it, holds up.
    """

    compute_s: float
    bandwidth_s: float


@dataclass(frozen=True)
class RooflineRow:
    """One stage at one batch.

    Attributes:
        seconds: that it takes of a call.
        share_of_time: of the call.
        share_of_macs: of the call.
        moved_bytes: at the least, between operators and memory or cache.
        flops_per_s: reached; two operations a MAC.
        share_of_rate: that this is of the machine's matrix-product rate.
        bytes_per_s: reached at the least.
        share_of_bandwidth: that this is of the memory's; above 1, caches serve the rest.
        floor: the least time, roof by roof.
        bound: by what.
    """

    stage: str
    seconds: float
    share_of_time: float
    macs: int
    share_of_macs: float
    moved_bytes: int
    flops_per_s: float
    share_of_rate: float
    bytes_per_s: float
    share_of_bandwidth: float
    floor: Floor
    bound: Bound

    @property
    def intensity(self) -> float:
        """Operations a byte moved."""
        return 2 * self.macs / self.moved_bytes if self.moved_bytes else 0.0


def roofline(
    seconds: Mapping[str, float], costs: Mapping[str, Sequence[OperatorCost]], rates: Rates
) -> tuple[RooflineRow, ...]:
    """A row for each stage that took time, in the order of `seconds`.

    Args:
        seconds: of each stage in a call.
        costs: of each stage's operators in the same call; a stage without any has none.
    """
    whole_s = sum(seconds.values())
    whole_macs = sum(cost.macs for operators in costs.values() for cost in operators)
    rows = []
    for stage, taken in seconds.items():
        operators = costs.get(stage, ())
        if taken <= 0:
            continue
        macs, moved = sum(cost.macs for cost in operators), sum(cost.moved_bytes for cost in operators)
        least = floor(operators, rates)
        rows.append(
            RooflineRow(
                stage=stage,
                seconds=taken,
                share_of_time=taken / whole_s,
                macs=macs,
                share_of_macs=macs / whole_macs if whole_macs else 0.0,
                moved_bytes=moved,
                flops_per_s=2 * macs / taken,
                share_of_rate=2 * macs / taken / rates.flops_per_s,
                bytes_per_s=moved / taken,
                share_of_bandwidth=moved / taken / rates.bandwidth_bytes_per_s,
                floor=least,
                bound=bound(least, taken),
            )
        )
    return tuple(rows)


def floor(operators: Sequence[OperatorCost], rates: Rates) -> Floor:
    """The nearer roof of each operator, summed up roof by roof."""
    compute_s = bandwidth_s = 0.0
    for cost in operators:
        cached = cost.moved_bytes <= rates.cache_bytes / 2
        moving_s = cost.moved_bytes / (rates.cached_bytes_per_s if cached else rates.bandwidth_bytes_per_s)
        computing_s = 2 * cost.macs / rates.flops_per_s
        if computing_s >= moving_s:
            compute_s += computing_s
        else:
            bandwidth_s += moving_s
    return Floor(compute_s, bandwidth_s)


def bound(least: Floor, seconds: float) -> Bound:
    """The largest part of the time that is taken, what is above both roofs being one of the parts."""
    parts: dict[Bound, float] = {
        "compute": least.compute_s,
        "bandwidth": least.bandwidth_s,
        "neither": seconds - least.compute_s - least.bandwidth_s,
    }
    return max(parts, key=lambda part: parts[part])

"""Findings given by hand."""

from __future__ import annotations

from collections.abc import Mapping

from gtpt_bench.efficiency.explain.findings import Findings
from gtpt_bench.efficiency.explain.operator_groups import Group
from gtpt_bench.efficiency.explain.roofline import Bound, Floor, RooflineRow

RATE = 100e9
"""Operations a second of the machine."""


def a_row(
    stage: str, *, time: float, macs: float, share_of_macs: float, rate: float = 0.3, bound: Bound = "neither"
) -> RooflineRow:
    """Shares of the time and of the MACs as they are; a call takes a second."""
    return RooflineRow(
        stage=stage,
        seconds=time,
        share_of_time=time,
        macs=round(macs),
        share_of_macs=share_of_macs,
        moved_bytes=1,
        flops_per_s=rate * RATE,
        share_of_rate=rate,
        bytes_per_s=1.0,
        share_of_bandwidth=0.1,
        floor=Floor(0.0, 0.0),
        bound=bound,
    )


def found(
    stages: Mapping[str, tuple[float, float]],
    *,
    groups: Mapping[str, Mapping[Group, float]] | None = None,
    bounds: Mapping[str, Bound] | None = None,
    waiting: float = 0.0,
    launch_bound: bool = False,
    device: str = "cuda",
    batch: int = 1,
    page_faults: float = 0.0,
    system: float = 0.0,
    disturbed: bool = False,
) -> Findings:
    """A model by its stages: share of the time and millions of MACs each; groups by stage, products by default."""
    whole = sum(macs for _, macs in stages.values())
    rows = tuple(
        a_row(stage, time=time, macs=1e6 * macs, share_of_macs=macs / whole, bound=(bounds or {}).get(stage, "neither"))
        for stage, (time, macs) in stages.items()
    )
    products: dict[str, dict[Group, float]] = {
        stage: {"linear": time * (1 - waiting)} for stage, (time, _) in stages.items()
    }
    return Findings(
        device=device,
        batch=batch,
        seconds=1.0,
        flops_per_s=RATE,
        rows=rows,
        groups=groups or products,
        waiting_share=waiting,
        launch_bound=launch_bound,
        page_faults=page_faults,
        system_share=system,
        disturbed=disturbed,
    )

"""What the measurements of one model at one batch come down to: the numbers that sentences are made of. Torch-free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gtpt_bench.efficiency.explain.operator_groups import COUNTED, Group
from gtpt_bench.efficiency.explain.roofline import RooflineRow


@dataclass(frozen=True)
class Findings:
    """One model on one device at one batch.

    Attributes:
        device: `cpu` or `cuda`.
        seconds: of a call.
        flops_per_s: the machine's matrix-product rate.
        rows: a stage each.
        groups: share of the time of each group of operators in each stage.
        waiting_share: of the time in which the device computes nothing.
        launch_bound: whether launches set the pace.
        page_faults: pages of memory that the system supplies anew at each call; 0 on a GPU.
        system_share: of the processor time, spent in the operating system; 0 on a GPU.
        disturbed: other processes had the cores too often for the numbers to be the model's own.
    """

    device: str
    batch: int
    seconds: float
    flops_per_s: float
    rows: tuple[RooflineRow, ...]
    groups: Mapping[str, Mapping[Group, float]]
    waiting_share: float
    launch_bound: bool
    page_faults: float = 0.0
    system_share: float = 0.0
    disturbed: bool = False

    @property
    def macs(self) -> int:
        """Of a call, in the convention `full`, as it is run."""
        return sum(row.macs for row in self.rows)

    @property
    def rate_share(self) -> float:
        """Of the machine's matrix-product rate, over the whole call."""
        return 2 * self.macs / self.seconds / self.flops_per_s

    @property
    def products_share(self) -> float:
        """Of the time: operators whose MACs count."""
        return self._share(COUNTED)

    @property
    def uncounted_share(self) -> float:
        """Of the time: operators that compute something and have no MACs."""
        return self._share(self.group_shares.keys() - COUNTED)

    @property
    def group_shares(self) -> dict[Group, float]:
        """Share of the time of each group in all stages, the largest first."""
        total: dict[Group, float] = {}
        for groups in self.groups.values():
            for group, share in groups.items():
                total[group] = total.get(group, 0.0) + share
        return dict(sorted(total.items(), key=lambda item: -item[1]))

    @property
    def products_rate(self) -> float:
        """Share of the machine's rate that the products reach while they run; 0 if none runs."""
        return self.rate_share / self.products_share if self.products_share else 0.0

    def row(self, stage: str) -> RooflineRow | None:
        return next((row for row in self.rows if row.stage == stage), None)

    def _share(self, groups: Iterable[Group]) -> float:
        return sum(self.group_shares.get(group, 0.0) for group in groups)


@dataclass(frozen=True)
class Within:
    """What one stage's own time goes to, in shares that sum to 1.

    Attributes:
        products: operators whose MACs count.
        uncounted: other operators.
        waiting: neither: launches, dispatch, Python.
    """

    products: float
    uncounted: float
    waiting: float


def within(findings: Findings, row: RooflineRow) -> Within:
    """Two measurements meet here, marks and profile: what the second finds more than the first, it may not have."""
    groups = findings.groups.get(row.stage, {})
    products = sum(share for group, share in groups.items() if group in COUNTED) / row.share_of_time
    uncounted = sum(share for group, share in groups.items() if group not in COUNTED) / row.share_of_time
    whole = max(1.0, products + uncounted)
    return Within(products / whole, uncounted / whole, max(0.0, 1 - products - uncounted))

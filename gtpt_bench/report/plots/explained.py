"""What a study's timing session found of each variant's stages: time, work and traffic, and the machine's rates.

Only of studies whose `timing` has `explained_batch`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gtpt_bench.report.plots.material import Material


@dataclass(frozen=True)
class Stage:
    """One stage in a call of a variant.

    Attributes:
        ms: of the call without marks.
        intensity: operations a byte moved, two a MAC; 0 where nothing is multiplied.
        gflops_per_s: reached.
        bound: `compute`, `bandwidth` or `neither`.
    """

    name: str
    ms: float
    intensity: float
    gflops_per_s: float
    bound: str


@dataclass(frozen=True)
class Machine:
    """What the machine reached beside the model.

    Attributes:
        dtype: of the products.
        cached_gb_per_s: None where the cache's size is unknown.
    """

    dtype: str
    gflops_per_s: float
    gb_per_s: float
    cached_gb_per_s: float | None


@dataclass(frozen=True)
class ExplainedVariant:
    """One variant at one batch.

    Attributes:
        disturbed: whether other processes had the cores so often that disturbed rounds had to be used.
    """

    batch: int
    stages: tuple[Stage, ...]
    machine: Machine
    disturbed: bool

    @property
    def ms(self) -> float:
        return sum(stage.ms for stage in self.stages)


def explained_variants(material: Material) -> dict[str, ExplainedVariant]:
    """By variant, in the plan's order; empty where the session looked into none."""
    timing = next((own.timing for own in material.records.values() if own.timing), None)
    by_variant: Mapping[str, Any] = timing.record.get("explained", {}) if timing else {}
    return {name: _variant(by_variant[name]) for name in material.plan.variants if name in by_variant}


def _variant(found: Mapping[str, Any]) -> ExplainedVariant:
    """From what `explanation_as_json` wrote."""
    machine = found["machine"]
    return ExplainedVariant(
        found["batch"],
        tuple(_stage(row) for row in found["stages"]),
        Machine(
            machine["rated"]["dtype"],
            machine["flops_per_s"] / 1e9,
            machine["bandwidth_bytes_per_s"] / 1e9,
            machine["cached_bytes_per_s"] / 1e9 if machine["rated"]["cache_bytes"] else None,
        ),
        found["disturbed"],
    )


def _stage(row: Mapping[str, Any]) -> Stage:
    moved = row["moved_bytes"]
    intensity = 2 * row["macs"] / moved if moved else 0.0
    return Stage(row["stage"], 1000 * row["seconds"], intensity, row["flops_per_s"] / 1e9, row["bound"])

"""To which stage of a model a module, and what happens between modules, belongs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

from torch import nn

from gtpt_bench.efficiency.counting.breakdown import ELSEWHERE, child_stages
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.gtpt.stages import STAGES, stage_of

T = TypeVar("T", int, float)


@dataclass(frozen=True)
class StageMap:
    """The stages of one model.

    Attributes:
        stages: in the order in which data goes through them, without `ELSEWHERE`.
        stage_of: stage of a module by its path; "" for a module of none.
        holders: paths of the modules that are of no stage but hold some that are: the model itself, for one.
    """

    stages: tuple[str, ...]
    stage_of: Callable[[str], str]
    holders: frozenset[str]

    def label(self, path: str) -> str | None:
        """Stage of what a module does; None for a holder's own doings, whose neighbours decide: `without_gaps`."""
        if path in self.holders:
            return None
        return self.stage_of(path) or ELSEWHERE


def stage_map(model: nn.Module) -> StageMap:
    """Stages of a GTPT, trained or deployed, as in models/gtpt/stages.py; of any other module `child_stages`."""
    config = getattr(model, "config", None)
    paths = [path for path, _ in model.named_modules()]
    if isinstance(config, GTPTConfig):
        return stages_among(paths, lambda path: stage_of(config, path), STAGES)
    children, child_of = child_stages(model)
    return stages_among(paths, child_of, children)


def stages_among(paths: Iterable[str], stage_of: Callable[[str], str], order: Sequence[str]) -> StageMap:
    """The stages that occur among modules of these paths, in the given order."""
    found = {path: stage_of(path) for path in paths}
    above = (path.rpartition(".")[0] for path, stage in found.items() if stage)
    ancestors = {ancestor for path in above for ancestor in _self_and_ancestors(path)}
    return StageMap(
        tuple(stage for stage in order if stage in found.values()),
        stage_of,
        frozenset(path for path, stage in found.items() if not stage and path in ancestors),
    )


def _self_and_ancestors(path: str) -> Iterable[str]:
    parts = path.split(".") if path else []
    return (".".join(parts[:depth]) for depth in range(len(parts) + 1))


def without_gaps(labels: Sequence[str | None]) -> list[str]:
    """A stage for each label of a sequence: what lies between two parts of one stage belongs to it.

    A residual added between a layer's attention and its feed-forward net runs in the encoder that holds the layer,
    and is still that layer's. What lies between two stages, before the first and after the last is `ELSEWHERE`.
    """
    runs = [(label, len([*run])) for label, run in groupby(labels)]
    filled: list[str] = []
    for place, (label, length) in enumerate(runs):
        before = runs[place - 1][0] if place else None
        after = runs[place + 1][0] if place + 1 < len(runs) else None
        stage = label or (before if before and before == after else ELSEWHERE)
        filled += [stage] * length
    return filled


def totals(labels: Sequence[str | None], values: Sequence[T]) -> dict[str, T]:
    """Sum of the values of each stage, gaps filled; stages in the order in which they first occur."""
    total: dict[str, T] = {}
    for stage, value in zip(without_gaps(labels), values, strict=True):
        total[stage] = total.get(stage, type(value)(0)) + value
    return total

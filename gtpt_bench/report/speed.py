"""How fast each variant is in each way of running at each batch size, from the raw samples of one session.

Speed-ups are paired: round by round the time of the variant compared with over the variant's own, same way, same batch,
so that a drift of the machine cancels. Rounds in which other processes had the cores are set aside; where too few
others are left the figures are those of all rounds, and there is no verdict. Source: spec/measurement.md §1 (A against
B; when is it different).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gtpt_bench.efficiency.timing.comparison import Verdict, compared_undisturbed, middle_mean, told_rounds
from gtpt_bench.efficiency.timing.waiting import DISTURBED
from gtpt_bench.report.records import Found, VariantRecords
from gtpt_bench.study.plan import Plan

CONFIDENCE = 0.95
MARGIN = 0.03
"""A difference below this share is none."""
SEED = 0
"""Of the bootstrap."""

Place = tuple[str, str, int]
"""Variant, way and batch of a cell."""


@dataclass(frozen=True)
class SpeedUp:
    """How many times as fast a variant is as the one it is compared with.

    Attributes:
        interval: of 95 %; None where there is one round and nothing to tell it from.
        num_rounds: that count: in which neither was disturbed.
    """

    factor: float
    interval: tuple[float, float] | None
    verdict: Verdict
    num_rounds: int


@dataclass(frozen=True)
class CellSpeed:
    """One cell.

    Attributes:
        call_ms: median time of a synchronised call with the whole batch.
        num_disturbed: rounds in which other processes had the cores.
        speed_up: None for the variant that the others are compared with.
        recompiled: whether graphs were compiled while time was taken; the figures are then worth nothing.
    """

    images_per_s: float
    call_ms: float
    num_rounds: int
    num_disturbed: int
    speed_up: SpeedUp | None
    recompiled: bool


@dataclass(frozen=True)
class StudySpeed:
    """All cells of a session, and its record."""

    found: Found
    cells: dict[Place, CellSpeed]


def study_speed(plan: Plan, records: Mapping[str, VariantRecords]) -> StudySpeed | None:
    """None if nothing was measured yet."""
    found = records[plan.variants[0]].timing
    if found is None:
        return None
    raw = {(c["variant"], c["way"], c["batch"]): Rounds.of(c) for c in found.record["cells"]}
    cells = {}
    for (variant, way, batch), rounds in raw.items():
        other = plan.reference(variant)
        against = None if other == variant else raw[other, way, batch]
        cells[variant, way, batch] = cell_speed(rounds, batch, against)
    return StudySpeed(found, cells)


@dataclass(frozen=True)
class Rounds:
    """A cell's rounds.

    Attributes:
        ns: of one call in each round, as throughput has it.
        call_ns: of the synchronised calls of each round.
        disturbed: whether other processes had the cores in the round.
    """

    ns: list[float]
    call_ns: list[list[int]]
    disturbed: list[bool]
    recompiled: bool

    @classmethod
    def of(cls, cell: Mapping[str, Any]) -> Rounds:
        """From its JSON: of a pipelined stream where there is one, else of the calls, which are over when they return.

        A round is disturbed if none of its calls, or its stream, was left alone.
        """
        calls = list(zip(cell["call_ns"], cell["call_waited_ns"], strict=True))
        if not cell["stream_ns"]:
            ns = [_middle(*samples) for samples in calls]
            disturbed = [all(_is_disturbed(a, b) for a, b in zip(*samples, strict=True)) for samples in calls]
        else:
            ns = cell["stream_ns"]
            spent = [a * b for a, b in zip(ns, cell["stream_calls"], strict=True)]
            disturbed = [_is_disturbed(a, b) for a, b in zip(spent, cell["stream_waited_ns"], strict=True)]
        return cls(ns, cell["call_ns"], disturbed, cell["num_recompiled"] > 0)


def cell_speed(own: Rounds, batch: int, against: Rounds | None) -> CellSpeed:
    """Figures of one cell from its rounds, and those of the cell that it is compared with."""
    kept = told_rounds(own.disturbed, CONFIDENCE)
    return CellSpeed(
        images_per_s=batch / float(np.median([own.ns[place] for place in kept])) * 1e9,
        call_ms=float(np.median([ns for place in kept for ns in own.call_ns[place]])) / 1e6,
        num_rounds=len(own.ns),
        num_disturbed=sum(own.disturbed),
        speed_up=speed_up(own, against) if against else None,
        recompiled=own.recompiled or (against is not None and against.recompiled),
    )


def speed_up(own: Rounds, against: Rounds) -> SpeedUp:
    """From the rounds in which neither was disturbed."""
    disturbed = [a or b for a, b in zip(own.disturbed, against.disturbed, strict=True)]
    rng = np.random.default_rng(SEED)
    found = compared_undisturbed(against.ns, own.ns, disturbed, rng=rng, margin=MARGIN, confidence=CONFIDENCE)
    interval = (1 / found.high, 1 / found.low) if found.low > 0 else None
    return SpeedUp(1 / found.ratio, interval, found.verdict, found.num_rounds)


def _middle(ns: Sequence[int], waited_ns: Sequence[int]) -> float:
    """Time of a call: mean of the middle half of the undisturbed ones, of all if none is."""
    alone = [a for a, b in zip(ns, waited_ns, strict=True) if not _is_disturbed(a, b)]
    return float(middle_mean(np.asarray(alone or ns, dtype=float)))


def _is_disturbed(ns: float, waited_ns: float) -> bool:
    return waited_ns > DISTURBED * ns

"""Latency and throughput of models of one session: with what other rounds would give, and beside the best of them.

Torch-free.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gtpt_bench.efficiency.timing.comparison import compared_undisturbed, fewest_rounds
from gtpt_bench.efficiency.timing.statistics import median_error
from gtpt_bench.efficiency.timing.waiting import DISTURBED
from gtpt_bench.report.audit_cells import Cells
from gtpt_bench.report.cells import Cell, Column, measured_cell
from gtpt_bench.report.records import Found, VariantRecords
from gtpt_bench.report.timed import timing_cells
from gtpt_bench.shown import plus_minus

NOT_BEST = " n.d."
"""After a time that is not distinguishable from the best of its column."""

GROUP = "time, measured"
COLUMNS = (
    Column("latency_ms", "latency (ms)", group=GROUP),
    Column("latency_ms_error", "", for_programs=True, group=GROUP),
    Column("latency_ms_beside_best", "", for_programs=True, group=GROUP),
    Column("throughput", "images/s", group=GROUP),
    Column("throughput_error", "", for_programs=True, group=GROUP),
    Column("throughput_beside_best", "", for_programs=True, group=GROUP),
)
Samples = Mapping[str, Any]
"""Of one variant: `latency_ns`, a list a round, `throughput_images_per_s`, a rate a round."""


@dataclass(frozen=True)
class _Quantity:
    """Attributes:
    rounds: its figure in each round, in the column's unit.
    seconds: of that figure, so that less is better.
    """

    rounds: Callable[[Samples], list[float]]
    seconds: Callable[[float], float]


QUANTITIES: Mapping[str, _Quantity] = {
    "latency_ms": _Quantity(
        lambda samples: [float(np.median(calls)) / 1e6 for calls in samples["latency_ns"]], lambda ms: ms / 1000
    ),
    "throughput": _Quantity(lambda samples: list(samples["throughput_images_per_s"]), lambda rate: 1 / rate),
}


def paper_times(variants: Sequence[str], records: Mapping[str, VariantRecords]) -> dict[str, dict[str, Cell]]:
    """Cells of each variant by column; the state of the session where it has none."""
    plain = {variant: dict(timing_cells(variant, records[variant])) for variant in variants}
    timed = [variant for variant, cells in plain.items() if any(cell.value is not None for cell in cells.values())]
    if not timed:
        return plain
    session = records[timed[0]].timing
    assert session is not None, "a figure of time comes from a session"
    for key, quantity in QUANTITIES.items():
        cells = {variant: plain[variant][key] for variant in timed}
        for variant, more in _beside_the_best(key, quantity, cells, session).items():
            plain[variant] |= dict(more)
    return plain


def _beside_the_best(key: str, quantity: _Quantity, cells: Mapping[str, Cell], session: Found) -> dict[str, Cells]:
    samples = session.record["samples"]
    seconds = {variant: [quantity.seconds(figure) for figure in quantity.rounds(samples[variant])] for variant in cells}
    best = min(cells, key=lambda variant: quantity.seconds(cells[variant].value or math.inf))
    found = {}
    for variant, cell in cells.items():
        disturbed = _disturbed(samples[best], samples[variant])
        beside = "best" if variant == best else _beside(seconds[best], seconds[variant], disturbed)
        found[variant] = _cells(key, cell, median_error(quantity.rounds(samples[variant])), beside, session)
    return found


def _cells(key: str, cell: Cell, relative_error: float, beside: str, session: Found) -> Cells:
    """The figure to the digits that its error leaves it, and for programs the error and how it stands."""
    assert cell.value is not None
    known = math.isfinite(relative_error)
    text = plus_minus(cell.value, cell.value * relative_error) if known else cell.text
    mark = NOT_BEST if beside == "not distinguishable" else ""
    yield key, replace(cell, text=f"{text}{mark}", best=beside == "best")
    if known:
        error = cell.value * relative_error
        yield f"{key}_error", measured_cell(error, f"{error:.2g}", session)
    yield f"{key}_beside_best", measured_cell(None, beside, session)


def _beside(best: Sequence[float], own: Sequence[float], disturbed: Sequence[bool]) -> str:
    """Of models timed in turn, round by round: as good as the best is what may be, by the whole interval of rounds.

    Whether it would be slower by itself is not asked, as a verdict does: other processes cannot make one model of a
    session twice as slow as another, round after round.
    """
    found = compared_undisturbed(best, own, disturbed, rng=np.random.default_rng(0))
    few = len(own) < fewest_rounds(found.confidence)
    return "not distinguishable" if few or found.low <= 1 + found.margin else "slower"


def _disturbed(*both: Samples) -> list[bool]:
    """Rounds in which other processes had the cores; records that do not tell say nothing against any."""
    shares = [samples.get("waited_share") or [0.0] * len(samples["throughput_images_per_s"]) for samples in both]
    return [any(share > DISTURBED for share in of_round) for of_round in zip(*shares, strict=True)]

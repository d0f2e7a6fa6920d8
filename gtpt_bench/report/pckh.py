"""PCKh of each variant, with the interval that other people would give: MPII's figure, which has columns of its own.

The mean over joints by their count, per cent, within half and within a tenth of the head's size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from gtpt_bench.evaluation.intervals import bootstrap_pckh, image_draws, interval
from gtpt_bench.evaluation.mpii import pckh
from gtpt_bench.report.cells import Cell, Column, measured_cell
from gtpt_bench.report.records import EvaluatedJoints

LIMITS: Mapping[str, float] = MappingProxyType({"pckh": 0.5, "pckh_tenth": 0.1})
"""Column to its limit in head sizes."""


def pckh_columns() -> tuple[Column, ...]:
    return tuple(
        column
        for key, limit in LIMITS.items()
        for column in (
            Column(key, f"PCKh@{limit:g} (%)"),
            Column(f"{key}_low", "", for_programs=True),
            Column(f"{key}_high", "", for_programs=True),
        )
    )


def pckh_cells(runs: Sequence[EvaluatedJoints], *, num_planned: int) -> Iterator[tuple[str, Cell]]:
    """Cells of a variant's runs, a seed each; none without runs, or where nobody has an annotated joint."""
    if not runs or not runs[0].errors.counts.any():
        return
    found, draws = [run.found for run in runs], image_draws(len(runs[0].errors.counts))
    partly = f" ({len(runs)} of {num_planned} seeds)" if len(runs) < num_planned else ""
    for key, limit in LIMITS.items():
        observed = np.asarray([pckh(run.errors, limit)["Mean_weighted_by_joint_count"] for run in runs])
        resampled = np.asarray([bootstrap_pckh(run.errors, limit, draws) for run in runs])
        mean = interval(float(observed.mean()), resampled.mean(axis=0))
        spread = f" ± {observed.std(ddof=1):.1f}" if len(runs) > 1 else ""
        known = math.isfinite(mean.standard_error)
        within = f" ({mean.low:.1f}–{mean.high:.1f})" if known else ""
        yield key, measured_cell(mean.value, f"{mean.value:.1f}{spread}{within}{partly}", *found)
        if known:
            yield f"{key}_low", measured_cell(mean.low, f"{mean.low:.1f}", *found)
            yield f"{key}_high", measured_cell(mean.high, f"{mean.high:.1f}", *found)

"""Variants as points of a plot: their two numbers, taken from the report's table, and how far each may be off."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gtpt_bench.efficiency.timing.statistics import median_error
from gtpt_bench.report.accuracy import StudyAccuracy
from gtpt_bench.report.cells import StudyTable
from gtpt_bench.report.records import VariantRecords

Z_95 = 1.96
"""Standard errors in half of a 95 % interval."""


@dataclass(frozen=True)
class Point:
    """One variant in a plot.

    Attributes:
        error, x_error: half widths of 95 % intervals; None where nothing is known.
    """

    name: str
    x: float
    y: float
    error: float | None = None
    x_error: float | None = None


def points(
    table: StudyTable,
    x: str,
    y: str,
    errors: Mapping[str, float] | None = None,
    x_errors: Mapping[str, float] | None = None,
) -> list[Point]:
    """Measured variants that have both numbers, sorted by x."""
    return _points(table, x, y, errors or {}, x_errors or {}, reported=False)


def reported_points(table: StudyTable, x: str, y: str) -> list[Point]:
    """Rows of papers that have both numbers, sorted by x."""
    return _points(table, x, y, {}, {}, reported=True)


def _points(
    table: StudyTable, x: str, y: str, errors: Mapping[str, float], x_errors: Mapping[str, float], *, reported: bool
) -> list[Point]:
    found = []
    for row in table.rows:
        a, b = row.cells.get(x), row.cells.get(y)
        if row.reported == reported and a and b and a.value is not None and b.value is not None:
            found.append(Point(row.name, a.value, b.value, errors.get(row.name), x_errors.get(row.name)))
    return sorted(found, key=lambda point: point.x)


def rising(shown: Sequence[Point]) -> list[int]:
    """Places of the points that lie higher than all those further left: of what costs no more, nothing is better."""
    best, places = -math.inf, []
    for place in sorted(range(len(shown)), key=lambda one: (shown[one].x, -shown[one].y)):
        if shown[place].y > best:
            best = shown[place].y
            places.append(place)
    return places


def ap_errors(accuracy: StudyAccuracy | None) -> dict[str, float]:
    """Half widths of the difference to the variant compared with, the honest size of a visible change."""
    if accuracy is None:
        return {}
    return {name: v.half_width for name, v in accuracy.variants.items() if v.half_width is not None}


def latency_errors_ms(records: Mapping[str, VariantRecords]) -> dict[str, float]:
    """Half widths of 95 % intervals of median latency, from how rounds differ; nothing for a single round."""
    errors = {}
    for name, own in records.items():
        samples = own.timing.record.get("samples", {}).get(name) if own.timing else None
        rounds = [float(np.median(calls)) / 1e6 for calls in samples["latency_ns"]] if samples else []
        relative = median_error(rounds)
        if math.isfinite(relative):
            errors[name] = Z_95 * relative * float(np.median(rounds))
    return errors

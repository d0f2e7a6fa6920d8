"""From a cell back to where it comes from: each figure worked out anew from the records and reference rows it names.

Nothing here is taken from the report's own code but how files are laid out. An unknown column is an error.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class TracedCell:
    """A line of a provenance file, with what its files hold.

    Attributes:
        row: name of its row.
        name: of the variant or model, if the table says it in a column of its own.
        records: by file, in the order named.
        reported: rows of the reference files about this row.
    """

    row: str
    name: str
    column: str
    value: str
    origin: str
    records: Mapping[str, Mapping[str, Any]]
    reported: Sequence[Mapping[str, str]]

    def of(self, step: str) -> list[Mapping[str, Any]]:
        return [record for record in self.records.values() if record["step"] == step]

    @property
    def costs(self) -> list[Mapping[str, Any]]:
        return [record["metrics"] for record in self.of("cost")]

    @property
    def samples(self) -> Mapping[str, Any]:
        (session,) = self.of("timing")
        found = [name for name in session["samples"] if name in (self.row, self.name)]
        found = found or [name for name in session["samples"] if self.name and name.startswith(f"{self.name}_")]
        assert len(found) == 1, f"{self.row} is {found} of the session"
        samples: Mapping[str, Any] = session["samples"][found[0]]
        return samples

    def published(self, column: str) -> str:
        """The one figure that the reference files have of this row."""
        figures = {row[column] for row in self.reported if row.get(column)}
        assert len(figures) == 1, f"{self.row} {column}: {figures}"
        return figures.pop()


def traced_cells(provenance: Path, records: Path, reference: Path) -> Iterator[TracedCell]:
    """Every cell of a provenance file.

    Args:
        records: folder that files of records are relative to.
        reference: folder of the reference files.
    """
    lines = [list(line.values()) for line in rows_of(provenance)]
    names = {line[0]: line[2] for line in lines if line[1] == "model"}
    known: dict[str, dict[str, Any]] = {}
    for row, column, value, origin, files, code, machine in lines:
        own = [file for file in files.split("; ") if file]
        if origin == "measured":
            assert all((code, machine)), f"{row} {column} does not say what measured it"
        for file in own:
            if file.endswith(".json"):
                known.setdefault(file, json.loads((records / file).read_text(encoding="utf-8")))
        tables = [reference / Path(file).name for file in own if file.endswith(".csv")]
        yield TracedCell(
            row,
            names.get(row, ""),
            column,
            value,
            origin,
            {file: known[file] for file in own if file in known},
            [line for table in tables for line in _about(rows_of(table), row, names.get(row, ""))],
        )


def check(cell: TracedCell) -> None:
    """Raises:
    AssertionError: the cell is not what its files say, or nobody knows how it should be.
    """
    words = f"{cell.row}, {cell.column}: {cell.value}"
    if cell.origin == "missing":
        assert not is_number(cell.value), f"{words} comes from nowhere"
        return
    if cell.origin == "configured":
        return
    assert cell.records or cell.reported, f"{words} names no file that has it"
    if cell.origin == "reported":
        _check_reported(cell, words)
        return
    assert cell.records, f"{words} is measured by no record"
    if cell.column in IN_WORDS:
        return
    assert cell.column in MEASURED, f"nobody knows how {words} comes about"
    expected = MEASURED[cell.column](cell)
    assert any(math.isclose(float(cell.value), one, rel_tol=1e-9, abs_tol=1e-12) for one in expected), (words, expected)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _about(lines: Sequence[dict[str, str]], row: str, name: str) -> list[dict[str, str]]:
    """Rows of a model, of a method, or all where a row's name says nothing of either: then a figure is looked for."""
    own = [line for line in lines if name and line.get("model") == name] or [
        line for line in lines if line["method"] == row or row.startswith(f"{line['method']} ")
    ]
    return own or list(lines)


def _check_reported(cell: TracedCell, words: str) -> None:
    assert not cell.records, f"{words} is reported and measured"
    if is_number(cell.value):
        figures = {float(text) for row in cell.reported for text in row.values() if is_number(text)}
        assert float(cell.value) in figures, f"{words} stands in none of {figures}"
    else:
        assert any(cell.value.lstrip("'") in row.values() for row in cell.reported), words


def relative_error(values: Sequence[float]) -> float:
    middle = float(np.median(values))
    return 1.2533 * 1.4826 * float(np.median(np.abs(np.asarray(values) - middle))) / math.sqrt(len(values)) / middle


def _latency(cell: TracedCell) -> float:
    return float(np.median([call for calls in cell.samples["latency_ns"] for call in calls])) / 1e6


def _throughput(cell: TracedCell) -> float:
    return float(np.median(cell.samples["throughput_images_per_s"]))


def _latency_rounds(cell: TracedCell) -> list[float]:
    return [float(np.median(calls)) for calls in cell.samples["latency_ns"]]


def _counts_g(cell: TracedCell) -> list[float]:
    """In every convention; HRNet's script divides by 2³⁰."""
    return [count / unit for cost in cell.costs for count in cost["macs"].values() for unit in (1e9, 2**30)]


def _deviations(cell: TracedCell) -> list[float]:
    figure = cell.published("gflops")
    digits = Decimal(1).scaleb(int(Decimal(figure).as_tuple().exponent))
    counts = [Decimal(repr(count)).quantize(digits, ROUND_HALF_UP) for count in _counts_g(cell)]
    return [float(count - Decimal(figure)) for count in counts]


def _off_percent(count: float, figure: str) -> list[float]:
    return [100 * (count / float(figure) - 1)]


def _changes(cell: TracedCell, convention: str) -> list[float]:
    """From one cost to the other; a single file is compared with itself."""
    own, base = cell.costs[0], cell.costs[-1]
    return [100 * (own["macs"][convention] / base["macs"][convention] - 1)]


def _effect_deviations(cell: TracedCell) -> list[float]:
    figures = {float(row["macs_change_percent"]) for row in cell.reported if row["macs_change_percent"]}
    return [change - figure for change in _changes(cell, "thop") for figure in figures]


def _mean_percent(cell: TracedCell, metric: str) -> list[float]:
    return [100 * float(np.mean([record["metrics"][metric] for record in cell.of("evaluate")]))]


def _ap_difference(cell: TracedCell) -> list[float]:
    """Of the row's own runs and those of the variant compared with, whichever that is."""
    by_variant: dict[str, list[float]] = {}
    for file, record in cell.records.items():
        by_variant.setdefault(file.split("-s")[0], []).append(100 * record["metrics"]["AP"])
    (first, *others) = (float(np.mean(aps)) for aps in by_variant.values())
    return [first - other for other in others]


def _seed_sd(cell: TracedCell) -> list[float]:
    return [float(np.std([100 * record["metrics"]["AP"] for record in cell.of("evaluate")], ddof=1))]


MEASURED: Mapping[str, Callable[[TracedCell], list[float]]] = {
    "params_m": lambda cell: [cell.costs[0]["params"] / 1e6],
    "params_deviation_percent": lambda c: _off_percent(c.costs[0]["params"] / 1e6, c.published("params_m")),
    "macs_full_g": lambda cell: [cell.costs[0]["macs"]["full"] / 1e9],
    "macs_thop_g": lambda cell: [cell.costs[0]["macs"]["thop"] / 1e9],
    "macs_full_deviation_percent": lambda c: _off_percent(c.costs[0]["macs"]["full"] / 1e9, c.published("gflops")),
    "trained_macs_full_m": lambda cell: [cell.costs[0]["macs"]["full"] / 1e6],
    "attention_percent": lambda cell: [100 * cell.costs[0]["macs"]["attention"] / cell.costs[0]["macs"]["full"]],
    "in_convention_g": _counts_g,
    "deviation": _deviations,
    "macs_full_change_percent": lambda cell: _changes(cell, "full"),
    "macs_thop_change_percent": lambda cell: _changes(cell, "thop"),
    "macs_effect_deviation": _effect_deviations,
    "latency_ms": lambda cell: [_latency(cell)],
    "latency_ms_error": lambda cell: [_latency(cell) * relative_error(_latency_rounds(cell))],
    "throughput": lambda cell: [_throughput(cell)],
    "throughput_error": lambda c: [_throughput(c) * relative_error(c.samples["throughput_images_per_s"])],
    "ap": lambda cell: _mean_percent(cell, "AP"),
    "ar": lambda cell: _mean_percent(cell, "AR"),
    "ap_seed_sd": _seed_sd,
    "ap_difference": _ap_difference,
}
"""Values that a cell may have, by its column: several where it does not say which of its record's counts it is."""

IN_WORDS = (
    "params_counted",
    "convention",
    "counted_as",
    "counters",
    "latency_ms_beside_best",
    "throughput_beside_best",
)

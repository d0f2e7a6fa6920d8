"""What stands out in a paper's table: the best of each column, and states of what is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from gtpt_bench.report.cells import Cell, Row

LESS, MORE = -1, 1
"""Which figures of a column are better."""

IN_WORDS = {"missing": "not measured"}
"""States as people read them; `failed`, `stale` and `running` speak for themselves."""


def marked(rows: Sequence[Row], better: Mapping[str, int]) -> tuple[Row, ...]:
    """Rows with the best cells of some columns in bold, all of them where several are equal.

    Args:
        better: `LESS` or `MORE` by the key of each column that is judged by its figures alone.
    """
    best = {key: _best(rows, key, sign) for key, sign in better.items()}
    return tuple(
        replace(row, cells={key: _marked(cell, best.get(key)) for key, cell in row.cells.items()}) for row in rows
    )


def in_words(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Rows whose missing figures say that they were not measured."""
    return tuple(replace(row, cells={key: _said(cell) for key, cell in row.cells.items()}) for row in rows)


def _best(rows: Sequence[Row], key: str, sign: int) -> float | None:
    """None where there is nothing to be better than."""
    values = [cell.value for row in rows if (cell := row.cells.get(key)) and cell.value is not None]
    return sign * max(sign * value for value in values) if len(set(values)) > 1 else None


def _marked(cell: Cell, best: float | None) -> Cell:
    return replace(cell, best=True) if best is not None and cell.value == best else cell


def _said(cell: Cell) -> Cell:
    return replace(cell, text=IN_WORDS.get(cell.text, cell.text)) if cell.origin == "missing" else cell

"""What people see of results: tables with notes below them, and numbers as text. cli/printing.py prints them."""

from __future__ import annotations

import math
from dataclasses import dataclass

NONE = "–"
"""Where there is no number."""


@dataclass(frozen=True)
class Section:
    """A table, or notes alone where it has no columns.

    Attributes:
        notes: a line each, below the table.
    """

    title: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()


def whole(number: int | None) -> str:
    """1,756,578,816."""
    return NONE if number is None else f"{number:,}"


def decimal(value: float | None, digits: int = 4) -> str:
    """To so many significant digits, never fewer than the whole number has: 27.61, 0.3500, 12,345."""
    if value is None or not math.isfinite(value):
        return NONE
    return f"{value:,.{_decimals(value, digits)}f}"


def plus_minus(value: float, spread: float) -> str:
    """A value to the digits that its spread leaves it: 27.61 ± 0.35, 1,204 ± 31."""
    if not spread:
        return decimal(value)
    decimals = max(0, min(_decimals(spread, 2), _decimals(value, 4)))
    return f"{value:,.{decimals}f} ± {spread:,.{decimals}f}"


def percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f} %"


def mebibytes(number: int | None) -> str:
    return NONE if number is None else f"{number / 2**20:,.0f}"


def ratio(value: float) -> str:
    return f"{value:.3f}×"


def _decimals(value: float, digits: int) -> int:
    """Places behind the point that show so many significant digits."""
    if value == 0:
        return 0
    return max(0, digits - 1 - math.floor(math.log10(abs(value))))

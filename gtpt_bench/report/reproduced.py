"""Which way of counting gives a published figure: each count is rounded to the digits printed and compared.

A figure of one or two digits fits several counts by chance. But authors count all their models alike: of the counts
that fit a figure, the one is named that fits most figures of the family, of equally good ones the first in the order
given; the others are told too. Nothing here knows which paper counts how.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Literal

Rounding = Literal["rounded", "truncated"]


@dataclass(frozen=True)
class Reproduction:
    """How a published figure comes about.

    Attributes:
        name: of the count that gives it; the nearest one where none does.
        value: of that count, unrounded, in the unit printed.
        rounding: how it becomes the figure; None where no count does.
        equally_good: other counts that fit as many figures of the family, and this one: what is printed cannot tell
            them apart.
        deviation: of the value, rounded as printed, from the figure.
    """

    name: str
    value: float
    rounding: Rounding | None
    equally_good: tuple[str, ...]
    deviation: Decimal


def reproduced(family: Sequence[tuple[str, Mapping[str, float]]]) -> list[Reproduction]:
    """The figures of models that the same people published, each with its counts by name.

    Args:
        family: of each model the figure as printed, digit by digit, and its counts in the unit printed.
    """
    fits = [fitting(printed, counts) for printed, counts in family]
    support = [name for fit in fits for name in fit]
    return [_best(printed, counts, fit, support) for (printed, counts), fit in zip(family, fits, strict=True)]


def fitting(printed: str, counts: Mapping[str, float]) -> dict[str, Rounding]:
    """Counts that round to the figure; if none does, those that become it by cutting digits off."""
    by_rounding: dict[str, Rounding] = {name: "rounded" for name, count in counts.items() if rounds_to(count, printed)}
    return by_rounding or {name: "truncated" for name, count in counts.items() if cut_to(count, printed)}


def rounds_to(count: float, printed: str) -> bool:
    return as_printed(count, printed) == Decimal(printed)


def cut_to(count: float, printed: str) -> bool:
    return Decimal(repr(count)).quantize(_last_digit(printed), ROUND_DOWN) == Decimal(printed)


def as_printed(count: float, printed: str) -> Decimal:
    """The count with as many decimals as the figure has."""
    return Decimal(repr(count)).quantize(_last_digit(printed), ROUND_HALF_UP)


def _last_digit(printed: str) -> Decimal:
    exponent = Decimal(printed).as_tuple().exponent
    assert isinstance(exponent, int), f"{printed!r} is no finite number"
    return Decimal(1).scaleb(min(exponent, 0))


def _best(
    printed: str, counts: Mapping[str, float], fit: Mapping[str, Rounding], support: Sequence[str]
) -> Reproduction:
    if fit:
        most = max(support.count(name) for name in fit)
        name, *others = (name for name in counts if name in fit and support.count(name) == most)
    else:
        name, others = min(counts, key=lambda name: abs(counts[name] - float(printed))), []
    deviation = as_printed(counts[name], printed) - Decimal(printed)
    return Reproduction(name, counts[name], fit.get(name), tuple(others), deviation)

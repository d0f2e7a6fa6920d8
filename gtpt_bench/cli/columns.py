"""Text set in columns of a terminal, folded where it is too wide: as rich sets it, but ten thousand rows in a wink.

Rich measures and renders each cell as if it could be anything; these are words and numbers, most of which fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

GAP = "  "


def set_in_columns(rows: Sequence[Sequence[str]], right: Sequence[bool], room: int) -> list[list[str]]:
    """The lines of each row, all equally wide.

    Args:
        right: of each column, whether it is set to the right.
        room: letters across that there are.
    """
    natural = widths_of(rows)
    widths = narrowed(natural, room - len(GAP) * (len(natural) - 1))
    folding = Console(width=room)
    return [list(_lines(row, widths, right, folding)) for row in rows]


def widths_of(rows: Sequence[Sequence[str]]) -> list[int]:
    """Of each column, where nothing is folded."""
    columns = zip(*rows, strict=True)
    return [max((width_of(line) for cell in column for line in cell.splitlines()), default=0) for column in columns]


def blocks(widths: Sequence[int], room: int) -> list[list[int]]:
    """Places of the columns that have room beside each other, the first one in each block."""
    found, used = [[0]], widths[0]
    for place, width in enumerate(widths[1:], start=1):
        if used + len(GAP) + width > room and len(found[-1]) > 1:
            found.append([0])
            used = widths[0]
        found[-1].append(place)
        used += len(GAP) + width
    return found


def width_of(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


def narrowed(widths: Sequence[int], room: int) -> list[int]:
    """Widths that have room together: the widest columns give way, down to equal widths, the first by one more."""
    widths = list(widths)
    while sum(widths) > room and max(widths) > 1:
        widest = max(widths)
        places = [place for place, width in enumerate(widths) if width == widest]
        second = max((width for width in widths if width < widest), default=1)
        excess = sum(widths) - room
        each, more = divmod(min(excess, (widest - second) * len(places)), len(places))
        for number, place in enumerate(places):
            widths[place] -= each + (number < more)
    return widths


def _lines(row: Sequence[str], widths: Sequence[int], right: Sequence[bool], folding: Console) -> Iterator[str]:
    cells = [_folded(cell, width, folding) for cell, width in zip(row, widths, strict=True)]
    for line in zip_longest(*cells, fillvalue=""):
        yield GAP.join(map(_padded, line, widths, right))


def _folded(cell: str, width: int, folding: Console) -> Sequence[str]:
    if cell.isprintable() and width_of(cell) <= width:
        return (cell,)
    return [line.plain.rstrip() for line in Text(cell).wrap(folding, max(1, width), overflow="fold")]


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - width_of(text))
    return space + text if right else text + space

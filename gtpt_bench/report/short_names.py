"""Names that fit beside a point or an axis: one line each, none longer than its room, no two alike."""

from __future__ import annotations

from collections.abc import Sequence

MOST_LETTERS = 26
"""Of a name in a plot; longer ones lose their middle, for variants differ at either end."""


def short_names(names: Sequence[str], most: int = MOST_LETTERS) -> list[str]:
    """Each name in at most `most` letters; those that would then be equal are numbered."""
    cut = [shortened(name, most) for name in names]
    owners: dict[str, list[str]] = {}
    for short, name in dict.fromkeys(zip(cut, names, strict=True)):
        owners.setdefault(short, []).append(name)
    return [
        short if len(owners[short]) == 1 else _numbered(short, 1 + owners[short].index(name), most)
        for short, name in zip(cut, names, strict=True)
    ]


def shortened(name: str, most: int = MOST_LETTERS) -> str:
    """The name on one line, without its middle where it is too long: `a very long na…th an end`."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())
    if len(line) <= most:
        return line
    tail = (most - 1) // 2
    return f"{line[: most - 1 - tail]}…{line[-tail:]}"


def _numbered(short: str, number: int, most: int) -> str:
    ending = f" ({number})"
    return f"{short[: most - len(ending)]}{ending}"

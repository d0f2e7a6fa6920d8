"""Keypoints spoken of by name or by index, and what can be wrong with that."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

Reference = int | str
"""A keypoint by index or name."""

NAMES_SHOWN = 20
"""Of a large set, an error message names only the first few keypoints."""


def place_in(names: Sequence[str], reference: Reference) -> int:
    """Index of a keypoint among the names of all.

    Raises:
        ValueError: there is none; names the nearest one and what is known.
    """
    if isinstance(reference, int):
        if not 0 <= reference < len(names):
            raise ValueError(f"there is no keypoint {reference}; they count from 0 to {len(names) - 1}")
        return reference
    if reference not in names:
        near = difflib.get_close_matches(reference, names, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        more = ", …" if len(names) > NAMES_SHOWN else ""
        raise ValueError(f"unknown keypoint {reference!r}; {hint}known: {', '.join(names[:NAMES_SHOWN])}{more}")
    return names.index(reference)


def name_of(names: Sequence[str], reference: Reference) -> str:
    """Name of a keypoint; raises as `place_in` does."""
    return names[place_in(names, reference)]


def names_in_order(names: Sequence[str], references: Iterable[Reference]) -> tuple[str, ...]:
    """Names of different keypoints in order of the keypoints.

    Raises:
        ValueError: one is unknown or stands twice.
    """
    members = [name_of(names, reference) for reference in references]
    twice = doubled(members)
    if twice is not None:
        raise ValueError(f"keypoint {twice!r} stands twice")
    return tuple(sorted(members, key=names.index))


def doubled(values: Iterable[T]) -> T | None:
    """The first value that stands twice."""
    seen: set[T] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None


@contextlib.contextmanager
def told_of(where: str) -> Iterator[None]:
    """A ValueError from inside says what it is about."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error

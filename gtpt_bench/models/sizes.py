"""Two numbers that belong together: how high and how wide something is."""

from __future__ import annotations

from typing import NamedTuple


class Size(NamedTuple):
    """Height and width, in that order everywhere in the project (tensors are `[B, 3, height, width]`)."""

    height: int
    width: int

    @property
    def area(self) -> int:
        return self.height * self.width

    def divided(self, by: Size) -> Size:
        return Size(self.height // by.height, self.width // by.width)

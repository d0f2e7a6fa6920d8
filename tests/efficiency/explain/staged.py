"""A model of two stages, entered by plain methods as well as by `forward`, as GTPT's encoder enters its layers."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn


def nothing() -> None:
    return


class Half(nn.Module):
    """One linear layer, by two doors."""

    def __init__(self, width: int, during: Callable[[], None] = nothing) -> None:
        super().__init__()
        self.inner = nn.Linear(width, width, bias=False)
        self.during = during

    def forward(self, x: Tensor) -> Tensor:
        self.during()
        found: Tensor = self.inner(x)
        return found

    def by_the_back_door(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Not seen by forward hooks of this module; its product is."""
        self.during()
        return self.inner(x), x @ x.transpose(-1, -2)


class Holder(nn.Module):
    """Runs the layers it holds, and adds what they give to what they got."""

    def __init__(self, width: int, during: Callable[[], None], in_between: Callable[[], None]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Half(width, during) for _ in range(2))
        self.in_between = in_between

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.layers
        x = x + first.by_the_back_door(x)[0]  # type: ignore[operator]
        self.in_between()
        return x + second(x)


class Staged(nn.Module):
    """Stages `first` and `second`: `first` holds two layers, `second` is one; between them an addition.

    Args:
        first, within, between, second: called while a layer of the first stage runs, between its two layers, between
            the stages, and in the second one.
    """

    def __init__(
        self,
        width: int = 4,
        *,
        first: Callable[[], None] = nothing,
        within: Callable[[], None] = nothing,
        between: Callable[[], None] = nothing,
        second: Callable[[], None] = nothing,
    ) -> None:
        super().__init__()
        self.first = Holder(width, first, within)
        self.second = Half(width, second)
        self.between = between

    def forward(self, x_BND: Tensor) -> Tensor:
        x = self.first(x_BND)
        self.between()
        found: Tensor = self.second(x + 1)
        return found

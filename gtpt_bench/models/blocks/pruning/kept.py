"""Which image tokens a network keeps, watched from outside: places in the grid of image tokens, after each cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor, nn


class CutPlace(NamedTuple):
    """Where in the network a cut is.

    Attributes:
        layer: encoder layer, counted over all of them; the split of a GTPT counts as the layer it lies before or in.
        at_split: whether it happens at that split.
        group: index of the keypoint group; None where all keypoints share the tokens.
    """

    layer: int
    at_split: bool = False
    group: int | None = None


@dataclass(frozen=True)
class KeptTokens:
    """Image tokens that survive one cut.

    Attributes:
        layer: as in `CutPlace`, like the next two.
        grid_index: row-major places in the grid of image tokens, `[B, kept]`, in the order in which they go on: the
            best first in a GTPT, by place in a TokenPose; −1 for a fused token, which is last.
    """

    layer: int
    at_split: bool
    group: int | None
    grid_index: Tensor


@contextmanager
def watch_cuts(model: nn.Module, cuts: Iterable[tuple[nn.Module, CutPlace]]) -> Iterator[list[KeptTokens]]:
    """While active, each forward pass in evaluation mode fills the list anew, in the order of cuts."""
    kept: list[KeptTokens] = []

    def hook(place: CutPlace) -> Any:
        return lambda module, args, out: kept.append(KeptTokens(*place, out.grid_index))

    handles = [model.register_forward_pre_hook(lambda module, args: kept.clear())]
    handles += [cut.register_forward_hook(hook(place)) for cut, place in cuts]
    try:
        yield kept
    finally:
        for handle in handles:
            handle.remove()

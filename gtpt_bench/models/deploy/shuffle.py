"""ShuffleNet stages for inference, without shuffling: channels stay where they are and the weights follow them.

A unit passes half of its channels on unchanged and shuffles them with the other half. Here the halves stay apart as
pieces; a unit joins only those pieces that its convolutions read, and the order in which they lie is worked into the
weights beforehand. Source of the units: models/blocks/shuffle.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from gtpt_bench.models.blocks.shuffle import ShuffleUnit
from gtpt_bench.models.deploy.sequence import folded_sequence


class Piece(NamedTuple):
    """Channels `start` to `stop` of the tensor number `source`; `places` are those of the shuffled order."""

    source: int
    start: int
    stop: int
    places: Tensor

    def of(self, tensors: Sequence[Tensor]) -> Tensor:
        return tensors[self.source][:, self.start : self.stop]


class UnshuffledStage(nn.Module):
    """What a sequence of `ShuffleUnit` computes, with the channels in another order.

    Attributes:
        order: channel p of the output is channel `order[p]` of the original's.

    Args:
        order: of the input's channels in the same sense; None where they lie as the units expect.
    """

    def __init__(self, units: Sequence[ShuffleUnit], order: Tensor | None = None) -> None:
        super().__init__()
        self.branches = nn.ModuleList()
        self.inputs: list[tuple[Piece, ...]] = []
        places = torch.arange(in_channels(units[0])) if order is None else order
        pieces = [Piece(0, 0, len(places), places)]
        for unit in units:
            pieces = self._add(unit, pieces)
        self.outputs = tuple(pieces)
        self.order = torch.cat([piece.places for piece in pieces])

    def forward(self, x_BCHW: Tensor) -> Tensor:
        tensors = [x_BCHW]
        for branch, read in zip(self.branches, self.inputs, strict=True):
            tensors.append(branch(joined(read, tensors)))
        return joined(self.outputs, tensors)

    def _add(self, unit: ShuffleUnit, pieces: list[Piece]) -> list[Piece]:
        """Branches of a unit; the pieces that its output consists of."""
        if unit.shortcut is None:
            half = sum(len(piece.places) for piece in pieces) // 2
            passed = [part for piece in pieces for part in parts(piece, piece.places < half)]
            read = [part for piece in pieces for part in parts(piece, piece.places >= half)]
            read = [part._replace(places=part.places - half) for part in read]
        else:
            read = pieces
            left = self._branch(unit.shortcut, read)
            passed = [Piece(left, 0, half := out_channels(unit.shortcut), torch.arange(half))]
        right = self._branch(unit.main, read)
        num_right = out_channels(unit.main)
        even = [piece._replace(places=2 * piece.places) for piece in passed]
        return [*even, Piece(right, 0, num_right, 2 * torch.arange(num_right) + 1)]

    def _branch(self, layers: nn.Sequential, read: Sequence[Piece]) -> int:
        """Number of the tensor that a branch makes."""
        order = torch.cat([piece.places for piece in read])
        self.branches.append(folded_sequence(layers, order=order))
        self.inputs.append(tuple(read))
        return len(self.branches)


def joined(pieces: Sequence[Piece], tensors: Sequence[Tensor]) -> Tensor:
    """The pieces side by side, `[B, C, H, W]`, channels last."""
    views = [piece.of(tensors) for piece in pieces]
    return views[0] if len(views) == 1 else torch.cat(views, dim=1)


def parts(piece: Piece, wanted: Tensor) -> list[Piece]:
    """The longest runs of channels of a piece that are wanted."""
    edges = torch.diff(
        wanted.int(), prepend=torch.zeros(1, dtype=torch.int32), append=torch.zeros(1, dtype=torch.int32)
    )
    starts, stops = (edges == 1).nonzero().flatten().tolist(), (edges == -1).nonzero().flatten().tolist()
    return [
        Piece(piece.source, piece.start + start, piece.start + stop, piece.places[start:stop])
        for start, stop in zip(starts, stops, strict=True)
    ]


def in_channels(unit: ShuffleUnit) -> int:
    """Channels that a unit takes."""
    entering = cast(nn.Conv2d, unit.main[0]).in_channels
    return entering if unit.shortcut is not None else 2 * entering


def out_channels(branch: nn.Sequential) -> int:
    """Channels that a branch makes."""
    return [layer.out_channels for layer in branch if isinstance(layer, nn.Conv2d)][-1]

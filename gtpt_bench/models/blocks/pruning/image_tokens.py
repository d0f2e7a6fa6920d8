"""Image tokens and what travels with them through every cut.

Torch is imported for types only, so that the configs that work on tokens stay torch-free to import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

    from gtpt_bench.models.blocks.pruning.selection.topk import Selected


class ImageTokens(NamedTuple):
    """N image tokens; a batch of one is shared by all images.

    Attributes:
        x: features, `[B, N, D]`.
        position: their position embedding, `[B or 1, N, D]`.
        grid_index: places in the grid of patches, row-major, `[B or 1, N]`; −1 for a fused token.
        size: how many original tokens each stands for, `[B or 1, N]`; None where nobody asks.
        human: what the human token last thought of each, `[B, N]`; None where nobody asks.
    """

    x: Tensor
    position: Tensor
    grid_index: Tensor
    size: Tensor | None = None
    human: Tensor | None = None

    def take(self, selected: Selected) -> ImageTokens:
        """The selected tokens, each with what travels with it."""
        rows = selected.rows
        return ImageTokens(
            x=_softly(self.x, selected),
            position=_softly(self.position, selected),
            grid_index=_at(self.grid_index, rows),
            size=None if self.size is None else _at(self.size, rows),
            human=None if self.human is None else _at(self.human, rows),
        )


def _softly(tokens_BND: Tensor, selected: Selected) -> Tensor:
    """Tokens at the selected places, `[B, k, D]`, with the selection's gradient if it has one."""
    index_BK, soft = selected
    B, K = index_BK.shape
    whole = tokens_BND.expand(B, -1, -1)
    taken = whole.gather(1, index_BK[..., None].expand(B, K, tokens_BND.shape[-1]))
    return taken if soft is None else taken + (soft[..., None].to(whole.dtype) * whole).sum(1, keepdim=True)


def _at(values_BN: Tensor, index_BK: Tensor) -> Tensor:
    return values_BN.expand(len(index_BK), -1).gather(1, index_BK)

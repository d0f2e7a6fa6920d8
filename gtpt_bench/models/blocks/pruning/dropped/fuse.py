"""Dropped tokens fuse into one token (as in EViT). Not of the paper.

The fused token takes one of the kept slots, so that token counts and MACs are those of plain pruning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gtpt_bench.models.blocks.pruning.dropped.base import BaseDropped

if TYPE_CHECKING:
    from gtpt_bench.models.blocks.pruning.image_tokens import ImageTokens
    from gtpt_bench.models.blocks.pruning.selection.topk import Selected


class Fuse(BaseDropped):
    """Their mean, weighted by how many original tokens each stands for, with the mean of their embeddings.

    A fused token takes part in later cuts like any other; if it is dropped it fuses again. It has no place in the
    grid (index −1). A weighted sum, no product of matrices, so it counts no MACs.
    """

    kind: Literal["fused"] = "fused"
    spare: ClassVar[int] = 1
    counts_tokens: ClassVar[bool] = True

    def closed(self, before: ImageTokens, kept: ImageTokens, selected: Selected) -> ImageTokens:
        import torch

        assert before.size is not None
        assert kept.size is not None
        gone_BN = before.size.expand(before.x.shape[:2]).scatter(1, selected.rows, 0.0)
        total_B1 = gone_BN.sum(1, keepdim=True)
        share_BN1 = (gone_BN / total_B1)[..., None]
        fused = [(t * share_BN1.to(t.dtype)).sum(1, keepdim=True) for t in (before.x, before.position)]
        human = None if before.human is None else (before.human * share_BN1[..., 0]).sum(1, keepdim=True)
        return kept._replace(
            x=torch.cat((kept.x, fused[0]), dim=1),
            position=torch.cat((kept.position, fused[1]), dim=1),
            grid_index=torch.cat((kept.grid_index, kept.grid_index.new_full((len(kept.grid_index), 1), -1)), dim=1),
            size=torch.cat((kept.size, total_B1), dim=1),
            human=None if human is None or kept.human is None else torch.cat((kept.human, human), dim=1),
        )

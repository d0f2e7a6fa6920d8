"""Each dropped token merges with the kept token most like it (as in ToMe). Not of the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gtpt_bench.models.blocks.pruning.dropped.base import BaseDropped
from gtpt_bench.models.cost import Cost

if TYPE_CHECKING:
    from torch import Tensor

    from gtpt_bench.models.blocks.pruning.image_tokens import ImageTokens
    from gtpt_bench.models.blocks.pruning.selection.topk import Selected


class Merge(BaseDropped):
    """Means of features, weighted by how many original tokens each stands for; nearest by cosine similarity.

    The kept token keeps its place and its position embedding.
    """

    kind: Literal["merged"] = "merged"
    counts_tokens: ClassVar[bool] = True

    def closed(self, before: ImageTokens, kept: ImageTokens, selected: Selected) -> ImageTokens:
        assert before.size is not None
        assert kept.size is not None
        size_BN = before.size.expand(before.x.shape[:2])
        gone_BM = dropped_index(selected.rows, before.x.shape[1])
        gone_BMD = before.x.gather(1, gone_BM[..., None].expand(-1, -1, before.x.shape[-1]))
        gone_size_BM = size_BN.gather(1, gone_BM)
        likeness_BMK = _direction(gone_BMD) @ _direction(kept.x).transpose(1, 2)
        to_BM = likeness_BMK.argmax(-1)
        total_BK = kept.size.scatter_add(1, to_BM, gone_size_BM)
        summed = (kept.x * kept.size[..., None]).scatter_add(
            1, to_BM[..., None].expand_as(gone_BMD), gone_BMD * gone_size_BM[..., None]
        )
        return kept._replace(x=(summed / total_BK[..., None]).to(kept.x.dtype), size=total_BK)

    def cost(self, width: int, *, before: int, after: int) -> Cost:
        """Similarities of all dropped tokens with all kept ones: a product of two computed tensors."""
        return Cost(attention_macs=(before - after) * after * width)


def dropped_index(kept_BK: Tensor, num_tokens: int) -> Tensor:
    """Places `[B, num_tokens − K]`, ascending, of the tokens that are not kept."""
    import torch

    is_kept = torch.zeros(len(kept_BK), num_tokens, dtype=torch.int8, device=kept_BK.device).scatter_(1, kept_BK, 1)
    order: Tensor = is_kept.argsort(dim=1, stable=True)
    return order[:, : num_tokens - kept_BK.shape[1]]


def _direction(x: Tensor) -> Tensor:
    unit: Tensor = x / x.norm(dim=-1, keepdim=True).clamp(min=1e-6)
    return unit

"""What every fate of dropped tokens has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from gtpt_bench.frozen import Frozen
from gtpt_bench.models.cost import NOTHING, Cost

if TYPE_CHECKING:
    from gtpt_bench.models.blocks.pruning.image_tokens import ImageTokens
    from gtpt_bench.models.blocks.pruning.selection.topk import Selected


class BaseDropped(Frozen):
    """What becomes of image tokens that are not kept; the defaults are those of nothing at all."""

    spare: ClassVar[int] = 0
    """Kept slots that it needs for itself."""
    counts_tokens: ClassVar[bool] = False
    """Whether it must know how many original tokens each one stands for."""

    def closed(self, before: ImageTokens, kept: ImageTokens, selected: Selected) -> ImageTokens:
        """Kept tokens, completed; `selected` are their rows in `before`."""
        return kept

    def cost(self, width: int, *, before: int, after: int) -> Cost:
        """Of one image: from `before` image tokens to `after`."""
        return NOTHING

"""The paper's way: dropped tokens are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gtpt_bench.frozen import Frozen
from gtpt_bench.models.cost import NOTHING, Cost

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.image_tokens import ImageTokens
    from gtpt_bench.models.gtpt.pruning.selection.topk import Selected


class LeaveOut(Frozen):
    """Nothing is left of them."""

    kind: Literal["dropped"] = "dropped"
    spare: ClassVar[int] = 0
    counts_tokens: ClassVar[bool] = False
    """Whether it must know how many original tokens each one stands for."""

    def closed(self, before: ImageTokens, kept: ImageTokens, selected: Selected) -> ImageTokens:
        """Kept tokens, completed; `selected` are their places in `before`."""
        return kept

    def cost(self, width: int, *, before: int, after: int) -> Cost:
        """Of one image: from `before` image tokens to `after`."""
        return NOTHING

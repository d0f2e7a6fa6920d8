"""What every tokenizer has in common: a feature map, cut in patches, one image token each."""

from __future__ import annotations

from typing import ClassVar

from gtpt_bench.frozen import Frozen
from gtpt_bench.models.gtpt.tokenizer.patch_cost import PatchNorm


class BaseTokenizer(Frozen):
    """An image to a feature map. Beside these, a tokenizer has `channels`, `cost(image)` and `build()`."""

    stride: ClassVar[int] = 4
    """Pixels between the cells of the feature map."""
    deepest_stride: ClassVar[int] = 4
    """Pixels between the cells of the smallest map inside; image sizes are multiples of it."""
    patch_norm: ClassVar[PatchNorm] = "batch"
    """Norm of the feature map before it is cut in patches."""

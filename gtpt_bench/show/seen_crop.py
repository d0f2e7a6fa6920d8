"""One person's crop as pictures of kept tokens show it. Torch-free. H, W: crop; S token sets, N tokens, J keypoints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.data.images import Image
from gtpt_bench.show.drawing import Doubles


@dataclass(frozen=True, eq=False)
class SeenCrop:
    """Attributes:
    picture: the crop as the model saw it, `[H, W, 3]`.
    masks: whether each image token survives, `[S, N]`, in the order of the token sets of `TokenStages`.
    pose: predicted keypoints, crop pixels and confidence, `[J, 3]`.
    """

    picture: Image
    masks: NDArray[np.bool_]
    pose: Doubles

"""How far a median over rounds may be off; torch-free, since reports tell it too."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def median_error(values: Sequence[float]) -> float:
    """Standard error of the median, relative, from the median absolute deviation as if normal.

    1.2533 · 1.4826 · MAD / √n over the median; infinite for fewer than two values.
    """
    if len(values) < 2:
        return math.inf
    median = float(np.median(values))
    spread = float(np.median(np.abs(np.asarray(values) - median)))
    return 1.2533 * 1.4826 * spread / math.sqrt(len(values)) / median

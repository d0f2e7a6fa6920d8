"""How a network's raw output is to be read: what kind of it, and which rule finds the keypoint. Torch-free.

Every config has one of these as `reading`; evaluation/readers.py does the reading, training/peer_targets.py makes the
targets that go with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal


@dataclass(frozen=True)
class SimccReading:
    """Logits over the bins of each axis, `SimccLogits`; the likeliest bins are the keypoint."""

    split_ratio: int = 2
    """Bins per pixel."""

    def stated(self) -> dict[str, Any]:
        """As a protocol states it."""
        return {"output": "simcc", "bins_a_pixel": self.split_ratio, "keypoint": "likeliest bins"}


Peak = Literal["quarter", "dark", "integral"]
"""Rules that find a keypoint in a map; `HeatmapReading` says what each does."""
PEAK_WORDS: Mapping[Peak, str] = MappingProxyType(
    {
        "quarter": "highest cell, moved by a quarter",
        "dark": "parabola through the logarithm",
        "integral": "mean place under the sigmoid",
    }
)


@dataclass(frozen=True)
class HeatmapReading:
    """Maps `[B, J, h, w]`.

    Attributes:
        stride: pixels of the crop to a cell.
        peak: `quarter`: the highest cell, moved by a quarter towards its higher neighbour on each axis; `dark`: the
            peak of a parabola through the logarithm of the smoothed map (Zhang et al. 2020); `integral`: the mean place
            under the map's sigmoid, whose peak is the confidence.
        aligned: whether the middles of first and last cells lie on the first and last pixels (Huang et al. 2020).
    """

    stride: int = 4
    peak: Peak = "quarter"
    aligned: bool = False

    def stated(self) -> dict[str, Any]:
        """As a protocol states it."""
        return {
            "output": "heatmap",
            "pixels_a_cell": self.stride,
            "keypoint": PEAK_WORDS[self.peak],
            "ends_aligned": self.aligned,
        }


@dataclass(frozen=True)
class RegressionReading:
    """Coordinates as shares of the crop's width and height, `[B, J, 2 or more]`.

    Attributes:
        score_column: where a keypoint's confidence stands; None: there is none, all count alike.
    """

    score_column: int | None = None

    def stated(self) -> dict[str, Any]:
        """As a protocol states it."""
        confidence = "1" if self.score_column is None else "its score"
        return {"output": "regression", "keypoint": "coordinates", "confidence": confidence}


Reading = SimccReading | HeatmapReading | RegressionReading

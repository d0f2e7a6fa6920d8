"""Where the pixels of a crop lie in its frame and in the bins of its axes: the authors' way, and the unbiased one.

A crop's mirror image takes pixel x to W − 1 − x. In the authors' grid the frame's centre falls on W / 2 and bin n
stands for pixel n / r, at r bins a pixel: a mirrored crop lies one pixel beside the crop of the mirrored image, and
mirrored bins have to be shifted by r − 1 (quirk 10; Huang et al. 2020, "The Devil Is in the Details", calls it
biased). In the centred grid the frame's centre falls on the middle of the pixels, (W − 1) / 2, and the r bins of a
pixel lie around it: both come out even. Torch-free.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from gtpt_bench.models.sizes import Size

GridName = Literal["corner", "centred"]


class PixelGrid(NamedTuple):
    """A grid; `offset` is by how much of a pixel, and of a bin, everything is moved."""

    offset: float

    def middle(self, input_size: Size) -> tuple[float, float]:
        """Crop pixel x, y that the frame's centre falls on."""
        return input_size.width / 2 - self.offset, input_size.height / 2 - self.offset

    def bins(self, pixels: Any, split_ratio: float) -> Any:
        """Bins, in fractions, of crop pixels; numbers, arrays or tensors."""
        return (pixels + self.offset) * split_ratio - self.offset

    def pixels(self, bins: Any, split_ratio: float) -> Any:
        """Inverse of `bins`."""
        return (bins + self.offset) / split_ratio - self.offset

    def mirror_shift(self, split_ratio: float) -> int:
        """Bins by which reversed bins lie too high."""
        return round((split_ratio - 1) * (1 - 2 * self.offset))


GRIDS: Mapping[GridName, PixelGrid] = MappingProxyType({"corner": PixelGrid(0.0), "centred": PixelGrid(0.5)})

PAPER_GRID = GRIDS["corner"]

"""Reading a network's raw output, whatever its kind: undoing the mirror, averaging, finding keypoints and confidences.

All kinds come out alike: crop coordinates `[B, J, 2]` in pixels and confidences `[B, J]`.
Source: spec/training_and_evaluation.md §5, spec/baselines.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gtpt_bench.data.pixel_grid import PAPER_GRID, PixelGrid
from gtpt_bench.evaluation import decode
from gtpt_bench.evaluation.decode_heatmap import peaks, unmirrored_maps
from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.reading import HeatmapReading, Reading, RegressionReading, SimccReading
from gtpt_bench.models.sizes import Size


class Reader(ABC):
    """Of one network's outputs.

    Attributes:
        grid: where pixels of the crop lie.
        input_size: of the crop.
    """

    grid: PixelGrid
    input_size: Size

    @abstractmethod
    def unmirrored(self, output: Any, mirror: Sequence[int], *, shift: bool) -> Any:
        """Output for a mirrored crop as if it had not been mirrored.

        Args:
            mirror: of each keypoint, its counterpart.
            shift: whether what mirroring moves by a part of a cell is moved back, as far as the authors do.
        """

    @abstractmethod
    def averaged(self, first: Any, second: Any) -> Any:
        """Mean of two outputs."""

    @abstractmethod
    def decoded(self, output: Any) -> tuple[Tensor, Tensor]:
        """Crop coordinates `[B, J, 2]` and confidences `[B, J]`."""


@dataclass(frozen=True)
class SimccReader(Reader):
    """Of logits over bins."""

    reading: SimccReading
    input_size: Size
    grid: PixelGrid = PAPER_GRID

    def unmirrored(self, output: SimccLogits, mirror: Sequence[int], *, shift: bool) -> SimccLogits:
        shift_bins = self.grid.mirror_shift(self.reading.split_ratio) * shift
        return decode.unmirrored(output, mirror, shift_bins=shift_bins)

    def averaged(self, first: SimccLogits, second: SimccLogits) -> SimccLogits:
        return decode.averaged(first, second)

    def decoded(self, output: SimccLogits) -> tuple[Tensor, Tensor]:
        return decode.decoded(output, split_ratio=self.reading.split_ratio, grid=self.grid)


@dataclass(frozen=True)
class HeatmapReader(Reader):
    """Of maps."""

    reading: HeatmapReading
    input_size: Size
    grid: PixelGrid = PAPER_GRID

    def unmirrored(self, output: Tensor, mirror: Sequence[int], *, shift: bool) -> Tensor:
        cells = 0 if self.reading.aligned else -self.grid.mirror_shift(1 / self.reading.stride) * shift
        return unmirrored_maps(output, mirror, shift_cells=cells)

    def averaged(self, first: Tensor, second: Tensor) -> Tensor:
        return (first + second) / 2

    def decoded(self, output: Tensor) -> tuple[Tensor, Tensor]:
        cells, confidences = peaks(output, self.reading.peak)
        return cell_pixels(cells, self.reading, self.input_size, self.grid), confidences


def cell_pixels(cells_BJ2: Tensor, reading: HeatmapReading, input_size: Size, grid: PixelGrid) -> Tensor:
    """Crop pixels of cells, both x first and in fractions."""
    if not reading.aligned:
        pixels: Tensor = grid.pixels(cells_BJ2, 1 / reading.stride)
        return pixels
    return cells_BJ2 * _pixels_per_cell(reading, input_size).to(cells_BJ2)


def pixel_cells(pixels_BJ2: Tensor, reading: HeatmapReading, input_size: Size, grid: PixelGrid) -> Tensor:
    """Inverse of `cell_pixels`."""
    if not reading.aligned:
        cells: Tensor = grid.bins(pixels_BJ2, 1 / reading.stride)
        return cells
    return pixels_BJ2 / _pixels_per_cell(reading, input_size).to(pixels_BJ2)


def _pixels_per_cell(reading: HeatmapReading, input_size: Size) -> Tensor:
    """Where first and last cells lie on first and last pixels; x, y."""
    lengths = (input_size.width, input_size.height)
    return torch.tensor([(length - 1) / (length // reading.stride - 1) for length in lengths])


@dataclass(frozen=True)
class RegressionReader(Reader):
    """Of coordinates as shares of the crop."""

    reading: RegressionReading
    input_size: Size
    grid: PixelGrid = PAPER_GRID

    def unmirrored(self, output: Tensor, mirror: Sequence[int], *, shift: bool) -> Tensor:
        swapped = output[:, list(mirror)]
        last = (self.input_size.width - 1) / self.input_size.width if shift else 1.0
        return torch.cat((last - swapped[..., :1], swapped[..., 1:]), dim=-1)

    def averaged(self, first: Tensor, second: Tensor) -> Tensor:
        return (first + second) / 2

    def decoded(self, output: Tensor) -> tuple[Tensor, Tensor]:
        size = torch.tensor([self.input_size.width, self.input_size.height], device=output.device)
        points = output[..., :2].float() * size
        column = self.reading.score_column
        confidences = torch.ones_like(points[..., 0]) if column is None else output[..., column].float()
        return points, confidences


def reader_of(reading: Reading, input_size: Size, grid: PixelGrid = PAPER_GRID) -> Reader:
    """Who reads outputs of this kind."""
    if isinstance(reading, SimccReading):
        return SimccReader(reading, input_size, grid)
    if isinstance(reading, HeatmapReading):
        return HeatmapReader(reading, input_size, grid)
    return RegressionReader(reading, input_size, grid)

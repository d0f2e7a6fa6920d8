"""ViTPose: a plain vision transformer on patches of 16 pixels and two deconvolutions. Network: vitpose_net.py.

Xu, Zhang, Zhang and Tao 2022, "ViTPose: simple vision transformer baselines for human pose estimation",
arXiv 2204.12484. Source: spec/baselines.md §3.10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import model_validator

from gtpt_bench.data.pixel_grid import GridName
from gtpt_bench.models.peers.config import PeerConfig, Positive
from gtpt_bench.models.peers.division import check_division
from gtpt_bench.models.peers.input_size import check_input_size
from gtpt_bench.models.reading import HeatmapReading

if TYPE_CHECKING:
    from gtpt_bench.models.peers.vitpose_net import ViTPose


HUGE_WIDTH = 1280
"""That of ViTPose-H: 2.5 GB of weights, 3.7 GB with six experts."""


class PlainTransformer(PeerConfig):
    """Sizes that ViTPose and ViTPose+ have in common; the defaults are S."""

    stride: ClassVar[int] = 16

    width: Positive = 384
    """Channels of a token."""
    depth: Positive = 12
    """Layers."""
    heads: Positive = 12
    expansion: Positive = 4
    """Hidden width of the feed-forward nets over the token width."""
    head_filters: tuple[Positive, Positive] = (256, 256)
    """Channels of the two deconvolutions."""

    @property
    def reading(self) -> HeatmapReading:
        return HeatmapReading(peak="dark", aligned=True)

    @property
    def counted_only(self) -> bool:
        return self.width >= HUGE_WIDTH

    @property
    def authors_grid(self) -> GridName:
        """Theirs is unbiased (UDP), apart from a scale that is smaller by one pixel of the crop's width."""
        return "centred"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_division("width", self.width, self.heads, of="heads")
        check_input_size(self.input_size, self.stride)
        return self


class ViTPoseConfig(PlainTransformer):
    """One transformer, one head."""

    family: Literal["vitpose"] = "vitpose"

    def build(self) -> ViTPose:
        from gtpt_bench.models.peers.vitpose_net import ViTPose

        return ViTPose(self)


def vitpose_s() -> ViTPoseConfig:
    return ViTPoseConfig()

"""TransPose: a transformer encoder over all cells of a CNN's map, then heatmaps. Network: transpose_net.py.

Yang et al. 2021, "TransPose: keypoint localization via transformer". Source: spec/baselines.md §3.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from gtpt_bench.models.peers.config import PeerConfig
from gtpt_bench.models.peers.division import check_division
from gtpt_bench.models.peers.input_size import check_input_size
from gtpt_bench.models.peers.trunks import HRNetToStage3, ResNetToStage2, TransPoseTrunk
from gtpt_bench.models.reading import HeatmapReading
from gtpt_bench.models.sizes import Size

if TYPE_CHECKING:
    from gtpt_bench.models.peers.transpose_net import TransPoseH, TransPoseR


class TransPoseConfig(PeerConfig):
    """Each cell of the map is a token; there are no keypoint tokens."""

    family: Literal["transpose"] = "transpose"
    trunk: TransPoseTrunk = ResNetToStage2()
    """What makes the map; one at stride 8 is doubled after the encoder."""
    width: int = Field(256, ge=4, multiple_of=4)
    """Channels of a token (D)."""
    depth: int = Field(4, ge=1)
    """Layers."""
    heads: int = Field(8, ge=1)
    hidden: int = Field(1024, ge=1)
    """Width inside the feed-forward net."""
    dropout: float = Field(0.1, ge=0, lt=1)
    """In training, of attention and of what each half of a layer adds."""
    deconv_width: int = Field(256, ge=1)
    """Channels of the deconvolution that doubles a map at stride 8."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_input_size(self.input_size, self.trunk.deepest_stride)
        check_division("width", self.width, self.heads, of="heads")
        return self

    @property
    def reading(self) -> HeatmapReading:
        """Its authors evaluate with DARK's decoder, which the specification leaves open."""
        return HeatmapReading(peak="dark")

    @property
    def grid_size(self) -> Size:
        """Rows and columns of tokens."""
        return self.input_size.divided(Size(self.trunk.stride, self.trunk.stride))

    def build(self) -> TransPoseR | TransPoseH:
        from gtpt_bench.models.peers.transpose_net import TransPoseH, TransPoseR

        if isinstance(self.trunk, ResNetToStage2):
            return TransPoseR(self, self.trunk)
        return TransPoseH(self, self.trunk)


def transpose_r_a4() -> TransPoseConfig:
    return TransPoseConfig()


def transpose_h_s() -> TransPoseConfig:
    return TransPoseConfig(trunk=HRNetToStage3(width=32), width=64, heads=1, hidden=128)

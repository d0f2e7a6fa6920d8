"""SimpleBaseline: a ResNet and three deconvolutions. Network: simplebaseline_net.py.

Xiao, Wu and Wei 2018, "Simple baselines for human pose estimation and tracking". Source: spec/baselines.md §3.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, model_validator

from gtpt_bench.models.blocks.resnet_depths import ResNetDepth
from gtpt_bench.models.peers.config import PeerConfig
from gtpt_bench.models.peers.input_size import check_input_size
from gtpt_bench.models.sizes import Size

if TYPE_CHECKING:
    from gtpt_bench.models.peers.simplebaseline_net import MmposeSimpleBaseline, SimpleBaseline


class SimpleBaselineConfig(PeerConfig):
    """A ResNet to stride 32, deconvolutions back to stride 4."""

    family: Literal["simplebaseline"] = "simplebaseline"
    stride: ClassVar[int] = 32
    depth: ResNetDepth = 50
    """Layers of the ResNet."""
    width: int = Field(64, ge=1)
    """Middle channels of its first stage; less makes a network that was never published."""
    deconv_width: int = Field(256, ge=1)
    """Channels of each of the three deconvolutions."""
    key_names: Literal["authors", "mmpose"] = "authors"
    """Whose weight files load; mmpose puts `backbone.` and `head.` before the authors' names."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_input_size(self.input_size, self.stride)
        return self

    def build(self) -> SimpleBaseline | MmposeSimpleBaseline:
        from gtpt_bench.models.peers.simplebaseline_net import MmposeSimpleBaseline, SimpleBaseline

        return SimpleBaseline(self) if self.key_names == "authors" else MmposeSimpleBaseline(self)


def simplebaseline_res50() -> SimpleBaselineConfig:
    return SimpleBaselineConfig()


def simplebaseline_res101() -> SimpleBaselineConfig:
    return SimpleBaselineConfig(depth=101)


def simplebaseline_res152() -> SimpleBaselineConfig:
    return SimpleBaselineConfig(depth=152)


def simplebaseline_res50_wholebody() -> SimpleBaselineConfig:
    """As mmpose published it."""
    return SimpleBaselineConfig(keypoints="wholebody", input_size=Size(384, 288), key_names="mmpose")

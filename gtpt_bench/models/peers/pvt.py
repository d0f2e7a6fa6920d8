"""Pyramid vision transformers: four stages of attention over fewer and fewer tokens, then three deconvolutions.

PVT (Wang and others 2021, v1) and PVTv2 (2022), with SimpleBaseline's head as mmpose hosts them. Network: pvt_net.py.
Source: spec/baselines.md §3.11.
"""

from __future__ import annotations

from math import lcm
from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from gtpt_bench.models.peers.config import PeerConfig, Positive
from gtpt_bench.models.peers.division import check_division
from gtpt_bench.models.peers.input_size import check_input_size
from gtpt_bench.models.sizes import Size

if TYPE_CHECKING:
    from gtpt_bench.models.peers.pvt_net import Pvt

STRIDES = (4, 8, 16, 32)
"""At which each stage works."""

EachStage = tuple[Positive, Positive, Positive, Positive]


class PvtConfig(PeerConfig):
    """A pyramid; v1 and v2 differ in their embeddings, positions, feed-forward nets and norms, not in these sizes."""

    family: Literal["pvt"] = "pvt"
    version: Literal[1, 2] = 2
    widths: EachStage = (64, 128, 320, 512)
    """Channels of each stage."""
    depths: EachStage = (3, 4, 6, 3)
    """Layers of each stage."""
    heads: EachStage = (1, 2, 5, 8)
    reductions: EachStage = (8, 4, 2, 1)
    """Side of the window of tokens that becomes one key and value; 1 reduces nothing."""
    expansions: EachStage = (8, 8, 4, 4)
    """Hidden width of the feed-forward nets over that of the stage."""
    deconv_width: Positive = 256
    """Channels of each of the three deconvolutions."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for stage, (width, heads) in enumerate(zip(self.widths, self.heads, strict=True), start=1):
            check_division(f"widths: stage {stage} with width", width, heads, of="heads")
        windows = (stride * reduction for stride, reduction in zip(STRIDES, self.reductions, strict=True))
        check_input_size(self.input_size, lcm(*windows))
        return self

    def build(self) -> Pvt:
        from gtpt_bench.models.peers.pvt_net import Pvt

        return Pvt(self)


def pvt_s() -> PvtConfig:
    return PvtConfig(version=1)


def pvtv2_b2() -> PvtConfig:
    return PvtConfig()


def pvtv2_b2_wholebody() -> PvtConfig:
    """What the PVT row of the whole-body table is assumed to be."""
    return PvtConfig(keypoints="wholebody", input_size=Size(384, 288))

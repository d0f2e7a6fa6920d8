"""Network of ViTPose+. Config and presets: vitpose_plus.py.

B batch, T tokens, D width, E channels of an expert, M hidden channels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from gtpt_bench.models.blocks.deconv_head import DeconvHead
from gtpt_bench.models.blocks.linear import TokenLinear
from gtpt_bench.models.peers.vitpose_net import VisionTransformer
from gtpt_bench.models.peers.vitpose_plus import DATA_SETS, ViTPosePlusConfig


class ViTPosePlus(nn.Module):
    """`[B, 3, H, W]` to heatmaps `[B, J, H / 4, W / 4]` of one data set.

    Experts and heads of the other data sets reach no output, so they are frozen.
    """

    def __init__(self, config: ViTPosePlusConfig) -> None:
        super().__init__()
        self.config = config
        experts = {"all": AllExperts, "hard": ChosenExpert}[config.routing]
        self.backbone = VisionTransformer(
            config, lambda: experts(config.width, config.expansion, config.expert_width, chosen=config.expert)
        )
        first, *others = (DeconvHead(config.width, config.head_filters, count) for count in config.head_keypoints)
        self.keypoint_head = first
        self.associate_keypoint_heads = nn.ModuleList(others)
        for head in {first, *others} - {self.head}:
            head.requires_grad_(False)

    @property
    def head(self) -> nn.Module:
        """The one in use; the released names set the first apart."""
        expert = self.config.expert
        return self.keypoint_head if expert == 0 else self.associate_keypoint_heads[expert - 1]

    def forward(self, images_B3HW: Tensor) -> Tensor:
        maps: Tensor = self.head(self.backbone(images_B3HW))
        return maps


class ChosenExpert(nn.Module):
    """Feed-forward net whose last E channels one expert gives, `[B, T, D]` to the same; only that one is run."""

    def __init__(self, width: int, expansion: int, expert_width: int, *, chosen: int) -> None:
        super().__init__()
        hidden = expansion * width
        self.chosen = chosen
        self.fc1 = TokenLinear(width, hidden)
        self.fc2 = TokenLinear(hidden, width - expert_width)
        self.experts = nn.ModuleList(TokenLinear(hidden, expert_width) for _ in DATA_SETS)
        for number, expert in enumerate(self.experts):
            expert.requires_grad_(number == chosen)

    def forward(self, x_BTD: Tensor) -> Tensor:
        hidden_BTM = functional.gelu(self.fc1(x_BTD))
        return torch.cat((self.fc2(hidden_BTM), self.own_part(hidden_BTM)), dim=-1)

    def own_part(self, hidden_BTM: Tensor) -> Tensor:
        """What the data set has to itself: `[B, T, E]`."""
        part: Tensor = self.experts[self.chosen](hidden_BTM)
        return part


class AllExperts(ChosenExpert):
    """The same output, all experts being run and all but one multiplied by 0, as the released network does."""

    def own_part(self, hidden_BTM: Tensor) -> Tensor:
        first, *others = (expert(hidden_BTM) * (e == self.chosen) for e, expert in enumerate(self.experts))
        part: Tensor = sum(others, start=first)
        return part

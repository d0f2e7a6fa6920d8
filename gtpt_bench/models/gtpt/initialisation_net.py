"""The first values of a GTPT's weights, as its config says. Source: spec/gtpt.md §12, spec/ablations.md S1 and S9.

Convolutions are the tokenizer's, which starts them itself; layers that groups do not share start themselves too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from gtpt_bench.models.blocks.linear import TokenLinear
from gtpt_bench.models.gtpt.attention_net import Attention
from gtpt_bench.models.gtpt.fine_layers.weights_net import SharedLinear, start

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.model import GTPT


def initialise(model: GTPT) -> None:
    """Start from scratch; what the config does not speak of begins with the framework's default."""
    config = model.config.initialisation
    for name, parameter in model.tokens.named_parameters():
        if not name.endswith("scale"):
            nn.init.trunc_normal_(parameter, std=config.token_std)
    if config.linear == "trunc_normal":
        for module in model.modules():
            if type(module) in (nn.Linear, TokenLinear, SharedLinear):
                start(module)
    for module in model.modules():
        if isinstance(module, Attention):
            for projection in module.qkv.modules():
                if isinstance(projection, nn.Linear):
                    with torch.no_grad():
                        projection.weight[: 2 * model.config.width] *= config.query_key_gain
    if config.part_tokens == "joints":
        start_part_tokens(model)


@torch.no_grad()
def start_part_tokens(model: GTPT) -> None:
    """Each part token a copy of the body token that its part hangs on, where the config asks for it."""
    if model.config.initialisation.part_tokens != "joints":
        return
    keypoints = model.config.keypoint_set
    places = [keypoints.sparse.index(part.anchor) for part in keypoints.dense_parts]
    parts, body = model.tokens.part_tokens, model.tokens.body_tokens
    assert isinstance(parts, nn.Parameter)
    assert isinstance(body, nn.Parameter)
    parts.copy_(body[:, places])

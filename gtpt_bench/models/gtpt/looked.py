"""Where the keypoint tokens of a GTPT look, watched from outside: their logits on image tokens, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from gtpt_bench.errors import InputError
from gtpt_bench.models.blocks.pruning.kept import KeptTokens
from gtpt_bench.models.gtpt.attention_net import Attention
from gtpt_bench.models.gtpt.kept import watch_kept_tokens
from gtpt_bench.models.gtpt.model import GTPT
from gtpt_bench.models.gtpt.schedule import LayerTokens


@dataclass(frozen=True)
class Looked:
    """Logits of keypoint tokens on image tokens in one layer.

    Attributes:
        layer: encoder layer, counted over coarse and fine ones.
        group: index of the keypoint group; None in layers of plain attention.
        logits: scaled, before the softmax, `[B, H, Q, N]`: Q keypoint tokens, in fine layers sparse and dense ones of
            the group, on the N image tokens that take part in the attention.
        grid_index: places of those image tokens in the grid, `[B or 1, N]`; −1 for a fused token.
    """

    layer: int
    group: int | None
    logits: Tensor
    grid_index: Tensor


@contextmanager
def watch_attention(model: GTPT) -> Iterator[list[Looked]]:
    """While active, each forward pass in evaluation mode fills the list anew, in the order of layers and groups.

    The model computes as it always does; the logits are worked out beside it, from queries and keys.

    Raises:
        InputError: the model is deployed.
    """
    found: list[Looked] = []
    schedule, num_mhsa = model.schedule, model.config.num_mhsa_layers
    layers = [*model.coarse.layers, *getattr(model.fine, "layers", [])]
    attentions = [module.attention for module in layers if isinstance(module.attention, Attention)]
    if len(attentions) < len(layers):
        raise InputError("a deployed model does not show its attention; watch the model that it was made from")

    with watch_kept_tokens(model) as kept:

        def hook(layer: int, attention: Attention, step: LayerTokens) -> Any:
            def see(module: Any, args: Any, qkv: Tensor) -> None:
                q, k, _ = attention.heads_of(qkv)
                start = 0
                for place, group in enumerate(step.attention):
                    asking, end = group.keypoints + group.dense, start + group.queries
                    logits = (q[:, :, start : start + asking] * attention.scale) @ k[
                        :, :, end - group.image : end
                    ].transpose(-1, -2)
                    own = place if layer >= num_mhsa else None
                    found.append(Looked(layer, own, logits, _places(model, kept, own)))
                    start = end

            return see

        handles = [model.register_forward_pre_hook(lambda module, args: found.clear())]
        for layer, (attention, step) in enumerate(zip(attentions, schedule.layers, strict=True)):
            handles.append(attention.qkv.register_forward_hook(hook(layer, attention, step)))
        try:
            yield found
        finally:
            for handle in handles:
                handle.remove()


def _places(model: GTPT, kept: list[KeptTokens], group: int | None) -> Tensor:
    """Places in the grid of the image tokens that a group, or everybody, has now."""
    own = [event.grid_index for event in kept if event.group in (None, group)]
    return own[-1] if own else model.grid_index

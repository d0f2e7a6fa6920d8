"""Which image tokens of each crop survive, stage by stage, watched from outside. B crops, S token sets, N tokens."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from gtpt_bench.models.blocks.pruning.kept import KeptTokens
from gtpt_bench.models.gtpt.kept import watch_kept_tokens as watch_gtpt
from gtpt_bench.models.gtpt.model import GTPT
from gtpt_bench.models.peers.kept import watch_kept_tokens as watch_one_sequence
from gtpt_bench.models.token_stages import TokenStages


def watch_cuts_of(model: nn.Module) -> AbstractContextManager[list[KeptTokens]]:
    """While active, each forward pass of any network that prunes fills the list anew, in the order of cuts."""
    return watch_gtpt(model) if isinstance(model, GTPT) else watch_one_sequence(model)


def survivors(stages: TokenStages, cuts: Sequence[KeptTokens], batch: int) -> Tensor:
    """Whether each image token is still there, `[B, S, N]`, in the order of `stages.token_sets`.

    A token fused of several has no place of its own and survives nowhere; one that others merged into does.

    Args:
        cuts: of one forward pass of `batch` crops.
    """
    masks = []
    for stage, group in stages.token_sets:
        made = [cut for cut in cuts if cut.layer <= stages.ends[stage] and _is_of(cut, group)]
        masks.append(_mask(made[-1].grid_index, batch, stages.grid.area) if made else None)
    whole = torch.ones((batch, stages.grid.area), dtype=torch.bool)
    return torch.stack([whole if mask is None else mask.cpu() for mask in masks], dim=1)


def _is_of(cut: KeptTokens, group: int | None) -> bool:
    """Whether a cut took tokens from a group, or from the only set of tokens there is."""
    return None in (cut.group, group) or cut.group == group


def _mask(grid_index_BK: Tensor, batch: int, num_tokens: int) -> Tensor:
    places = grid_index_BK.expand(batch, -1)
    mask = torch.zeros((batch, num_tokens + 1), dtype=torch.bool, device=places.device)
    mask.scatter_(1, places.where(places >= 0, num_tokens), torch.ones_like(places, dtype=torch.bool))
    return mask[:, :num_tokens]

"""Which image tokens a TokenPose, PPT or DistilPose keeps, watched from outside."""

from __future__ import annotations

from contextlib import AbstractContextManager

from torch import nn

from gtpt_bench.models.blocks.pruning.kept import CutPlace, KeptTokens, watch_cuts
from gtpt_bench.models.blocks.token_encoder import TokenEncoder


def watch_kept_tokens(model: nn.Module) -> AbstractContextManager[list[KeptTokens]]:
    """While active, each forward pass in evaluation mode fills the list anew, in the order of cuts."""
    encoder = next(module for module in model.modules() if isinstance(module, TokenEncoder))
    return watch_cuts(model, [(cut, CutPlace(layer)) for layer, cut in enumerate(encoder.cuts)])

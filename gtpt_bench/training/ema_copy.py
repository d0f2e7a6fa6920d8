"""The moving average of a model's whole state, updated after every step. Momentum: ema.py."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


class EmaCopy:
    """A frozen copy of a model whose weights and BatchNorm statistics trail behind it.

    Attributes:
        model: the copy, always in evaluation mode.
    """

    def __init__(self, online: nn.Module) -> None:
        self.model = copy.deepcopy(online).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, online: nn.Module, momentum: float) -> None:
        """copy ← momentum · copy + (1 − momentum) · online; counters, which are integers, are taken over.

        Frozen parameters are constants and left alone: averaging them, as the authors do, only rounds them away.
        """
        averaged, current = self.model.state_dict(), online.state_dict()
        frozen = {name for name, parameter in online.named_parameters() if not parameter.requires_grad}
        floating = [name for name, value in averaged.items() if value.is_floating_point() and name not in frozen]
        copies: list[Tensor] = [averaged[name] for name in floating]
        torch._foreach_mul_(copies, momentum)
        torch._foreach_add_(copies, [current[name] for name in floating], alpha=1 - momentum)
        for name in averaged.keys() - frozen - set(floating):
            averaged[name].copy_(current[name])

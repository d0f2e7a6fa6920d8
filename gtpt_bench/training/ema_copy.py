"""The moving average of a model's whole state, updated after every step. Momentum: ema.py."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.model import PassOutput


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

    @torch.no_grad()
    def teach(self, images_B3HW: Tensor, *, batch_norm: Literal["train", "eval"]) -> PassOutput:
        """The copy's un-pruned pass, for the online model to learn from.

        With BatchNorm in training mode the batch's statistics are used, and the copy's own running ones take them in
        before the next update: the authors' way, which its evaluation then sees (spec/ablations.md §3.7).
        """
        switched = _batch_norm_in_training(self.model) if batch_norm == "train" else nullcontext()
        with switched:
            return cast("PassOutput", cast(Any, self.model).unpruned_pass(images_B3HW))


@contextmanager
def _batch_norm_in_training(model: nn.Module) -> Iterator[None]:
    """Only BatchNorm is switched: dropout and drop path stay off."""
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    for norm in norms:
        norm.train()
    try:
        yield
    finally:
        for norm in norms:
            norm.eval()

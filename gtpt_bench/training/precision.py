"""In which precision a training step computes. Weights, their averages and the optimiser's are float32 in each.

The forward passes run under autocast; the loss, its softmaxes and the scores that choose tokens are float32
(spec/gtpt.md §15.12: the authors' scores break in float16, ours have no constant that overflows).
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from gtpt_bench.training.config import Precision

DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class Arithmetic:
    """Forward, backward and update at a precision.

    float16 has a small range, so its loss is scaled up before the backward pass, by a factor that is halved when a
    gradient overflows. That step is then skipped: its batch is spent and the schedule goes on, but weights, optimiser
    and moving average stay as they are.
    """

    def __init__(self, precision: Precision, device: torch.device) -> None:
        self.device, self.dtype = device, DTYPES.get(precision)
        self.scaler = torch.amp.GradScaler(device.type, enabled=precision == "float16")

    def autocast(self) -> AbstractContextManager[Any]:
        """For forward passes."""
        return torch.autocast(self.device.type, dtype=self.dtype) if self.dtype else nullcontext()

    def backward(self, loss: Tensor) -> None:
        self.scaler.scale(loss).backward()

    def step(self, optimizer: torch.optim.Optimizer) -> bool:
        """Update the weights by their gradients, which are unscaled here; False where the step was skipped.

        Raises:
            FloatingPointError: the gradient is not finite, and no smaller factor would help.
        """
        before = self.scaler.get_scale()
        self.scaler.unscale_(optimizer)
        if not self.scaler.is_enabled() and not gradient_is_finite(optimizer):
            raise FloatingPointError("the gradient is not finite")
        self.scaler.step(optimizer)
        self.scaler.update()
        after = self.scaler.get_scale()
        if after < 1:
            raise FloatingPointError("the gradient overflows float16, however small")
        return after >= before

    def state(self) -> dict[str, Any]:
        """Of the factor; empty where there is none."""
        return self.scaler.state_dict()

    def restore(self, state: dict[str, Any]) -> None:
        if state:
            self.scaler.load_state_dict(state)


@torch.no_grad()
def still_biases(model: nn.Module) -> None:
    """Biases of convolutions right before a BatchNorm set to 0 for good.

    In training they change nothing, as BatchNorm takes them off again. But the convolutions start with weights near 0
    and such biases, so that in half precision nearly all of a feature's bits would go into its bias: of the first
    image tokens a bfloat16 model would see little but rounding.
    """
    for chain in model.modules():
        if isinstance(chain, nn.Sequential):
            for layer, following in pairwise(chain):
                if isinstance(layer, nn.Conv2d) and isinstance(following, nn.BatchNorm2d) and layer.bias is not None:
                    layer.bias.zero_()
                    layer.bias.requires_grad_(False)


def gradient_is_finite(optimizer: torch.optim.Optimizer) -> bool:
    """Whether no gradient holds an infinity or NaN."""
    gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
    return bool(torch.stack(torch._foreach_norm(gradients)).isfinite().all())

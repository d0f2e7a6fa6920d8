"""The network half of an introduction: learnable tokens that advance from phase to phase."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


class KeypointTokens(nn.Module, ABC):
    """Holds learnable tokens and makes each phase's keypoint tokens from those of the phase before."""

    @abstractmethod
    def start(self) -> Tensor:
        """Keypoint tokens of the first phase, `[1, K, D]`."""

    def advance(self, phase: int, tokens_BKD: Tensor) -> Tensor:
        """Keypoint tokens of a later phase, `[B, K', D]`, from those at the end of the one before."""
        raise IndexError(f"{type(self).__name__} has no phase {phase}")

    def dense(self, tokens_BKD: Tensor) -> Tensor | None:
        """Dense tokens that the split makes, in the order of dense parts, `[B, n, D]`; None if it makes none."""
        return None


def learned(num_tokens: int, width: int) -> nn.Parameter:
    """Tokens `[1, num_tokens, D]`; the model draws their values."""
    return nn.Parameter(torch.zeros(1, num_tokens, width))

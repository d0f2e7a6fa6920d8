"""The official peers' parity numbers: what they answer under weights that anybody can draw. See the parity README."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

PEERS = Path(__file__).resolve().parents[4] / "shared" / "parity" / "peers"

needs_parity = pytest.mark.skipif(not PEERS.is_dir(), reason="the parity numbers (../shared/parity/peers) are absent")


@dataclass(frozen=True)
class Official:
    """One official network."""

    name: str

    @property
    def about(self) -> dict[str, Any]:
        """Its entry in the manifest: input, params_m, macs_g, n_keys, rule."""
        entry: dict[str, Any] = json.loads((PEERS / "manifest.json").read_text())[self.name]
        return entry

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of its state dict, in order."""
        entries = json.loads((PEERS / f"{self.name}.json").read_text())
        return {name: tuple(shape) for name, shape, *_ in entries}

    @property
    def outputs(self) -> dict[str, Tensor]:
        """What it answers; empty where the outputs are held back."""
        path = PEERS / f"{self.name}.npz"
        return {name: torch.from_numpy(array) for name, array in np.load(path).items()} if path.exists() else {}

    def images(self) -> Tensor:
        """Its input, [1, 3, H, W]."""
        return torch.from_numpy(np.random.RandomState(0).standard_normal(self.about["input"]).astype(np.float32))


def same_names_and_shapes(model: nn.Module, official: Official) -> None:
    """Fail with the first differences, if any."""
    own = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    theirs = official.shapes
    counters = {name for name in {*own, *theirs} if name.endswith("num_batches_tracked")}
    missing = [name for name in theirs if name not in own and name not in counters]
    extra = [name for name in own if name not in theirs and name not in counters]
    other = [name for name in theirs if name in own and own[name] != theirs[name]]
    assert missing == []
    assert extra == []
    assert [(name, own[name], theirs[name]) for name in other] == []


def filled(model: nn.Module, rule: str) -> nn.Module:
    """The network in evaluation mode with the weights that its parity numbers were made with.

    Args:
        rule: `fanin` or `fanin_g2`.
    """
    gain = 2.0 if rule == "fanin_g2" else 1.0
    state = {name: _value(name, tensor, gain) for name, tensor in model.state_dict().items()}
    model.load_state_dict(state)
    return model.eval()


def _value(name: str, tensor: Tensor, gain: float) -> Tensor:
    if not tensor.is_floating_point():
        return tensor
    shape = tuple(tensor.shape)
    drawn = np.random.RandomState(zlib.crc32(name.encode())).standard_normal(shape)
    if name.endswith("running_var"):
        value = np.abs(drawn) * 0.02 + 1
    elif name.endswith("weight") and len(shape) == 1:
        value = 1 + 0.02 * drawn
    elif name.endswith("weight") and len(shape) > 1:
        value = gain * drawn / np.sqrt(np.prod(shape[1:]))
    else:
        value = 0.02 * drawn
    return torch.from_numpy(np.asarray(value, dtype=np.float32)).reshape(shape)


def relative_difference(ours: Tensor, theirs: Tensor) -> float:
    """Largest difference over the standard deviation of the official output."""
    return float((ours - theirs).abs().max() / theirs.std())

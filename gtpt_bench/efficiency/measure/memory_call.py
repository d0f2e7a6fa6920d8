"""The call whose memory a fresh process measures: a forward pass of a model made ready as its options say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from pydantic import TypeAdapter

from gtpt_bench.efficiency.options import InferenceOptions
from gtpt_bench.efficiency.prepare import prepared
from gtpt_bench.models import build_model
from gtpt_bench.models.catalogue import ModelConfig


def forward_pass(config: dict[str, Any], options: dict[str, Any], batch: int, device: str) -> Callable[[], object]:
    """To be named in a `CallMaker`; configs as JSON has them."""
    model = build_model(TypeAdapter(ModelConfig).validate_python(config))
    ready = prepared(model, InferenceOptions.model_validate(options), torch.device(device))
    inputs = ready.inputs(batch)

    def call() -> object:
        with ready.in_force():
            return ready(*inputs)

    return call

"""`measure`: cost and time of models given by their configs, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch

from gtpt_bench.efficiency.macs import measured_cost
from gtpt_bench.efficiency.settings import TimingSettings
from gtpt_bench.efficiency.timing import time_models
from gtpt_bench.efficiency.torch_device import torch_device, torch_device_name
from gtpt_bench.models import ModelConfig, build_model


def measured_models(
    configs: Mapping[str, ModelConfig], settings: TimingSettings, *, cost: bool, time: bool
) -> list[dict[str, Any]]:
    """One dictionary a model: params, MACs by convention, latency and throughput with their raw samples."""
    models = {name: build_model(config) for name, config in configs.items()}
    found: dict[str, dict[str, Any]] = {name: {"model": name} for name in models}
    if cost:
        for name, model in models.items():
            counted = measured_cost(model)
            found[name] |= {"params": counted.params, "macs": counted.macs()}
    if time:
        device = torch_device()
        for name, samples in zip(models, time_models([*models.values()], settings, device=device), strict=True):
            found[name] |= {
                "latency_ms": samples.latency_ms,
                "throughput_images_per_s": samples.throughput,
                "first_call_ms": samples.first_call_ms,
                "settings": settings.model_dump(mode="json") | {"threads": torch.get_num_threads()},
                "samples": asdict(samples),
            }
    return [values | {"device": torch_device_name()} for values in found.values()]

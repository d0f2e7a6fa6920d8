"""One session of measuring: what may be disturbed by other work comes first, counting last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from gtpt_bench.efficiency.counting.countable import countable_model
from gtpt_bench.efficiency.counting.self_test import self_test_once
from gtpt_bench.efficiency.cpu_settings import cpu_settings
from gtpt_bench.efficiency.measure.consumption import energies, peak_memories
from gtpt_bench.efficiency.measure.cost import cost_figures
from gtpt_bench.efficiency.measure.explaining import explained
from gtpt_bench.efficiency.measure.figures import Machine, Measured, ModelFigures
from gtpt_bench.efficiency.measure.from_end_to_end import end_to_end
from gtpt_bench.efficiency.measure.request import OF_COUNTING, MeasureRequest, Part
from gtpt_bench.efficiency.measure.running import Bench, Steps, bench, in_silence, kind_of
from gtpt_bench.efficiency.measure.speed import swept, timed
from gtpt_bench.efficiency.torch_device import torch_device, torch_device_name
from gtpt_bench.models import ModelConfig, build_model
from gtpt_bench.training.randomness import draws_from


def measured(configs: Mapping[str, ModelConfig], request: MeasureRequest, steps: Steps = in_silence) -> Measured:
    """All that is asked of the models.

    Args:
        configs: by the name that results have.
        steps: tells people what goes on; only between slices of time.

    Raises:
        InputError: something that this device or a model cannot do.
        CountingBroken: this installation counts known layers wrong.
        MeasurementRejected: a number cannot be trusted.
    """
    device = torch_device()
    request.check(kind_of(device))
    if request.parts & OF_COUNTING:
        self_test_once()
    models = {name: _made(config, request.parts) for name, config in configs.items()}
    with bench(request, device) as at:
        found = _of_running_models(configs, models, at, steps)
        card = None if request.parts <= OF_COUNTING else at.card
        conditions, facts = (at.watch.conditions, card.facts()) if card else (None, None)
    if request.parts & OF_COUNTING:
        found["cost"] = {name: cost_figures(model, checked="check" in request.parts) for name, model in models.items()}
    figures = [ModelFigures(name, **{part: values[name] for part, values in found.items()}) for name in configs]
    threads = torch.get_num_threads()
    machine = Machine(torch_device_name(), device.type, torch.__version__, threads, cpu_settings())
    return Measured(request, machine, tuple(figures), conditions, facts)


def _made(config: ModelConfig, parts: frozenset[Part]) -> Any:
    return countable_model(config, checked="check" in parts) if parts <= OF_COUNTING else built(config)


def built(config: ModelConfig) -> Any:
    """The same numbers each time, so that a model against itself differs in nothing."""
    with draws_from(0, device=torch.device("cpu")):
        return build_model(config)


def _of_running_models(
    configs: Mapping[str, ModelConfig], models: Mapping[str, nn.Module], at: Bench, steps: Steps
) -> dict[str, dict[str, Any]]:
    """By field of `ModelFigures` and model. Memory last: it takes processes of its own."""
    parts = at.request.parts
    found: dict[str, dict[str, Any]] = {}
    ready = {} if parts <= OF_COUNTING else {name: at.ready(model) for name, model in models.items()}
    if "time" in parts:
        found["time"] = timed(ready, at, steps)
    for model in ready.values():  # not before the clock has seen their first calls
        model.check(*model.inputs(1))
    if "explain" in parts:
        found["explained"] = explained(models, ready, at, steps)
    if "energy" in parts:
        found["energy"] = energies(ready, at, steps)
    if "end_to_end" in parts:
        found["end_to_end"] = end_to_end(configs, ready, at, steps)
    if "sweep" in parts:
        found["sweep"] = {name: swept(name, model, at, steps) for name, model in models.items()}
    if "memory" in parts:
        found["memory"] = peak_memories(configs, at, steps)
    return found

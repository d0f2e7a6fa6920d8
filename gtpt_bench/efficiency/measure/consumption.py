"""What a call takes of memory, and an image of energy; each measured while nothing else is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import torch

from gtpt_bench.efficiency.energy import Energy, measured_energy
from gtpt_bench.efficiency.gpu.card import Card
from gtpt_bench.efficiency.measure.running import Bench, Steps
from gtpt_bench.efficiency.memory import CallMaker, PeakMemory, empty_process_bytes, peak_of_fresh_process
from gtpt_bench.efficiency.prepare import Prepared
from gtpt_bench.models.catalogue import ModelConfig

MAKER = "gtpt_bench.efficiency.measure.memory_call:forward_pass"


def peak_memories(configs: Mapping[str, ModelConfig], at: Bench, steps: Steps) -> dict[str, dict[int, PeakMemory]]:
    """Of each model at one image and at the batch of throughput, a fresh process each.

    Raises:
        MeasurementRejected: a process ended without a figure.
    """
    batches = sorted({1, at.request.timing.throughput_batch})
    threads = at.options.threads or torch.get_num_threads()
    empty_bytes = empty_process_bytes(threads=threads) if at.kind == "cpu" else None
    found: dict[str, dict[int, PeakMemory]] = {name: {} for name in configs}
    with steps(f"memory of {', '.join(configs)}") as update:
        for name, config in configs.items():
            for batch in batches:
                arguments = {
                    "config": config.model_dump(mode="json"),
                    "options": at.options.model_dump(mode="json"),
                    "batch": batch,
                    "device": at.device.type,
                }
                maker = CallMaker(MAKER, arguments, device=at.device.type, threads=threads)
                found[name][batch] = peak_of_fresh_process(maker, empty_bytes=empty_bytes)
                update(sum(map(len, found.values())), len(configs) * len(batches), f"{name} at {batch}")
    return found


def energies(ready: Mapping[str, Prepared], at: Bench, steps: Steps) -> dict[str, Energy | None]:
    """Of each model in a stream of batches; None where the card has no counter."""
    batch = at.request.timing.throughput_batch
    found: dict[str, Energy | None] = {}
    with steps(f"energy of {', '.join(ready)}") as update:
        for name, model in ready.items():
            found[name] = at.watch.measured(partial(_energy, model, batch, at.card))
            update(len(found), len(ready), name)
    return found


def _energy(ready: Prepared, batch: int, card: Card | None) -> Energy | None:
    inputs = ready.inputs(batch)
    with ready.in_force():
        ready(*inputs)
        return measured_energy(lambda: ready(*inputs), images_per_call=batch, card=card, wait=ready.wait)

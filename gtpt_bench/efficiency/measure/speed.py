"""The clock: latency and throughput of all models in turn, and throughput of each by batch size."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import nn

from gtpt_bench.efficiency.measure.running import Bench, Steps, Update
from gtpt_bench.efficiency.prepare import Prepared
from gtpt_bench.efficiency.sweep import MemoryFence, Sweep, Throughput, sweep
from gtpt_bench.efficiency.timing import clock
from gtpt_bench.efficiency.timing.samples import TimingSamples
from gtpt_bench.efficiency.timing.session import time_prepared
from gtpt_bench.efficiency.timing.statistics import summary
from gtpt_bench.efficiency.timing.workload import Workload

SWEEP_ROUNDS = 5


def timed(ready: Mapping[str, Prepared], at: Bench, steps: Steps) -> dict[str, TimingSamples]:
    """All models in one interleaved session.

    Raises:
        InputError: the options ask for an attention kernel that a model never calls.
        MeasurementRejected: no slice of time could be trusted.
    """
    with steps(f"timing {', '.join(ready)}") as update:
        at.watch.begin()
        samples = time_prepared([*ready.values()], at.request.timing, on_round=update, guard=at.watch.refusal)
    return dict(zip(ready, samples, strict=True))


def swept(name: str, model: nn.Module, at: Bench, steps: Steps) -> Sweep:
    """Throughput at 1, 2, 4, … images a call, a model made ready anew for each."""
    on_gpu = at.kind == "cuda"
    fence = MemoryFence()
    total = math.floor(math.log2(at.request.max_batch)) + 1
    with steps(f"batch sizes of {name}") as update:
        return sweep(
            lambda batch: _throughput(model, batch, at, update, total),
            max_batch=at.request.max_batch,
            fits=(lambda batch: True) if on_gpu else fence.allows,
            release=torch.cuda.empty_cache if on_gpu else lambda: None,
        )


def _throughput(model: nn.Module, batch: int, at: Bench, update: Update, total: int) -> Throughput:
    timing = at.request.timing
    workload = Workload(at.ready(model), batch)
    workload.warm_up(timing.warmup_s / 2)
    with clock.no_garbage_collection():
        streams = [at.watch.measured(lambda: workload.stream(timing.round_s)) for _ in range(SWEEP_ROUNDS)]
    found = summary([batch / stream.ns * 1e9 for stream in streams])
    update(int(math.log2(batch)) + 1, total, f"{found.median:.4g} images/s at {batch}")
    return Throughput(found.median, found.relative_iqr)

"""The steps of a study that train nothing: cost, timing. Each ends in a record, written when it is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict

import torch
from torch import nn

from gtpt_bench.efficiency.counting.conventions import macs_by_convention
from gtpt_bench.efficiency.counting.cross_check import cross_check
from gtpt_bench.efficiency.counting.cross_check_json import check_as_json
from gtpt_bench.efficiency.counting.macs import counted
from gtpt_bench.efficiency.counting.params import count_params
from gtpt_bench.efficiency.explain.explanation import explain
from gtpt_bench.efficiency.measure.as_json import explanation_as_json, finite
from gtpt_bench.efficiency.measure.within import explaining_within
from gtpt_bench.efficiency.timing.session import OnRound, time_models
from gtpt_bench.efficiency.torch_device import torch_device
from gtpt_bench.errors import RunInterrupted
from gtpt_bench.files import write_json
from gtpt_bench.models import build_model, empty_model
from gtpt_bench.study.job import CostJob, TimingJob
from gtpt_bench.study.plan import PlannedTiming
from gtpt_bench.study.step_record import OnProgress, record
from gtpt_bench.study.store import Record
from gtpt_bench.study.timing_cells import measure_grid
from gtpt_bench.study.timing_spec import TimingGrid


def count_costs(job: CostJob, *, stop: Callable[[], bool], progress: OnProgress) -> None:
    """Parameters and MACs of each model from its operator trace, in every convention, a record each; where the plan
    says so, what other counters find is in it too.

    Raises:
        CountingBroken: this installation counts known layers wrong.
        RunInterrupted: `stop` answered True; records of the models counted so far are kept.
    """
    for place, cost in enumerate(job.costs):
        started = time.time()
        model = empty_model(cost.config) if cost.empty else build_model(cost.config)
        trace = counted(model).trace
        params = count_params(model, trace)
        metrics = {
            "params": params.deployed,
            "params_trainable": params.trainable,
            "params_thop": params.thop,
            "macs": macs_by_convention(trace),
        }
        content = {
            "study": job.study,
            "model": cost.model,
            "config": cost.config.model_dump(mode="json"),
            "metrics": metrics,
            "uncounted": trace.uncounted,
        }
        if cost.cross_checked:
            content["check"] = check_as_json(cross_check(model))
        write_json(job.folder / cost.file, record("cost", cost.signature, started, **content))
        progress("cost", place + 1, len(job.costs), cost.model)
        if stop() and place + 1 < len(job.costs):
            raise RunInterrupted(f"stopped after {place + 1} of {len(job.costs)} models; run again to continue")


def measure_time(job: TimingJob, *, stop: Callable[[], bool], progress: OnProgress) -> None:
    """Time of all variants in one interleaved session; raw samples are kept.

    Raises:
        RunInterrupted: `stop` answered True; a session is whole or not at all, so it starts again next time.
    """

    def on_progress(done: int, total: int, words: str) -> None:
        progress("timing", done, total, words)
        if stop() and done < total:
            raise RunInterrupted("stopped while time was measured; run again to measure")

    started, timing = time.time(), job.timing
    content = {
        "study": job.study,
        "model": timing.model,
        "variants": list(timing.variants),
        "settings": timing.settings.model_dump(mode="json"),
        "threads": torch.get_num_threads(),
        **(_time_of_cells(timing, timing.grid, on_progress) if timing.grid else _time_of_variants(timing, on_progress)),
    }
    write_json(job.folder / timing.file, record("timing", timing.signature, started, **content))


def _time_of_variants(timing: PlannedTiming, on_round: OnRound) -> Record:
    """Latency of one image and throughput at one batch size."""
    models = [build_model(config) for config in timing.configs]
    samples = time_models(models, timing.settings, device=torch_device(), on_round=on_round)
    return {
        "samples": {name: asdict(s) for name, s in zip(timing.variants, samples, strict=True)},
        **_explained(timing, models, on_round),
    }


def _explained(timing: PlannedTiming, models: Sequence[nn.Module], on_model: OnRound) -> Record:
    """Each variant stage by stage, if the study asks for it; after all times, since profiling changes the allocator."""
    if timing.explained_batch is None:
        return {}
    found = {}
    for place, (name, model) in enumerate(zip(timing.variants, models, strict=True)):
        on_model(place, len(models), f"{name} stage by stage")
        explanation = explain(
            model,
            batch=timing.explained_batch,
            device=torch_device(),
            settings=explaining_within(timing.settings.timeout_s),
        )
        found[name] = finite(explanation_as_json(explanation))
    return {"explained": found}


def _time_of_cells(timing: PlannedTiming, grid: TimingGrid, on_slice: OnRound) -> Record:
    """Each variant at each batch size in each way of running."""
    models = {name: build_model(config) for name, config in zip(timing.variants, timing.configs, strict=True)}
    return asdict(measure_grid(models, grid, timing.settings, device=torch_device(), on_slice=on_slice))

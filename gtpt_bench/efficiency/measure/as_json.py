"""A session's figures for programs: a dictionary a model, with raw samples."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from gtpt_bench.efficiency.counting.cross_check_json import check_as_json
from gtpt_bench.efficiency.end_to_end.spans import EndToEnd
from gtpt_bench.efficiency.energy import Energy
from gtpt_bench.efficiency.explain.explanation import Explanation
from gtpt_bench.efficiency.measure.figures import CostFigures, Explained, Measured, ModelFigures
from gtpt_bench.efficiency.sweep import Sweep
from gtpt_bench.efficiency.timing.interleaved import Interleaved
from gtpt_bench.efficiency.timing.samples import TimingSamples
from gtpt_bench.efficiency.timing.statistics import summary
from gtpt_bench.models.sources import source_of


def as_json(measured: Measured) -> list[dict[str, Any]]:
    return [finite(dict(_model(measured, model))) for model in measured.models]


def _model(measured: Measured, model: ModelFigures) -> Iterator[tuple[str, Any]]:
    parts = measured.request.parts
    yield "model", model.name
    if note := source_of(model.name).note:
        yield "note", note
    if model.cost is not None:
        if "cost" in parts:
            yield from _cost(model.cost).items()
        if "stages" in parts:
            yield "stages", [asdict(part) for part in model.cost.breakdown.stages]
        if "modules" in parts:
            yield "modules", [asdict(part) for part in model.cost.breakdown.modules]
        if model.cost.check is not None:
            yield "check", check_as_json(model.cost.check)
    if model.time is not None:
        yield from time_as_json(model.time).items()
        settings = measured.request.timing.model_dump(mode="json")
        yield "settings", settings | {"threads": model.time.threads}
    if model.explained:
        yield "explained", [_explained(found) for found in model.explained]
    if model.sweep is not None:
        yield "sweep", _sweep(model.sweep)
    if model.end_to_end is not None:
        yield "end_to_end", _end_to_end(model.end_to_end)
    if model.memory:
        yield "memory", [{"batch": batch, **asdict(peak)} for batch, peak in model.memory.items()]
    if "energy" in parts:
        yield "energy", _energy(model.energy)
    yield "options", measured.request.options.model_dump(mode="json")
    yield "device", measured.machine.name
    yield "torch", measured.machine.torch
    yield "cpu_settings", dict(measured.machine.cpu_settings)
    if measured.gpu is not None:
        yield "gpu", asdict(measured.gpu)
    if measured.card is not None:
        yield "card", asdict(measured.card)


def _cost(cost: CostFigures) -> dict[str, Any]:
    return {
        "params": cost.params.deployed,
        "params_trainable": cost.params.trainable,
        "params_thop": cost.params.thop,
        "macs": dict(cost.macs),
        "uncounted_calls": dict(cost.uncounted),
    }


def time_as_json(samples: TimingSamples) -> dict[str, Any]:
    """Medians, what else the samples allow to say, and the samples."""
    latency = summary([ns / 1e6 for ns in samples.calls_ns])
    return {
        "latency_ms": samples.latency_ms,
        "throughput_images_per_s": samples.throughput,
        "first_call_ms": samples.first_call_ms,
        "first_batch_call_ms": samples.first_batch_call_ms,
        "compile_ms": samples.compile_ms,
        "latency_summary_ms": asdict(latency),
        "throughput_summary_images_per_s": asdict(summary(samples.throughput_images_per_s)),
        "problems": samples.problems,
        "samples": asdict(samples),
    }


def _explained(found: Explained) -> dict[str, Any]:
    content = explanation_as_json(found.explanation)
    if found.first is not None:
        beside = {"model": found.first.name, "sentence": found.sentence_beside_first}
        content["beside_first"] = beside | interleaved_as_json(found.first.times)
    return content


def explanation_as_json(explanation: Explanation) -> dict[str, Any]:
    """One model at one batch: a row a stage, the machine's rates, what is said of them, and the samples."""
    findings = explanation.findings
    return {
        "batch": explanation.batch,
        "sentence": explanation.sentence,
        "rate_share": findings.rate_share,
        "stages": [asdict(row) for row in explanation.rows],
        "launch_bound": explanation.launch.bound,
        "busy_share": explanation.launch.busy_share,
        "waiting_share": explanation.launch.waiting_share,
        "operator_shares": explanation.launch.group_shares,
        "profiler_overhead": explanation.launch.overhead,
        "marks_overhead": explanation.times.overhead,
        "disturbed": explanation.disturbed,
        "machine": {
            "flops_per_s": explanation.rates.flops_per_s,
            "bandwidth_bytes_per_s": explanation.rates.bandwidth_bytes_per_s,
            "cached_bytes_per_s": explanation.rates.cached_bytes_per_s,
            **asdict(explanation.rates),
        },
        "samples": [asdict(one) for one in explanation.times.rounds],
    }


def interleaved_as_json(found: Interleaved) -> dict[str, Any]:
    """The second model beside the first; `rounds_ns` has nanoseconds a call of both, a pair a round."""
    comparison = found.comparison
    return {
        "verdict": comparison.verdict,
        "time_ratio": comparison.ratio,
        "low": comparison.low,
        "high": comparison.high,
        "confidence": comparison.confidence,
        "margin": comparison.margin,
        "num_rounds": comparison.num_rounds,
        "num_disturbed": found.num_disturbed,
        "call_ms": list(found.call_ms),
        "first_call_ms": list(found.first_call_ms),
        "num_recompiled": list(found.num_recompiled),
        "seconds": found.seconds,
        "load_average": found.load_average,
        "rounds_ns": [[one.call_ns(0), one.call_ns(1)] for one in found.rounds],
        "disturbed_rounds": [one.disturbed for one in found.rounds],
    }


def _sweep(found: Sweep) -> dict[str, Any]:
    return {
        "points": [asdict(point) for point in found.points],
        "knee": found.knee.batch if found.knee else None,
        "best": found.best.batch if found.best else None,
        "ended_by": found.ended_by,
        "next_batch": found.next_batch,
    }


def _end_to_end(found: EndToEnd) -> dict[str, Any]:
    return {
        "span_ms": dict(found.span_ms),
        "whole_ms": found.whole_ms,
        "whole_ms_per_person": found.whole_ms_per_person,
        "model_ms": found.model_ms,
        "model_share": found.model_share,
        "samples": [[asdict(sample) for sample in one_round] for one_round in found.rounds],
    }


def _energy(found: Energy | None) -> dict[str, float] | None:
    if found is None:
        return None
    return asdict(found) | {"joules_per_image": found.joules_per_image, "mean_power_w": found.mean_power_w}


def finite(content: dict[str, Any]) -> dict[str, Any]:
    """The same with null in place of infinities, which JSON does not have."""
    return {key: _finite(value) for key, value in content.items()}


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return finite(value)
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

"""A comparison for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from gtpt_bench.compare.accuracy import AccuracyCompared
from gtpt_bench.compare.cost import CostCompared
from gtpt_bench.compare.entry import Entry
from gtpt_bench.compare.run import Compared, PairCompared
from gtpt_bench.compare.time import TimeCompared
from gtpt_bench.compare.two_sessions import Apart
from gtpt_bench.efficiency.measure.as_json import finite, interleaved_as_json
from gtpt_bench.models.sources import source_of


def as_json(compared: Compared) -> dict[str, Any]:
    """`pairs` by variant for studies; models and runs have what a pair has at the top."""
    sides: dict[str, Any] = {"kind": compared.first.kind, "a": compared.first.name, "b": compared.second.name}
    sides["origins"] = {what: list(pair) for what, pair in compared.origins.items()}
    pairs = {name: _pair(pair, compared) for name, pair in compared.pairs.items()}
    if compared.first.kind != "study":
        (pair,) = pairs.values()
        return finite(sides | pair)
    only_a, only_b = compared.alone
    return finite(sides | {"pairs": pairs, "only_in_a": list(only_a), "only_in_b": list(only_b)})


def _pair(pair: PairCompared, compared: Compared) -> dict[str, Any]:
    parts = compared.how.parts
    content: dict[str, Any] = {
        "models": [_model(entry) for entry in (pair.first, pair.second)],
        "differences": {key: list(values) for key, values in pair.differing.items()},
    }
    if pair.cost is not None:
        content["cost"] = _cost(pair.cost)
    if "time" in parts:
        content["time"] = {found.quantity: _time(found) for found in pair.time} or None
        content["no_time"] = pair.no_time
    if "accuracy" in parts:
        content["accuracy"] = _accuracy(pair.accuracy) if pair.accuracy else None
        content["no_accuracy"] = pair.no_accuracy
    return content


def _model(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "model": entry.model,
        "note": source_of(entry.model).note,
        "trained": entry.trained or entry.model,
        "options": entry.options.model_dump(mode="json"),
    }


def _cost(cost: CostCompared) -> dict[str, Any]:
    a, b = cost.first, cost.second
    macs = {
        name: {"a": count, "b": b.macs[name], "ratio": _ratio(count, b.macs[name])}
        for name, count in a.macs.items()
        if name in b.macs
    }
    counts = {"params": {"a": a.params, "b": b.params, "ratio": _ratio(a.params, b.params)}, "macs": macs}
    return counts | {"verdict": cost.verdict, "recorded": [a.recorded or None, b.recorded or None]}


def _ratio(a: int, b: int) -> float | None:
    return b / a if a else None


def _time(found: TimeCompared) -> dict[str, Any]:
    comparison = found.comparison
    content = {
        "batch": found.batch,
        "a_call_ms": found.call_ms[0],
        "b_call_ms": found.call_ms[1],
        "a_images_per_s": found.images_per_s[0],
        "b_images_per_s": found.images_per_s[1],
        "verdict": comparison.verdict,
        "one_session": not isinstance(comparison, Apart),
        **asdict(comparison),
        "confidence": found.confidence,
        "device": found.device,
        "threads": list(found.threads) if found.threads else None,
        "source": found.source or None,
        "gpu": asdict(found.gpu) if found.gpu else None,
    }
    return content | ({"measured": interleaved_as_json(found.measured)} if found.measured else {})


def _accuracy(found: AccuracyCompared) -> dict[str, Any]:
    content = asdict(found)
    return {"a": content.pop("first"), "b": content.pop("second"), **content, "verdict": found.verdict}

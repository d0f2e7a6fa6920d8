"""Studies with something to draw: times that differ, histories of trainings, stages that were looked into."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from gtpt_bench.evaluation.coco import Matches
from gtpt_bench.files import write_json
from gtpt_bench.report.accuracy import study_accuracy
from gtpt_bench.report.plots.material import Material
from gtpt_bench.report.table import study_table
from tests.report.made import Made, found, make_study, record

STAGES = ("tokenizer", "stage 1", "stage 2", "split", "stage 3", "stage 4", "head", "between stages")
SHARES = (0.46, 0.12, 0.09, 0.03, 0.1, 0.07, 0.1, 0.03)


def make_plotted(
    root: Path,
    aps: Mapping[str, Sequence[int]],
    *,
    epochs: int = 4,
    ms: Mapping[str, float] | None = None,
    explained: bool = False,
    num_images: int = 100,
    **keys: Any,
) -> Made:
    """A study with everything that plots show.

    Args:
        aps: by variant, persons found of each hundred, one figure a seed.
        ms: latency of one image; 10 ms less one a variant by default.
        explained: whether the session looked into stages.
        keys: of the study file; by default each variant keeps fewer tokens than the one before.
    """
    rates = {name: {"pruning.keep_rates": [1, 1, 1, 1 - place / 50]} for place, name in enumerate(aps)}
    keys = {"vary": {"variants": rates}} | keys
    made = make_study(root, {name: _matches(own, num_images) for name, own in aps.items()}, **keys)
    latency = ms or {name: max(1.0, 10.0 - place) for place, name in enumerate(aps)}
    write_times(made, latency, explained=explained)
    for place, (name, own) in enumerate(aps.items()):
        for seed in range(len(own)):
            write_history(made, name, seed, [1.0 / (1 + epoch) + 0.02 * place + 0.01 * seed for epoch in range(epochs)])
    return made


def _matches(aps: Sequence[int], num_images: int) -> list[Matches]:
    return [found(range(ap * num_images // 100), num_images) for ap in aps]


def write_times(made: Made, ms: Mapping[str, float], *, explained: bool = False) -> None:
    """A session of six rounds in which latency moves by two per cent."""
    timing = made.plan.timing
    assert timing is not None
    samples = {
        name: {
            "latency_ns": [[int(1e6 * ms[name] * (1 + 0.01 * (place - 2)))] for place in range(6)],
            "throughput_images_per_s": [4000 / ms[name]] * 6,
        }
        for name in timing.variants
    }
    content = {"settings": timing.settings.model_dump(mode="json"), "threads": 2, "samples": samples}
    if explained:
        content["explained"] = {name: explained_stages(ms[name]) for name in timing.variants}
    write_json(made.folder.timing(timing), record("timing", timing.signature, "a host", **content))


def explained_stages(ms: float, stages: Sequence[str] = STAGES) -> dict[str, Any]:
    """As `explanation_as_json` has it, of stages whose shares of time are known."""
    bounds = ("compute", "bandwidth", "neither")
    shares = np.resize(SHARES, len(stages)) / np.resize(SHARES, len(stages)).sum()
    rows = [
        {
            "stage": name,
            "seconds": ms / 1000 * share,
            "macs": int(4e8 * share) if name != "between stages" else 0,
            "moved_bytes": int(2e6 + 3e7 * share / (1 + place)),
            "flops_per_s": 8e8 / ms * 1000 if name != "between stages" else 0.0,
            "bound": bounds[place % 3],
        }
        for place, (name, share) in enumerate(zip(stages, shares, strict=True))
    ]
    machine = {
        "rated": {"dtype": "float32", "cache_bytes": 32 * 2**20},
        "flops_per_s": 3e11,
        "bandwidth_bytes_per_s": 2e10,
        "cached_bytes_per_s": 6e10,
    }
    return {"batch": 1, "stages": rows, "machine": machine, "disturbed": False}


def write_history(made: Made, variant: str, seed: int, losses: Sequence[float]) -> None:
    lines = [{"epoch": epoch, "loss": loss, "learning_rate": 1e-3} for epoch, loss in enumerate(losses, start=1)]
    file = made.folder.run(made.run(variant, seed)).history
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def material(made: Made) -> Material:
    records = made.records
    accuracy = study_accuracy({name: own.evaluations for name, own in records.items()}, made.plan.reference)
    return Material(made.plan, study_table(made.plan, records, accuracy), accuracy, records, made.folder)


def drawn_texts(figure: Figure) -> list[Text]:
    """All texts that are drawn: of the ticks that an axis keeps, only those in sight are."""
    drawn: list[Text] = []
    draw = Text.draw

    def watched(text: Text, renderer: RendererBase) -> None:
        if text.get_visible() and text.get_text().strip():
            drawn.append(text)
        draw(text, renderer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", watched)
        FigureCanvasAgg(figure).draw()
    return list({id(text): text for text in drawn}.values())


def overlapping(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of texts of which one is written over the other, by more than a pixel."""
    boxes = [(text.get_text(), Text.get_window_extent(text).padded(-0.5)) for text in drawn_texts(figure)]
    return [
        (one, other)
        for place, (one, box) in enumerate(boxes)
        for other, second in boxes[place + 1 :]
        if box.overlaps(second)
    ]

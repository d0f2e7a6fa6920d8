"""Studies of any number of runs with results that nobody trained: the files of one real run, with other figures."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from gtpt_bench.evaluation.resampled import ResampledAp, resampled_to_json
from gtpt_bench.study.plan import Plan, PlannedRun
from gtpt_bench.study.session import Session, open_session
from gtpt_bench.study.store import JobFolder, StudyFolder
from tests.study.small_study import Workplace

NUM_IMAGES, NUM_PEOPLE = 250, 655
"""Of the quick profile's evaluation."""


@dataclass(frozen=True)
class Template:
    """A real run's records and history, and what lies beside its evaluation, packed.

    Attributes:
        errors: as if of NUM_IMAGES images.
        tokens: of a run that prunes, without pictures, which other data have not.
    """

    train: dict[str, Any]
    evaluation: dict[str, Any]
    history: str
    errors: bytes
    tokens: bytes

    @classmethod
    def of(cls, finished: Workplace) -> Template:
        run = finished.open().plan.runs[0]
        folder = finished.open().folder.run(run)
        evaluation = folder.evaluation(run.evaluate_signature)
        records = [json.loads(path.read_text(encoding="utf-8")) for path in (folder.train_record, evaluation)]
        errors = _unpacked(folder.errors(run.evaluate_signature))
        for of_images in ("lost", "num_labelled"):
            rows = errors[of_images]
            errors[of_images] = [rows[place % len(rows)] for place in range(NUM_IMAGES)]
        pruned = next(run for run in finished.open().plan.runs if run.variant == "pruned")
        tokens = _unpacked(finished.open().folder.run(pruned).tokens(pruned.evaluate_signature)) | {"persons": []}
        return cls(*records, folder.history.read_text(encoding="utf-8"), _packed(errors), _packed(tokens))


def write_study(folder: Path, *, num_variants: int, num_seeds: int) -> Path:
    """A study file of the quick profile, all of whose models differ."""
    rates = [
        [1, (100 - 3 * a) / 100, (65 - 2 * b) / 100, (45 - 2 * c) / 100]
        for a in range(10)
        for b in range(10)
        for c in range(20)
    ]
    content = {
        "study": "many",
        "model": "gtpt_s_coco",
        "accuracy": {"model": "gtpt_tiny_coco", "data": "drawn", "training": "quick"},
        "vary": {"axes": {"pruning.keep_rates": {f"r{n:04}": rates[n] for n in range(num_variants)}}},
        "seeds": list(range(num_seeds)),
    }
    file = folder / "many.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return file


def opened(file: Path) -> Session:
    return open_session(file, "quick", None, file.parent / "results")


def fabricate(plan: Plan, folder: StudyFolder, template: Template) -> None:
    """Results of all runs, as training and evaluation leave them, but for what no report reads."""
    folder.path.mkdir(parents=True, exist_ok=True)
    folder.plan(plan.label).write_text(plan.model_dump_json(), encoding="utf-8")
    rng = np.random.default_rng(0)
    resamples = 0.012 * rng.normal(size=1000)
    for run in plan.runs:
        place = folder.run(run)
        place.path.mkdir()
        write_trained(run, place, template)
        write_evaluated(run, place, template, 0.4 + 0.01 * rng.normal(), resamples + 0.004 * rng.normal(size=1000))


def write_trained(run: PlannedRun, place: JobFolder, template: Template) -> None:
    _write(place.train_record, template.train | _of(run) | {"signature": run.train_signature})
    place.history.write_text(template.history, encoding="utf-8")


def write_evaluated(run: PlannedRun, place: JobFolder, template: Template, ap: float, resamples: Any) -> None:
    metrics = template.evaluation["metrics"] | {"AP": ap, "AR": ap + 0.05}
    own = {"signature": run.evaluate_signature, "metrics": metrics, "train_signature": run.train_signature}
    _write(place.evaluation(run.evaluate_signature), template.evaluation | _of(run) | own)
    kept = resampled_to_json(ResampledAp(ap, ap + resamples, NUM_IMAGES, NUM_PEOPLE))
    place.resampled(run.evaluate_signature).write_bytes(_packed(kept))
    place.errors(run.evaluate_signature).write_bytes(template.errors)
    place.tokens(run.evaluate_signature).write_bytes(template.tokens)


def _of(run: PlannedRun) -> dict[str, Any]:
    return {"variant": run.variant, "seed": run.seed, "config": run.config.model_dump(mode="json")}


def _packed(content: Any) -> bytes:
    return gzip.compress(json.dumps(content).encode(), 1)


def _unpacked(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return content


def _write(path: Path, content: Any) -> None:
    """As gtpt_bench.files does, without waiting for the disk each time."""
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")

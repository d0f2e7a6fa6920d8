"""Finished runs of a made study, with the records that real ones leave; figures are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gtpt_bench.evaluation.coco import Matches
from gtpt_bench.files import write_json
from gtpt_bench.study.store import JobFolder
from tests.report.made import Made, make_study, read

NO_CHANGE: Mapping[str, Any] = {}


def made(root: Path, matches: Mapping[str, Sequence[Matches]], **keys: Any) -> Made:
    """A study whose evaluations know their config, as those of real runs do, and whose plan lies beside them."""
    study = make_study(root, matches, **keys)
    study.folder.path.mkdir(parents=True, exist_ok=True)
    study.folder.plan(study.plan.label).write_text(study.plan.model_dump_json(), encoding="utf-8")
    for run in study.plan.distinct_runs:
        path = study.folder.run(run).evaluation(run.evaluate_signature)
        if path.exists():
            content = {
                "study": "made",
                "variant": run.variant,
                "config": run.config.model_dump(mode="json"),
                "train_signature": run.train_signature,
                "started_at": "2026-01-01T00:00:00+00:00",
            }
            write_json(path, read(path) | content)
    return study


def folder(study: Made, variant: str, seed: int = 0) -> JobFolder:
    return study.folder.run(study.run(variant, seed))


def write_times(
    study: Made,
    latency_ms: Mapping[str, Sequence[float]],
    *,
    waited_share: Mapping[str, Sequence[float]] = MappingProxyType({}),
) -> None:
    """The session's record, with a call a round of each variant, and batches of 8 in eight times that.

    Args:
        waited_share: of variants that other processes disturbed; records of the others do not tell.
    """
    timing = study.plan.timing
    assert timing is not None
    path = study.folder.timing(timing)
    samples = {
        variant: {
            "latency_ns": [[round(ms * 1e6)] for ms in rounds],
            "throughput_images_per_s": [1000 / ms for ms in rounds],
            **({"waited_share": [*waited_share[variant]]} if variant in waited_share else {}),
        }
        for variant, rounds in latency_ms.items()
    }
    write_json(path, read(path) | {"samples": samples})

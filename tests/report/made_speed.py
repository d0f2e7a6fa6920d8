"""A study of batches and ways whose samples are written by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from gtpt_bench.efficiency.options import InferenceOptions
from gtpt_bench.files import write_json
from gtpt_bench.report.cells import StudyTable
from gtpt_bench.report.contents import contents
from gtpt_bench.report.records import gather
from gtpt_bench.report.speed import StudySpeed, study_speed
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.session import open_session
from gtpt_bench.study.store import StudyFolder
from tests.report.made import DENSE, PRUNED, record, write_measurements

WAYS: dict[str, dict[str, Any]] = {"trained": {}, "deployed half": {"form": "deployed", "dtype": "bfloat16"}}
MS = 1_000_000


@dataclass(frozen=True)
class Made:
    plan: Plan
    folder: StudyFolder

    @property
    def speed(self) -> StudySpeed:
        found = study_speed(self.plan, gather(self.plan, self.folder))
        assert found is not None
        return found

    @property
    def table(self) -> StudyTable:
        return contents(self.plan, self.folder).table

    @property
    def caption(self) -> str:
        return " ".join(contents(self.plan, self.folder).caption)

    def report(self, name: str) -> Path:
        return self.folder.report(self.plan.label) / name


@dataclass
class RawCell:
    """Samples of a cell; by default one call a round that nobody disturbed, on a device without streams.

    Attributes:
        round_ms: of a call in each round.
        waited_share: of each round's call.
        stream_ms: of a call of each round's stream, if there are streams.
    """

    round_ms: list[float]
    waited_share: Mapping[int, float] = field(default_factory=dict)
    stream_ms: list[float] = field(default_factory=list)
    num_recompiled: int = 0

    def as_json(self, variant: str, way: str, batch: int) -> dict[str, Any]:
        return {
            "variant": variant,
            "way": way,
            "batch": batch,
            "first_call_ms": 99.0,
            "num_compiled": 0,
            "num_recompiled": self.num_recompiled,
            "call_ns": [[int(ms * MS)] for ms in self.round_ms],
            "call_waited_ns": [
                [int(self.waited_share.get(place, 0) * ms * MS)] for place, ms in enumerate(self.round_ms)
            ],
            "stream_ns": [ms * MS for ms in self.stream_ms],
            "stream_calls": [3 for _ in self.stream_ms],
            "stream_waited_ns": [0 for _ in self.stream_ms],
        }


def plan_speed(root: Path, *, batches: tuple[int, ...] = (1, 8), **keys: Any) -> Made:
    """A study under `root` of a dense and a pruned model that has not run yet."""
    content = {
        "study": "speed",
        "title": "A made study",
        "question": "How fast?",
        "model": "gtpt_t_coco",
        "timing": {"batches": list(batches), "ways": WAYS},
        "vary": {"variants": {"dense": DENSE, "0379": PRUNED}},
    } | keys
    file = root / "speed.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    session = open_session(file, "quick", None, root / "results")
    return Made(session.plan, session.folder)


def make_speed(
    root: Path, raw: Callable[[str, str, int], RawCell], *, gpu: Mapping[str, Any] | None = None, **keys: Any
) -> Made:
    """The same with records of everything.

    Args:
        raw: samples of a variant in a way at a batch size.
    """
    made = plan_speed(root, **keys)
    timing = made.plan.timing
    assert timing
    assert timing.grid
    write_measurements(Made(made.plan.model_copy(update={"timing": None}), made.folder))  # type: ignore[arg-type]
    cells = [
        raw(variant, way, batch).as_json(variant, way, batch)
        for way, batch in timing.grid.places
        for variant in timing.variants
    ]
    ways = {name: InferenceOptions(**{**way, "threads": 2}).model_dump(mode="json") for name, way in WAYS.items()}
    content = {
        "settings": timing.settings.model_dump(mode="json"),
        "ways": ways,
        "cells": cells,
        "stopped": "precise enough",
        "session_s": 90.0,
        "load_average": 1.0,
        "gpu": gpu,
    }
    write_json(made.folder.timing(timing), record("timing", timing.signature, "a host", **content))
    return made

"""What a worker is told to do, as a file: everything it needs, nothing of the study's plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from gtpt_bench.frozen import Frozen
from gtpt_bench.study.plan import PlannedCost, PlannedRun, PlannedTiming


class RunJob(Frozen):
    """Train, then evaluate; each step is skipped if its record is there."""

    kind: Literal["run"] = "run"
    study: str
    run: PlannedRun
    data_root: Path
    """Folder in COCO layout, drawn data included."""
    processes: int = Field(1, ge=1)
    """How many share the work; the result does not depend on it."""


class CostJob(Frozen):
    """Count parameters and MACs of models."""

    kind: Literal["cost"] = "cost"
    study: str
    costs: tuple[PlannedCost, ...]
    folder: Path
    """Where the records go, a file each."""


class TimingJob(Frozen):
    """Time the models of all variants, interleaved, in one session."""

    kind: Literal["timing"] = "timing"
    study: str
    timing: PlannedTiming
    folder: Path
    """Where the record goes."""


Job = Annotated[RunJob | CostJob | TimingJob, Field(discriminator="kind")]


def read_job(path: Path) -> RunJob | CostJob | TimingJob:
    job: RunJob | CostJob | TimingJob = TypeAdapter(Job).validate_python(json.loads(path.read_text(encoding="utf-8")))
    return job

"""RunConfig: model, data, training, evaluation and seed put together, and the signatures of a run's steps.

A signature is the SHA-256 of canonical JSON, defaults included, plus the version of the step. It names everything
that may change a step's result and nothing else: code version, machine and packages are recorded beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from pydantic import Field

from gtpt_bench.data.config import DataConfig, DrawnData, MpiiData, PhotoReading
from gtpt_bench.data.drawn import config as drawn
from gtpt_bench.efficiency.timing.settings import TimingSettings
from gtpt_bench.evaluation.named_protocols import protocol_of, stated
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.frozen import Frozen, canonical_json, canonical_lines, hashed
from gtpt_bench.models.catalogue import ModelConfig
from gtpt_bench.models.reading import SimccReading
from gtpt_bench.training.config import TrainingConfig

Step = Literal["train", "evaluate", "cost", "timing"]

STEP_VERSIONS: Mapping[Step, int] = MappingProxyType({"train": 2, "evaluate": 2, "cost": 2, "timing": 2})
"""Raised by the authors of a step when its results may change; tests pin each step's output."""


class RunConfig(Frozen):
    """Everything one run depends on, apart from where its data lie."""

    model: ModelConfig
    data: DataConfig
    training: TrainingConfig = TrainingConfig()
    evaluation: Protocol = Protocol()
    seed: int = Field(0, ge=0)


class DataIdentity(Frozen):
    """What identifies the content of a run's data, whatever the folder is called.

    Attributes:
        train: SHA-256 of the training annotations; None for drawn data, which their config describes.
        evaluation: of the evaluation annotations and, if used, the detections.
    """

    train: str | None = None
    evaluation: str | None = None


class SeedSignatures:
    """Signatures of runs that differ in their seed alone: what they have in common is written out once."""

    def __init__(self, run: RunConfig, data: DataIdentity) -> None:
        named = protocol_of(run.model.keypoint_set)
        self._before_seed = canonical_lines(_head("train"), run.model, _training_data(run, data), run.training)
        self._before_training = canonical_lines(_head("evaluate"))
        scored_by = {"protocol": named.name, "version": named.version, **_rule_of_reading(run)}
        self._after_training = canonical_lines(run.evaluation, scored_by, _evaluation_data(run, data))

    def of(self, seed: int) -> tuple[str, str]:
        """Of training with a seed, and of evaluating what comes of it."""
        train = hashed(f"{self._before_seed}\n{seed}")  # a number is its own canonical JSON
        return train, hashed(f"{self._before_training}\n{canonical_json(train)}\n{self._after_training}")


def train_signature(run: RunConfig, data: DataIdentity) -> str:
    return SeedSignatures(run, data).of(run.seed)[0]


def evaluate_signature(run: RunConfig, data: DataIdentity) -> str:
    return SeedSignatures(run, data).of(run.seed)[1]


def stated_protocol(run: RunConfig) -> dict[str, Any]:
    """The protocol of a run in full, as records and people see it."""
    return stated(
        run.evaluation,
        run.model.keypoint_set,
        detections=None if isinstance(run.data, MpiiData) else run.data.detections,
        input_size=run.model.input_size,
        pixel_grid=run.training.pixel_grid,
        reading=run.model.reading,
    )


def cost_signature(model: ModelConfig) -> str:
    return _signed("cost", model)


def timing_signature(
    models: Sequence[ModelConfig],
    settings: TimingSettings,
    device: str,
    grid: Frozen | None = None,
    *,
    explained_batch: int | None = None,
) -> str:
    """Models measured in one interleaved session; their order is part of it.

    Args:
        grid: batch sizes and ways of running, where a study names any.
        explained_batch: at which models are looked into stage by stage, likewise.
    """
    cells: list[Any] = [] if grid is None else [grid]
    cells += [] if explained_batch is None else [{"explained_batch": explained_batch}]
    return _signed("timing", [model.model_dump(mode="json") for model in models], settings, device, *cells)


def _signed(step: Step, *contents: Any) -> str:
    return hashed(canonical_lines(_head(step), *contents))


def _head(step: Step) -> dict[str, Any]:
    return {"step": step, "version": STEP_VERSIONS[step]}


def _rule_of_reading(run: RunConfig) -> dict[str, Any]:
    """What finds keypoints in maps and coordinates, a rule of the family; of logits over bins the config says all."""
    reading = run.model.reading
    return {} if isinstance(reading, SimccReading) else {"reading": reading.stated()}


def _training_data(run: RunConfig, data: DataIdentity) -> dict[str, Any]:
    reading = {}
    if isinstance(run.data, PhotoReading):
        reading = run.data.model_dump(mode="json", include=set(PhotoReading.model_fields))
    return _content(run) | reading | {"split": run.data.train, "annotations": data.train}


def _evaluation_data(run: RunConfig, data: DataIdentity) -> dict[str, Any]:
    boxes = None
    if run.evaluation.boxes == "detections" and not isinstance(run.data, MpiiData):
        boxes = run.data.detections
    return _content(run) | {"split": run.data.evaluation, "annotations": data.evaluation, "detections": boxes}


def _content(run: RunConfig) -> dict[str, Any]:
    if isinstance(run.data, DrawnData):
        return {"drawing": run.data.drawing.model_dump(mode="json"), "version": drawn.VERSION}
    return {"kind": run.data.kind}

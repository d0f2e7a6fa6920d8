"""One of two things that are compared: a model, a run, or a variant of a study. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from gtpt_bench.config import RunConfig
from gtpt_bench.data.config import DrawnData
from gtpt_bench.efficiency.options import PLAIN, InferenceOptions
from gtpt_bench.models.catalogue import ModelConfig
from gtpt_bench.report.kept import Kept


@dataclass(frozen=True)
class Evaluation:
    """Of one trained model.

    Attributes:
        kept: what lies beside its record; compact records have no matches.
        on: what it was scored on, by names of choices; equal for the same persons in the same images.
    """

    seed: int
    file: Path
    kept: Kept
    on: Mapping[str, Any]


@dataclass(frozen=True)
class Counts:
    """Of one network as it is trained; a deployed form computes the same.

    Attributes:
        recorded: file of the record; empty if it was counted now.
    """

    params: int
    macs: Mapping[str, int]
    recorded: str = ""


@dataclass(frozen=True)
class RecordedTime:
    """A model's raw samples in a session that was recorded.

    Attributes:
        file: of the session.
        session: tells sessions apart, wherever their files lie; samples of one were taken in turn.
        samples: `latency_ns`, a list a round, and `throughput_images_per_s`.
    """

    file: Path
    session: str
    samples: Mapping[str, Any]
    throughput_batch: int
    device: str


@dataclass(frozen=True)
class Entry:
    """What is known of it before anything is measured.

    Attributes:
        name: for people.
        model: name of the model whose cost and time are compared. A study may train a smaller one.
        settings: everything that makes it what it is, by dotted key.
        trained: name of the trained model where it is another one; empty otherwise.
        evaluations: one a seed.
        unevaluated: why there are none; empty if there are.
        cost: as it was counted when it was recorded.
        origins: what made its records, by part: code, packages, machine.
    """

    name: str
    model: str
    config: ModelConfig
    options: InferenceOptions = PLAIN
    settings: Mapping[str, Any] = field(default_factory=dict)
    trained: str = ""
    evaluations: Sequence[Evaluation] = ()
    unevaluated: str = ""
    time: RecordedTime | None = None
    cost: Counts | None = None
    origins: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def evaluated_on(config: RunConfig) -> dict[str, Any]:
    """What decides which persons are scored; training pictures do not."""
    data: dict[str, Any] = {"data": config.data.kind, "split": config.data.evaluation}
    if isinstance(config.data, DrawnData):
        data |= config.data.drawing.model_dump(exclude={"num_train_images"})
    return data | {"images": config.evaluation.images, "keypoints": config.model.keypoint_set.name}


def dotted(content: Any, prefix: str = "") -> dict[str, Any]:
    """Values of nested configs by dotted key; lists are values."""
    if isinstance(content, BaseModel):
        content = content.model_dump(mode="json")
    if not isinstance(content, Mapping) or not content:
        return {prefix: content}
    found: dict[str, Any] = {}
    for key, value in content.items():
        found |= dotted(value, f"{prefix}.{key}" if prefix else str(key))
    return found


def differences(first: Entry, second: Entry) -> dict[str, tuple[Any, Any]]:
    """Values of each dotted key that differ, None where one of them has no such key."""
    keys = dict.fromkeys([*first.settings, *second.settings])
    pairs = {key: (first.settings.get(key), second.settings.get(key)) for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}

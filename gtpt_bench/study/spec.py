"""A study file as typed objects: what is asked, which models, what varies, where accuracy comes from.

Reading is in load.py; design: a change applies to both the measured and the trained model.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from gtpt_bench.data.config import DataConfig
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.frozen import Frozen
from gtpt_bench.names import Name
from gtpt_bench.study.timing_spec import StudyTiming
from gtpt_bench.training.config import TrainingConfig

Changes = dict[str, Any]
"""New values by dotted key: of the model (`pruning.keep_rates`) or of `training.…`, `data.…`, `evaluation.…`."""


class Accuracy(Frozen):
    """Where AP comes from."""

    model: str = ""
    """The model that is trained, by default the measured one; a tiny one in quick profiles. Variants may name models of
    their own."""
    data: DataConfig
    training: TrainingConfig
    own_training: Changes | None = None
    """Of `training: own`, by which each model is trained as it was published: what is changed in these recipes. Not
    written in a study, but worked out from it."""
    evaluation: Protocol = Protocol()
    changes: Changes = Field(default_factory=dict)
    """Of the trained model alone, ahead of each variant's: what a smaller model needs to make the variants possible."""
    only: tuple[Name, ...] = ()
    """Variants that are trained; all if empty."""


class Vary(Frozen):
    """What distinguishes the variants. Axes multiply, zipped lists go side by side, variants are named changes."""

    axes: dict[str, list[Any] | dict[str, Any]] = Field(default_factory=dict)
    """Dotted key to its values, as a list or by label."""
    zip: dict[str, list[Any]] = Field(default_factory=dict)
    """Dotted keys to lists of equal length, whose values belong together."""
    variants: dict[Name, Changes] = Field(default_factory=dict)


class ReportedRow(Frozen):
    """A row of a paper that belongs beside a variant."""

    file: str
    """CSV in results/reference/."""
    method: str
    variant: str


class AuditedModel(Frozen):
    """A row of an audit: a model of the catalogue as it is, or changed."""

    name: Name
    """Of the row; in a study file the key: `hrnet_w32_mpii: {model: hrnet_w32, changes: {keypoints: mpii}}`."""
    model: str
    """Of the catalogue."""
    changes: Changes = Field(default_factory=dict)
    """Of the model, by dotted key: another input size or keypoint set. What is published is about unchanged ones."""


def _with_name(value: Any) -> Any:
    """`hrnet_w32` in short for the model under its own name, `{row: {…}}` for a row with a name of its own."""
    if isinstance(value, str):
        return {"name": value, "model": value}
    if isinstance(value, dict) and len(value) == 1:
        ((name, content),) = value.items()
        return {"name": name, **content} if isinstance(content, dict) else value
    return value


class Audit(Frozen):
    """Published figures of models held against every way of counting them; with `timing`, against each other."""

    models: tuple[Annotated[AuditedModel, BeforeValidator(_with_name)], ...] = ()
    """All of the catalogue if empty."""
    published: tuple[str, ...] = Field(min_length=1)
    """CSV files in results/reference/ whose column `model` says which model of the catalogue a row is about."""
    claims: tuple[str, ...] = ()
    """CSV files there that say how much less one model has of something than another one."""
    counted_only: tuple[Name, ...] = ()
    """Further rows that are counted without memory for their weights, and not timed. Models of gigabytes are anyway."""


PlotName = Literal[
    "ap_against_macs",
    "ap_against_latency",
    "kept_tokens",
    "token_survival",
    "survival_maps",
    "effects",
    "heat_map",
    "stage_times",
    "training_curves",
    "roofline",
    "error_kinds",
    "ap_if_fixed",
    "keypoint_errors",
]


class Report(Frozen):
    """What the report shows."""

    baseline: str = ""
    """Variant that differences are taken from; the first one by default."""
    against: dict[Name, Name] = Field(default_factory=dict)
    """Variants whose difference is taken from another one than the baseline: a step from the step before."""
    plots: tuple[PlotName, ...] | None = None
    """Of variants; None: all but those of errors for which there are data. A study of batches and ways has a plot of
    its own."""
    reported: tuple[ReportedRow, ...] = ()


class Study(Frozen):
    """A study in one of its profiles."""

    study: Name
    title: str = ""
    question: str = ""
    model: str = ""
    """The model whose cost and time are measured; none if empty."""
    accuracy: Accuracy | None = None
    vary: Vary = Vary()
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = Field((0,), min_length=1)
    timing: StudyTiming | None = None
    """None: cost is counted, time is not measured."""
    audit: Audit | None = None
    """In place of a model and what varies: models of the catalogue, a row each."""
    report: Report = Report()

    @field_validator("study")
    @classmethod
    def _folder_is_visible(cls, name: str) -> str:
        if name.startswith("."):
            raise ValueError(f"a study's name must not start with a dot, got {name!r}: its results would be hidden")
        return name

    @field_validator("seeds")
    @classmethod
    def _seeds_differ(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) < len(seeds):
            raise ValueError(f"a seed stands twice, got {list(seeds)}; the same run again tells nothing new")
        return seeds

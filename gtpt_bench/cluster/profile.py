"""What a cluster is like and what jobs ask of it, as a file in slurm/. Torch-free."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from gtpt_bench.frozen import Frozen
from gtpt_bench.names import Name
from gtpt_bench.study.yaml_source import read_yaml, validated

JobKind = Literal["training", "measuring"]

OURS = frozenset(
    "array chdir error export input job-name open-mode output requeue no-requeue signal".split()
    + "parsable quiet test-only wait wrap".split()
)
"""sbatch options that lost or doubled runs would follow from."""

REFUSED = {"clusters": "jobs of other clusters would not be found again; submit from a machine of that cluster"}
"""Further options of sbatch, and why."""

HAS_A_KEY = {
    "account": "account",
    "constraint": "constraint",
    "cpus-per-gpu": "cpus_per_task",
    "cpus-per-task": "cpus_per_task",
    "exclusive": "exclusive",
    "gpus": "gpus_per_task",
    "gpus-per-node": "gpus_per_task",
    "gpus-per-task": "gpus_per_task",
    "mem": "memory_gb_per_task",
    "mem-per-cpu": "memory_gb_per_task",
    "mem-per-gpu": "memory_gb_per_task",
    "nodes": "tasks_per_node",
    "ntasks": "tasks_per_node",
    "ntasks-per-node": "tasks_per_node",
    "partition": "partition",
    "qos": "qos",
    "time": "time_limit_h",
    "time-min": "time_limit_h",
}
"""sbatch options that would contradict a key of `Resources`."""

LONGEST_H = 2160.0
"""90 days."""


def _one_line(text: str) -> str:
    if any(not letter.isprintable() for letter in text):
        raise ValueError(f"must be one line without control characters, got {text!r}")
    return text


def _hours(value: Any) -> Any:
    """`12:00:00`, as SLURM writes it, is refused rather than guessed at."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 < value <= LONGEST_H:
        raise ValueError(f"hours as a number are expected, such as 12.5, at most {LONGEST_H:.0f}, got {value!r}")
    return value


def _extra(value: object) -> str | int:
    if isinstance(value, str):
        return _one_line(value)
    if isinstance(value, int) and value is not False:
        return value
    raise ValueError(f"words, a whole number, or true for an option without a value are expected, got {value!r}")


Word = Annotated[str, AfterValidator(_one_line)]
WordOrNumber = Annotated[Word, BeforeValidator(lambda value: str(value) if type(value) is int else value)]
ExtraValue = Annotated[str | int, PlainValidator(_extra)]
Place = Annotated[Word, AfterValidator(os.path.expanduser)]
Hours = Annotated[float, BeforeValidator(_hours)]
Option = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Resources(Frozen):
    """What one job asks for; empty words are left to the cluster's defaults."""

    partition: Word = ""
    account: Word = ""
    qos: Word = ""
    constraint: Word = ""
    gpu_type: Word = ""
    gpus_per_task: int = Field(1, ge=0)
    cpus_per_task: int = Field(8, ge=1)
    memory_gb_per_task: float = Field(32, gt=0)
    tasks_per_node: int = Field(1, ge=1)
    """Processes of one run that a node takes; a run with more of them goes to several nodes."""
    time_limit_h: Hours = 24
    exclusive: bool = False
    """Whether nothing else may run on its nodes."""
    extra: dict[Option, ExtraValue] = Field(default_factory=dict)
    """Further options of sbatch: `{mail-user: me@example.org}`."""

    @field_validator("extra")
    @classmethod
    def _leaves_ours_alone(cls, extra: dict[str, Any]) -> dict[str, Any]:
        for name in extra:
            if name in OURS:
                raise ValueError(f"{name} is set by gtpt-study itself; leave it out")
            if name in REFUSED:
                raise ValueError(f"{name}: {REFUSED[name]}")
            if name in HAS_A_KEY:
                raise ValueError(f"{name} follows from the key {HAS_A_KEY[name]}; use that")
        return extra

    def nodes(self, tasks: int) -> int:
        return math.ceil(tasks / self.tasks_per_node)

    def tasks_on_a_node(self, tasks: int) -> int:
        return math.ceil(tasks / self.nodes(tasks))

    @property
    def time_limit_min(self) -> int:
        return max(1, math.ceil(60 * self.time_limit_h))


class Packing(Frozen):
    """Several small runs in one job."""

    runs_per_job: int = Field(1, ge=1)
    runs_at_once: int = Field(1, ge=1)
    """Of a job's runs, how many go side by side and share its cores and GPUs."""

    @model_validator(mode="after")
    def _has_as_many(self) -> Self:
        if self.runs_at_once > self.runs_per_job:
            raise ValueError(
                f"runs_at_once is {self.runs_at_once}, but a job has only {self.runs_per_job} runs_per_job"
            )
        return self


class Environment(Frozen):
    """What is done in a job before Python starts."""

    setup: tuple[Word, ...] = ()
    """Lines of shell, run as they are: `module load cuda/12.4`. Nothing else of any file reaches a shell unquoted."""
    python: Place = ""
    """Python of the jobs, where it is another one than that of the submitting shell."""
    variables: dict[Variable, WordOrNumber] = Field(default_factory=dict)
    """Set as they are, without what a shell makes of `$`; for that, write `export NAME=...` into setup."""
    scratch: Place = ""
    """Folder for temporary files, `$VARIABLES` of the job in it: `/scratch/$USER/$SLURM_JOB_ID`."""

    @field_validator("variables")
    @classmethod
    def _leaves_threads_alone(cls, variables: dict[str, str]) -> dict[str, str]:
        if "OMP_NUM_THREADS" in variables:
            raise ValueError("the key cpus_per_task decides on OMP_NUM_THREADS; leave it out")
        return variables


class Limits(Frozen):
    """How much is asked of the cluster."""

    max_submitted: int = Field(500, ge=1)
    """Jobs that are in the queue at a time, elements of arrays each counted; the rest follow as places come free."""
    max_array_size: int | None = Field(None, ge=1)
    """Elements of an array; None: as the cluster says (MaxArraySize)."""
    array_parallelism: int = Field(256, ge=1)
    """Jobs of a study that run at a time, all its arrays together. An array may have more elements, which wait in the
    queue, only while the others leave it half of these; later arrays are no longer than what they leave."""
    max_memory_gb_per_task: float | None = Field(None, gt=0)
    """Up to which a run that ran out of memory is tried again with twice as much; None: as the largest node allows."""
    gpu_hours_before_asking: float = Field(100, ge=0)
    """A forecast above it has to be confirmed."""


class Rhythm(Frozen):
    """When the scheduler is spoken to."""

    ask_every_s: float = Field(60, ge=1)
    """One query (sacct) of all jobs of a study, however many shells watch it."""
    warn_before_end_s: int = Field(120, ge=10)
    """How long before its time limit a job is told to save its state and queue again."""
    unreachable_min: float = Field(60, ge=0)
    """How long a controller that does not answer is waited for."""


class ClusterProfile(Frozen):
    """A cluster, and how studies use it."""

    cluster: Name
    training: Resources = Resources()
    measuring: Resources = Resources(exclusive=True)
    """What jobs that count and time ask for; what is not named is as for training, alone on the node."""
    packing: Packing = Packing()
    environment: Environment = Environment()
    limits: Limits = Limits()
    rhythm: Rhythm = Rhythm()

    @model_validator(mode="before")
    @classmethod
    def _measure_as_trained(cls, content: Any) -> Any:
        if not isinstance(content, dict):
            return content
        training, measuring = content.get("training", {}), content.get("measuring", {})
        if not isinstance(training, dict) or not isinstance(measuring, dict):
            return content
        try:
            Resources.model_validate(training)
        except ValidationError:  # told once, where it stands
            return content
        return content | {"measuring": training | {"exclusive": True} | measuring}

    @model_validator(mode="after")
    def _warns_late(self) -> Self:
        for kind in get_args(JobKind):
            limit_s = 60 * self.resources(kind).time_limit_min
            if 2 * self.rhythm.warn_before_end_s >= limit_s:
                raise ValueError(
                    f"rhythm.warn_before_end_s is {self.rhythm.warn_before_end_s}, but must be less than half of "
                    f"{kind}.time_limit_h, which is {limit_s} s: jobs would save and queue again at once"
                )
        return self

    def resources(self, kind: JobKind) -> Resources:
        return self.training if kind == "training" else self.measuring

    @property
    def device(self) -> str:
        """What time is measured on here, as far as it is known before a job has started."""
        asked = self.measuring
        gpus = f"{asked.gpus_per_task} GPU {asked.gpu_type}".strip() if asked.gpus_per_task else "CPU"
        where = " ".join(word for word in (asked.partition, asked.constraint) if word)
        return f"{self.cluster} {where}: {gpus}, {asked.cpus_per_task} cores"


def load_profile(path: Path) -> ClusterProfile:
    """The profile in a file.

    Raises:
        StudyError: names the file, the line and the key.
    """
    source = read_yaml(path)
    return validated(ClusterProfile, source.content, source)


def safe_word(text: str) -> str:
    """Text as part of a job's name: letters, digits and `_.+-` of ASCII only."""
    return re.sub(r"[^A-Za-z0-9_.+-]", "_", text)

"""What a study needs in one profile: its runs, costs and timing, each with its signature, as plain data.

Made by planning.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from gtpt_bench.config import RunConfig
from gtpt_bench.efficiency.timing.settings import TimingSettings
from gtpt_bench.errors import StudyError
from gtpt_bench.frozen import Frozen, signature
from gtpt_bench.models.catalogue import ModelConfig
from gtpt_bench.study.reported import Printed, Reported
from gtpt_bench.study.spec import Study
from gtpt_bench.study.timing_spec import TimingGrid

DIGITS = 8
"""Digits of a signature in names of files and folders."""


class PlannedRun(Frozen):
    """One training and its evaluation."""

    variant: str
    home: str
    """The first variant that is trained and evaluated in this very way; all of them share its folder."""
    config: RunConfig
    train_signature: str
    evaluate_signature: str

    @property
    def seed(self) -> int:
        return self.config.seed

    @property
    def folder(self) -> str:
        return f"{self.home}-s{self.seed}-{self.train_signature[:DIGITS]}"

    @property
    def evaluation_file(self) -> str:
        return f"evaluate-{self.evaluate_signature[:DIGITS]}.json"


class PlannedCost(Frozen):
    """Counting one model's parameters and MACs."""

    model: str
    config: ModelConfig
    signature: str
    cross_checked: bool = False
    """Whether counters made by others are asked too, which takes seconds a model."""

    @property
    def file(self) -> str:
        return f"cost-{self.signature[:DIGITS]}.json"


class PlannedTiming(Frozen):
    """One interleaved session that times the measured model of every variant."""

    model: str
    variants: tuple[str, ...]
    configs: tuple[ModelConfig, ...]
    settings: TimingSettings
    grid: TimingGrid | None = None
    """Batch sizes and ways of running; None: one image and one batch, in plain float32."""
    signature: str

    @property
    def file(self) -> str:
        return f"timing-{self.signature[:DIGITS]}.json"

    @property
    def words(self) -> str:
        """What is timed: `4 variants × 2 ways × 3 batches of gtpt_s_coco`."""
        numbers = [(len(self.variants), "variants")]
        if self.grid:
            numbers += [(len(self.grid.ways), "ways"), (len(self.grid.batches), "batches")]
        return f"{' × '.join(f'{number} {noun}' for number, noun in numbers)} of {self.model}"


class PlannedAudit(Frozen):
    """What an audit needs beside the cost of each model, which is a variant of the plan."""

    dense: dict[str, PlannedCost]
    """Cost of the same model keeping all tokens, for models that prune."""
    published: tuple[Printed, ...]


class Plan(Frozen):
    """Everything a study needs in one profile; kept as a file, so that a report needs no study file and no data."""

    study: Study
    profile: str
    changes: tuple[str, ...] = ()
    """What `--set` changed, `key=value` each."""
    variants: tuple[str, ...]
    measured: dict[str, PlannedCost]
    """Cost of the measured model, a variant each."""
    trained: dict[str, PlannedCost]
    """Cost of the trained model, a variant each; the same as `measured` where the models agree."""
    runs: tuple[PlannedRun, ...]
    timing: PlannedTiming | None
    audit: PlannedAudit | None = None
    reported: tuple[Reported, ...] = ()
    """Rows of papers shown beside the study's own."""

    @property
    def baseline(self) -> str:
        return self.study.report.baseline or self.variants[0]

    def reference(self, variant: str) -> str:
        """The variant that another one's differences are taken from."""
        return self.study.report.against.get(variant, self.baseline)

    @property
    def label(self) -> str:
        """Profile and data in a word, for names of files: `quick-drawn`; what `--set` changed has a word of its own."""
        data = [self.study.accuracy.data.kind] if self.study.accuracy else []
        changed = [f"set-{signature(sorted(self.changes))[:DIGITS]}"] if self.changes else []
        return "-".join([self.profile, *data, *changed])

    def narrowed(self, only: Sequence[str]) -> Plan:
        """The part of the plan that belongs to some variants; time, which is measured on all in turn, is not.

        Raises:
            StudyError: no variant has this name.
        """
        if not only:
            return self
        for name in only:
            if name not in self.variants:
                known = ", ".join(self.variants)
                raise StudyError(f"{self.study.study}: no variant is called {name!r}; known: {known}")
        audit = self.audit
        if audit:
            dense = {name: cost for name, cost in audit.dense.items() if name in only}
            audit = audit.model_copy(update={"dense": dense})
        return self.model_copy(
            update={
                "variants": tuple(name for name in self.variants if name in only),
                "measured": {name: cost for name, cost in self.measured.items() if name in only},
                "trained": {name: cost for name, cost in self.trained.items() if name in only},
                "runs": tuple(run for run in self.runs if run.variant in only),
                "timing": None,
                "audit": audit,
            }
        )

    @property
    def distinct_runs(self) -> tuple[PlannedRun, ...]:
        """Runs without repetition: variants that are the same run share it."""
        return tuple({run.folder: run for run in reversed(self.runs)}.values())[::-1]

    @property
    def costs(self) -> tuple[PlannedCost, ...]:
        """Costs without repetition."""
        dense = self.audit.dense if self.audit else {}
        every = (*self.measured.values(), *dense.values(), *self.trained.values())
        return tuple({cost.signature: cost for cost in every}.values())

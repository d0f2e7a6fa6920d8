"""What a study needs in one profile: its runs, costs and timing, each with its signature, as plain data.

Made by planning.py.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, PlainSerializer

from gtpt_bench.config import RunConfig
from gtpt_bench.efficiency.timing.settings import TimingSettings
from gtpt_bench.errors import StudyError
from gtpt_bench.frozen import Frozen, signature
from gtpt_bench.models.catalogue import ModelConfig
from gtpt_bench.study.claims import Claim
from gtpt_bench.study.printed import Printed
from gtpt_bench.study.reported import Reported
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

    @cached_property
    def folder(self) -> str:
        return f"{self.home}-s{self.seed}-{self.train_signature[:DIGITS]}"

    @property
    def evaluation_file(self) -> str:
        return f"evaluate-{self.evaluate_signature[:DIGITS]}.json"


class _Signed(Frozen):
    """What a run has that others of its variant have not."""

    seed: int
    train_signature: str
    evaluate_signature: str


class _OfAllSeeds(Frozen):
    """Runs that differ in nothing but their seed, as a plan's file has them: their config once, with the first seed."""

    variant: str
    home: str
    config: RunConfig
    seeds: tuple[_Signed, ...]

    @classmethod
    def of(cls, runs: Sequence[PlannedRun]) -> Self:
        first = runs[0]
        seeds = tuple(
            _Signed(seed=run.seed, train_signature=run.train_signature, evaluate_signature=run.evaluate_signature)
            for run in runs
        )
        return cls(variant=first.variant, home=first.home, config=first.config, seeds=seeds)

    @property
    def runs(self) -> Iterator[PlannedRun]:
        for one in self.seeds:
            yield PlannedRun(
                variant=self.variant,
                home=self.home,
                config=self.config.model_copy(update={"seed": one.seed}),
                train_signature=one.train_signature,
                evaluate_signature=one.evaluate_signature,
            )


def _folded(runs: Sequence[PlannedRun]) -> list[_OfAllSeeds]:
    """For the file: of 10,000 runs of 100 seeds it is a hundredth as long."""
    return [_OfAllSeeds.of(list(own)) for _, own in groupby(runs, key=_but_for_the_seed)]


def _but_for_the_seed(run: PlannedRun) -> tuple[str, str, RunConfig]:
    return run.variant, run.home, run.config.model_copy(update={"seed": 0})


def _unfolded(runs: Any) -> Any:
    """From the file; runs that are written out each by itself are left as they are."""
    if not isinstance(runs, list | tuple) or not all(isinstance(one, dict) and "seeds" in one for one in runs):
        return runs
    return [run for one in runs for run in _OfAllSeeds.model_validate(one).runs]


PlannedRuns = Annotated[tuple[PlannedRun, ...], BeforeValidator(_unfolded), PlainSerializer(_folded)]


class PlannedCost(Frozen):
    """Counting one model's parameters and MACs."""

    model: str
    config: ModelConfig
    signature: str
    cross_checked: bool = False
    """Whether counters made by others are asked too, which takes seconds a model."""
    ahead: dict[str, Any] = Field(default_factory=dict)
    """Changes that make it a smaller model to train, ahead of the variant's own."""
    empty: bool = False
    """Whether the network gets no memory for its weights while it is counted."""

    @property
    def file(self) -> str:
        return f"cost-{self.signature[:DIGITS]}.json"


class PlannedTiming(Frozen):
    """One interleaved session that times the measured model of every variant."""

    model: str
    """"" where each variant is a model of its own."""
    variants: tuple[str, ...]
    configs: tuple[ModelConfig, ...]
    settings: TimingSettings
    grid: TimingGrid | None = None
    """Batch sizes and ways of running; None: one image and one batch, in plain float32."""
    explained_batch: int | None = None
    """Images a call at which each variant is looked into stage by stage, if at all."""
    signature: str

    @property
    def file(self) -> str:
        return f"timing-{self.signature[:DIGITS]}.json"

    @property
    def words(self) -> str:
        """What is timed: `4 variants × 2 ways × 3 batches of gtpt_s_coco`, `28 models`."""
        numbers = [(len(self.variants), "variants" if self.model else "models")]
        if self.grid:
            numbers += [(len(self.grid.ways), "ways"), (len(self.grid.batches), "batches")]
        words = " × ".join(f"{number} {noun}" for number, noun in numbers)
        return f"{words} of {self.model}" if self.model else words


class PlannedAudit(Frozen):
    """What an audit needs beside the cost of each model, which is a variant of the plan."""

    dense: dict[str, PlannedCost]
    """Cost of the same model keeping all tokens, for models that prune."""
    counted_as: dict[str, PlannedCost] = Field(default_factory=dict)
    """Cost of the network that a published figure counts, where that is not the one published: by row and change,
    `vitpose_plus_s_wholebody, routing=hard`."""
    published: tuple[Printed, ...]
    not_hosted: tuple[Printed, ...] = ()
    """Rows about systems that the catalogue has not, each with the reason."""
    claims: tuple[Claim, ...] = ()

    @property
    def beside(self) -> dict[str, PlannedCost]:
        """Costs beside the models' own, each under a name for people."""
        return {f"{model}, all tokens": cost for model, cost in self.dense.items()} | self.counted_as

    def narrowed(self, chosen: Container[str]) -> PlannedAudit:
        """The part about some models; what was published stays."""
        wanted = {row.counted_as for row in self.published if row.variant in chosen}
        return self.model_copy(
            update={
                "dense": {name: cost for name, cost in self.dense.items() if name in chosen},
                "counted_as": {name: cost for name, cost in self.counted_as.items() if name in wanted},
            }
        )


def _one_name(costs: Mapping[str, PlannedCost]) -> str:
    names = {cost.model for cost in costs.values()}
    return EACH_ITS_OWN if len(names) > 1 else next(iter(names), "")


EACH_ITS_OWN = "each variant's model"


def plan_label(study: Study, profile: str, changes: Sequence[str]) -> str:
    """Profile and data in a word, for names of files: `quick-drawn`; what `--set` changed has a word of its own."""
    data = [study.accuracy.data.kind] if study.accuracy else []
    changed = [f"set-{signature(sorted(changes))[:DIGITS]}"] if changes else []
    return "-".join([profile, *data, *changed])


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
    runs: PlannedRuns
    timing: PlannedTiming | None
    audit: PlannedAudit | None = None
    reported: tuple[Reported, ...] = ()
    """Rows of papers shown beside the study's own."""

    @property
    def measured_model(self) -> str:
        """Name of the model that is measured, or words for one a variant; empty where nothing is measured."""
        return _one_name(self.measured)

    @property
    def trained_model(self) -> str:
        """The same of what is trained."""
        return _one_name(self.trained)

    def shown(self, variant: str) -> PlannedCost:
        """The measured model of a variant, or the trained one where none is measured."""
        return self.measured.get(variant) or self.trained[variant]

    @property
    def baseline(self) -> str:
        return self.study.report.baseline or self.variants[0]

    def reference(self, variant: str) -> str:
        """The variant that another one's differences are taken from."""
        return self.study.report.against.get(variant, self.baseline)

    @property
    def label(self) -> str:
        return plan_label(self.study, self.profile, self.changes)

    def narrowed(self, only: Sequence[str]) -> Plan:
        """The part of the plan that belongs to some variants; time, which is measured on all in turn, is not.

        Raises:
            StudyError: no variant has this name.
        """
        if not only:
            return self
        chosen, existing = set(only), set(self.variants)
        for name in only:
            if name not in existing:
                known = ", ".join(self.variants)
                raise StudyError(f"{self.study.study}: no variant is called {name!r}; known: {known}")
        return self.model_copy(
            update={
                "variants": tuple(name for name in self.variants if name in chosen),
                "measured": {name: cost for name, cost in self.measured.items() if name in chosen},
                "trained": {name: cost for name, cost in self.trained.items() if name in chosen},
                "runs": tuple(run for run in self.runs if run.variant in chosen),
                "timing": None,
                "audit": self.audit.narrowed(chosen) if self.audit else None,
            }
        )

    @cached_property
    def runs_by_variant(self) -> Mapping[str, tuple[PlannedRun, ...]]:
        """The runs of each variant that is trained, a seed each."""
        runs: dict[str, list[PlannedRun]] = {}
        for run in self.runs:
            runs.setdefault(run.variant, []).append(run)
        return {variant: tuple(own) for variant, own in runs.items()}

    @property
    def distinct_runs(self) -> tuple[PlannedRun, ...]:
        """Runs without repetition: variants that are the same run share it."""
        return tuple({run.folder: run for run in reversed(self.runs)}.values())[::-1]

    @property
    def costs(self) -> tuple[PlannedCost, ...]:
        """Costs without repetition."""
        beside = self.audit.beside if self.audit else {}
        every = (*self.measured.values(), *beside.values(), *self.trained.values())
        return tuple({cost.signature: cost for cost in every}.values())

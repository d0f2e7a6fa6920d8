"""Which image tokens the variants of a study keep, from what their evaluations recorded. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from gtpt_bench.evaluation.kept_tokens.record import Shares, TokenSurvival, survival_from_json
from gtpt_bench.models.token_stages import TokenGroup, TokenStages, token_stages
from gtpt_bench.report.kept import content_of
from gtpt_bench.report.records import Found, VariantRecords
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.store import JobFolder, StudyFolder

MOST_VARIANTS = 8
"""Variants that one report shows the tokens of; of more, those of the highest AP."""


class RunTokens(NamedTuple):
    """What one evaluation recorded, and the record it stands beside."""

    seed: int
    found: Found
    survival: TokenSurvival


@dataclass(frozen=True)
class VariantTokens:
    """Of one variant, a run a seed; shares are of 1."""

    runs: tuple[RunTokens, ...]

    @property
    def stages(self) -> TokenStages:
        return self.runs[0].survival.stages

    @cached_property
    def pruned_sets(self) -> tuple[int, ...]:
        """Token sets, by their places, in which some image token is missing."""
        return tuple(place for place in range(len(self.stages.token_sets)) if self.kept(place) < 1)

    def kept(self, token_set: int) -> float:
        """Share of the image tokens that survive, mean over seeds."""
        return float(np.mean(self.kept_by_seed(token_set)))

    def kept_by_seed(self, token_set: int) -> list[float]:
        return [run.survival.share_kept(token_set) for run in self.runs]

    def survived(self, token_set: int, keypoints: Sequence[int]) -> list[float]:
        """Share of labelled keypoints whose token survives, a seed each; empty where none is labelled."""
        shares = [run.survival.share_survived(token_set, keypoints) for run in self.runs]
        return [share for share in shares if share is not None]

    def group_survived(self, stage: int, group: int) -> list[float]:
        """Of the keypoints of a group, in the tokens that it has at the end of a stage."""
        return self.survived(self.stages.set_of(stage, group), self.stages.groups[group].keypoints)

    def box_map(self, token_set: int) -> Shares:
        """Survival relative to the person's box, mean over seeds."""
        return np.asarray(np.mean([run.survival.box_map(token_set) for run in self.runs], axis=0))

    def num_labelled(self, group: TokenGroup) -> int:
        """Labelled keypoints inside their crops, of one evaluation."""
        return int(self.runs[0].survival.counts.inside[list(group.keypoints)].sum())


@dataclass(frozen=True)
class StudyTokens:
    """Attributes:
    variants: that prune and whose evaluations recorded it, in the plan's order.
    not_recorded: that prune and were evaluated before there was a record.
    num_more: variants with a record that there is no room for.
    """

    variants: Mapping[str, VariantTokens] = field(default_factory=dict)
    not_recorded: tuple[str, ...] = ()
    num_more: int = 0


def study_tokens(plan: Plan, folder: StudyFolder, records: Mapping[str, VariantRecords]) -> StudyTokens:
    """Of all variants that prune, read now; nothing where nobody recorded any."""
    there = {name: _files(folder, own) for name, own in records.items()}
    if not any(there.values()):
        return StudyTokens()
    recorded = sorted((name for name, files in there.items() if files), key=lambda name: -_accuracy(records[name]))
    chosen = set(recorded[:MOST_VARIANTS])
    return StudyTokens(
        {name: _read(there[name]) for name in records if name in chosen},
        tuple(name for name in records if not there[name] and _evaluated(records[name]) and _prunes(plan, name)),
        len(recorded) - len(chosen),
    )


def _files(folder: StudyFolder, own: VariantRecords) -> list[tuple[int, Found, JobFolder]]:
    places = [(seed, found, JobFolder((folder.path / found.file).parent)) for seed, found in _evaluated(own)]
    return [place for place in places if place[2].tokens(place[1].record["signature"]).exists()]


def _read(files: Sequence[tuple[int, Found, JobFolder]]) -> VariantTokens:
    return VariantTokens(
        tuple(
            RunTokens(seed, found, survival_from_json(content_of(job.tokens(found.record["signature"]))))
            for seed, found, job in files
        )
    )


def _accuracy(own: VariantRecords) -> float:
    """Mean AP over seeds; 0 where there is another figure."""
    return float(np.mean([found.record["metrics"].get("AP", 0.0) for _, found in _evaluated(own)]))


def _evaluated(own: VariantRecords) -> list[tuple[int, Found]]:
    """Seeds and records, whatever they were scored by."""
    return [(one.seed, one.found) for one in own.evaluations] + [(one.seed, one.found) for one in own.joints]


def _prunes(plan: Plan, name: str) -> bool:
    return any(token_stages(run.config.model) is not None for run in plan.runs_by_variant.get(name, ())[:1])

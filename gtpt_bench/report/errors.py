"""Errors of each variant, over its seeds, and how much of each keypoint a variant loses against the one it is compared
with. AP in points, 0 to 100; shares and losses in per cent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from gtpt_bench.evaluation.analysis.errors import OUTCOMES, ClassErrors, Errors
from gtpt_bench.evaluation.differences import Difference, SeedValues, paired_difference, seed_variance
from gtpt_bench.evaluation.intervals import image_draws
from gtpt_bench.report.records import Found, VariantRecords

PERCENT = 100.0


@dataclass(frozen=True)
class VariantErrors:
    """Errors of one variant.

    Attributes:
        seeds: of each evaluation.
        found: the records they belong to.
        lost: mean OKS term lost a labelled keypoint, per cent, by unit; None where none is labelled.
        differences: of `lost` to the variant compared with, by unit; empty for the baseline.
    """

    seeds: tuple[Errors, ...]
    found: tuple[Found, ...]
    lost: Mapping[str, float | None]
    differences: Mapping[str, Difference] = field(default_factory=dict)

    @property
    def ap(self) -> float:
        return PERCENT * float(np.mean([errors.ap for errors in self.seeds]))

    @property
    def ap_if_fixed(self) -> dict[str, float]:
        """By the kind of error that is fixed, and with everything fixed."""
        kinds = self.seeds[0].ap_if_fixed
        return {kind: PERCENT * float(np.mean([e.ap_if_fixed[kind] for e in self.seeds])) for kind in kinds}

    @property
    def outcome_shares(self) -> dict[str, float]:
        """Of all labelled keypoints, by OUTCOMES; together 100, or 0 without labels."""
        counts = {outcome: sum(e.outcomes[outcome] for e in self.seeds) for outcome in OUTCOMES}
        total = max(1, sum(counts.values()))
        return {outcome: PERCENT * count / total for outcome, count in counts.items()}

    def classes(self) -> dict[tuple[str, str], ClassErrors]:
        """Mean over seeds by what is told apart and class, shares of 1 as in each; empty classes are left out."""
        return {
            (kind, one.name): _mean_class([errors.classes[kind][place] for errors in self.seeds])
            for kind, classes in self.seeds[0].classes.items()
            for place, one in enumerate(classes)
            if one.num
        }

    def unit_ap(self, place: int) -> float | None:
        """AP of one unit alone, None if it is never labelled."""
        aps = [errors.units[place].ap for errors in self.seeds]
        return None if min(aps) < 0 else PERCENT * float(np.mean(aps))


def _mean_class(seeds: Sequence[ClassErrors]) -> ClassErrors:
    first = seeds[0]
    ap, found = float(np.mean([one.ap for one in seeds])), float(np.mean([one.found for one in seeds]))
    return ClassErrors(first.name, first.num, ap, found)


@dataclass(frozen=True)
class StudyErrors:
    """All variants whose errors are known.

    Attributes:
        units: names of keypoints or parts of the body, with the labels of each.
        covers_seeds: whether intervals hold for other training seeds too, or for other images only.
    """

    variants: dict[str, VariantErrors]
    units: Mapping[str, int]
    covers_seeds: bool


def study_errors(records: Mapping[str, VariantRecords], reference: Callable[[str], str]) -> StudyErrors | None:
    """Errors of all variants; None if no evaluation has them.

    Args:
        reference: the variant that another one is compared with; its own name for none.
    """
    known = {name: [run for run in r.evaluations if run.errors is not None] for name, r in records.items()}
    errors = {name: tuple(run.errors for run in runs if run.errors) for name, runs in known.items() if runs}
    if not errors:
        return None
    first = next(iter(errors.values()))[0]
    losses = {name: _losses(seeds) for name, seeds in errors.items()}
    variances = [seed_variance([loss[place] for loss in losses.values()]) for place in range(len(first.units))]
    num_images = len(first.lost)
    variants = {}
    for name, seeds in errors.items():
        own, other = losses[name], losses.get(reference(name))
        differences = {}
        if other is not None and reference(name) != name:
            differences = {
                unit.name: paired_difference(other[place], own[place], variances[place], num_images=num_images)
                for place, unit in enumerate(first.units)
                if unit.num_labelled
            }
        lost = {unit.name: own[place].mean if unit.num_labelled else None for place, unit in enumerate(first.units)}
        variants[name] = VariantErrors(seeds, tuple(run.found for run in known[name]), lost, differences)
    return StudyErrors(
        variants,
        units={unit.name: unit.num_labelled for unit in first.units},
        covers_seeds=any(len(seeds) > 1 for seeds in errors.values()),
    )


def _losses(seeds: Sequence[Errors]) -> list[SeedValues]:
    """What is lost of a labelled keypoint, per cent, a unit each: on all images and on each resample of them."""
    draws = image_draws(len(seeds[0].lost)).astype(np.float64)
    counts_RU = draws @ seeds[0].num_labelled
    counts_U = seeds[0].num_labelled.sum(axis=0)
    with np.errstate(invalid="ignore"):
        observed_SU = np.asarray([PERCENT * errors.lost.sum(axis=0) / counts_U for errors in seeds])
        resampled_SRU = np.asarray([PERCENT * (draws @ errors.lost) / counts_RU for errors in seeds])
    return [SeedValues(observed_SU[:, unit], resampled_SRU[:, :, unit]) for unit in range(len(counts_U))]

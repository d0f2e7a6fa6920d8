"""Errors of each variant, over its seeds, and how much of each keypoint a variant loses against the one it is compared
with. AP in points, 0 to 100; shares and losses in per cent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.analysis.errors import OUTCOMES, ClassErrors, Errors, UnitErrors
from gtpt_bench.evaluation.differences import Difference, PairedMeans, SeedSquares, SeedValues, SeedVariance, pooled
from gtpt_bench.evaluation.resampled import usual_draws
from gtpt_bench.report.records import Found, VariantRecords

PERCENT = 100.0


@dataclass(frozen=True)
class VariantErrors:
    """Errors of one variant.

    Attributes:
        seeds: of each evaluation, without its images.
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
        by_seed = [errors.outcomes for errors in self.seeds]
        counts = {outcome: sum(outcomes[outcome] for outcomes in by_seed) for outcome in OUTCOMES}
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
    """Errors of all variants; None if no evaluation has them. Of each file only figures are held, no image.

    Args:
        reference: the variant that another one is compared with; its own name for none.
    """
    compared_with, resampling = {reference(name) for name in records}, _Resampling()
    told: dict[str, _Variant] = {}
    references: dict[str, list[SeedValues]] = {}
    for name in sorted(records, key=lambda name: name not in compared_with):
        runs = [(run.found, errors) for run in records[name].evaluations if (errors := run.kept.errors()) is not None]
        if not runs:
            continue
        losses = resampling.losses([errors for _, errors in runs])
        if name in compared_with:
            references[name] = [loss.over_seeds for loss in losses]
        other = references.get(reference(name)) if reference(name) != name else None
        told[name] = _Variant.of(runs, losses, other)
    if not told:
        return None
    in_order = {name: told[name] for name in records if name in told}
    units = next(iter(in_order.values())).seeds[0].units
    variances = [pooled([variant.squares[place] for variant in in_order.values()]) for place in range(len(units))]
    return StudyErrors(
        {name: variant.errors(units, variances) for name, variant in in_order.items()},
        units={unit.name: unit.num_labelled for unit in units},
        covers_seeds=any(len(variant.seeds) > 1 for variant in in_order.values()),
    )


class _Resampling:
    """What is lost of labelled keypoints, on all images and on resamples of them, the same ones for all variants."""

    def __init__(self) -> None:
        self.known: dict[bytes, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}

    def losses(self, seeds: Sequence[Errors]) -> list[SeedValues]:
        """Of a labelled keypoint, per cent, a unit each."""
        labelled_IU = seeds[0].num_labelled
        draws_RI, counts_RU = self._drawn(labelled_IU)
        counts_U = labelled_IU.sum(axis=0)
        with np.errstate(invalid="ignore"):
            observed_SU = np.asarray([PERCENT * errors.lost.sum(axis=0) / counts_U for errors in seeds])
            resampled_SRU = np.asarray([PERCENT * (draws_RI @ errors.lost) / counts_RU for errors in seeds])
        return [SeedValues(observed_SU[:, unit], resampled_SRU[:, :, unit]) for unit in range(len(counts_U))]

    def _drawn(self, labelled_IU: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """How often images are drawn, and with them labels; the same labels as a rule."""
        key = labelled_IU.tobytes()
        if key not in self.known:
            draws = usual_draws(len(labelled_IU)).astype(np.float64)
            self.known[key] = draws, draws @ labelled_IU
        return self.known[key]


@dataclass(frozen=True)
class _Variant:
    """A variant before the variance over seeds, which all variants share, is known.

    Attributes:
        lost: mean over seeds, a unit each.
        squares: what it adds to that variance, a unit each.
        compared: with the other variant, by place of the unit.
    """

    seeds: tuple[Errors, ...]
    found: tuple[Found, ...]
    lost: list[float]
    squares: list[SeedSquares]
    compared: dict[int, PairedMeans]

    @classmethod
    def of(
        cls, runs: Sequence[tuple[Found, Errors]], losses: list[SeedValues], other: list[SeedValues] | None
    ) -> _Variant:
        first = runs[0][1]
        compared = {
            place: PairedMeans.of(other[place], losses[place], num_images=len(first.lost))
            for place, unit in enumerate(first.units)
            if other is not None and unit.num_labelled
        }
        return cls(
            tuple(replace(errors, lost=np.empty(0), num_labelled=np.empty(0, np.intp)) for _, errors in runs),
            tuple(found for found, _ in runs),
            [loss.mean for loss in losses],
            [SeedSquares.of(loss) for loss in losses],
            compared,
        )

    def errors(self, units: Sequence[UnitErrors], variances: Sequence[SeedVariance | None]) -> VariantErrors:
        named = list(enumerate(units))
        return VariantErrors(
            self.seeds,
            self.found,
            {unit.name: self.lost[place] if unit.num_labelled else None for place, unit in named},
            {
                unit.name: self.compared[place].difference(variances[place])
                for place, unit in named
                if place in self.compared
            },
        )

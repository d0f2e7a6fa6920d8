"""Errors of each variant, over its seeds, and how much of each keypoint a variant loses against the one it is compared
with. AP in points, 0 to 100; shares and losses in per cent.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.analysis.errors import OUTCOMES, ClassErrors, Errors, UnitErrors
from gtpt_bench.evaluation.differences import Difference, PairedMeans, SeedSquares, SeedValues, SeedVariance, pooled
from gtpt_bench.evaluation.resampled import usual_draws
from gtpt_bench.report.records import Found, VariantRecords

PERCENT = 100.0
MOST_EVALUATIONS = 2_000
"""That one report reads the errors of, a millisecond each; of more, those of the variants of highest AP."""
READ_AT_ONCE = 100
"""Evaluations, at the least, that are resampled in one product: a product each keeps all cores busy with waiting."""


@dataclass(frozen=True)
class VariantErrors:
    """Errors of one variant.

    Attributes:
        seeds: of each evaluation, without its images.
        found: the records they belong to.
        lost: mean OKS term lost a labelled keypoint, per cent, by unit; None where none is labelled.
        differences: of `lost` to the variant compared with, by unit; empty for the baseline.
        reference: records of the variant compared with; none for the baseline.
    """

    seeds: tuple[Errors, ...]
    found: tuple[Found, ...]
    lost: Mapping[str, float | None]
    differences: Mapping[str, Difference] = field(default_factory=dict)
    reference: tuple[Found, ...] = ()

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
        num_more: evaluated variants whose errors were not read.
    """

    variants: dict[str, VariantErrors]
    units: Mapping[str, int]
    covers_seeds: bool
    num_more: int = 0


def study_errors(records: Mapping[str, VariantRecords], reference: Callable[[str], str]) -> StudyErrors | None:
    """Errors of all variants that there is time for; None if no evaluation has them.

    Args:
        reference: the variant that another one is compared with; its own name for none.
    """
    compared_with = {reference(name) for name in records}
    chosen = _chosen(records, compared_with)
    told: dict[str, _Variant] = {}
    references: dict[str, list[SeedValues]] = {}
    for name, runs, losses in _read(records, chosen):
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
        {
            name: variant.errors(units, variances, told[reference(name)].found if variant.compared else ())
            for name, variant in in_order.items()
        },
        units={unit.name: unit.num_labelled for unit in units},
        covers_seeds=any(len(variant.seeds) > 1 for variant in in_order.values()),
        num_more=sum(bool(own.evaluations) for own in records.values()) - len(chosen),
    )


def _chosen(records: Mapping[str, VariantRecords], compared_with: Container[str]) -> list[str]:
    """Evaluated variants that there is time for: those that others are compared with first, then by AP."""
    known = {name: own.evaluations for name, own in records.items() if own.evaluations}
    aps = {name: float(np.mean([run.found.record["metrics"]["AP"] for run in runs])) for name, runs in known.items()}
    ranked = sorted(known, key=lambda name: (name not in compared_with, -aps[name]))
    so_far = accumulate(len(known[name]) for name in ranked)
    within = [name for name, number in zip(ranked, so_far, strict=True) if number <= MOST_EVALUATIONS]
    return within or ranked[:1]


Runs = list[tuple[Found, Errors]]
"""Evaluations of one variant with their records, a seed each."""


def _read(records: Mapping[str, VariantRecords], names: Sequence[str]) -> Iterator[tuple[str, Runs, list[SeedValues]]]:
    """Of each variant whose errors are known what is lost, a unit each; of few at a time images are held."""
    resampling, waiting = _Resampling(), dict[str, Runs]()
    for name in names:
        known = [(run.found, errors) for run in records[name].evaluations if (errors := run.kept.errors()) is not None]
        if known:
            waiting[name] = known
        if sum(map(len, waiting.values())) >= READ_AT_ONCE:
            yield from resampling.of_each(waiting)
            waiting = {}
    yield from resampling.of_each(waiting)


class _Resampling:
    """What is lost of labelled keypoints, on all images and on resamples of them, the same ones for all variants."""

    def __init__(self) -> None:
        self.known: dict[bytes, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}

    def of_each(self, variants: Mapping[str, Runs]) -> Iterator[tuple[str, Runs, list[SeedValues]]]:
        """Variants with the same labels, as they have as a rule, together."""
        alike: dict[bytes, list[str]] = {}
        for name, runs in variants.items():
            alike.setdefault(runs[0][1].num_labelled.tobytes(), []).append(name)
        found: dict[str, list[SeedValues]] = {}
        for names in alike.values():
            seeds = [[errors for _, errors in variants[name]] for name in names]
            found |= zip(names, self._losses(seeds), strict=True)
        for name, runs in variants.items():
            yield name, runs, found[name]

    def _losses(self, variants: Sequence[Sequence[Errors]]) -> list[list[SeedValues]]:
        """Of a labelled keypoint, per cent; a list a variant, in it a unit each."""
        labelled_IU = variants[0][0].num_labelled
        draws_IR, counts_UR = self._drawn(labelled_IU)
        (num_units, num_resamples), counts_U = counts_UR.shape, labelled_IU.sum(axis=0)
        lost_SUI = np.stack([errors.lost.T for seeds in variants for errors in seeds])
        drawn = lost_SUI.reshape(-1, len(labelled_IU)) @ draws_IR
        with np.errstate(invalid="ignore"):
            observed_SU = PERCENT * lost_SUI.sum(axis=2) / counts_U
            resampled_SUR = PERCENT * drawn.reshape(-1, num_units, num_resamples) / counts_UR
        ends = np.cumsum([len(seeds) for seeds in variants])
        own = [slice(end - len(seeds), end) for end, seeds in zip(ends, variants, strict=True)]
        return [
            [SeedValues(observed_SU[seeds, unit], resampled_SUR[seeds, unit]) for unit in range(num_units)]
            for seeds in own
        ]

    def _drawn(self, labelled_IU: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """How often images are drawn `[I, R]`, and with them labels `[U, R]`; the same labels as a rule."""
        key = labelled_IU.tobytes()
        if key not in self.known:
            draws_IR = np.ascontiguousarray(usual_draws(len(labelled_IU)).T, dtype=np.float64)
            self.known[key] = draws_IR, labelled_IU.T @ draws_IR
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

    def errors(
        self, units: Sequence[UnitErrors], variances: Sequence[SeedVariance | None], reference: tuple[Found, ...]
    ) -> VariantErrors:
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
            reference,
        )

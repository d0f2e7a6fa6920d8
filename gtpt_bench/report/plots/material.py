"""What plots are drawn from, and what drawing one comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from gtpt_bench.report.accuracy import StudyAccuracy
from gtpt_bench.report.cells import StudyTable
from gtpt_bench.report.records import VariantRecords
from gtpt_bench.report.tokens import StudyTokens, study_tokens
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.store import StudyFolder

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Material:
    """A study's results.

    Attributes:
        table: the report's; plots show its cells.
        folder: for the histories of trainings, which are read when a plot asks for them.
    """

    plan: Plan
    table: StudyTable
    accuracy: StudyAccuracy | None
    records: Mapping[str, VariantRecords]
    folder: StudyFolder

    @cached_property
    def tokens(self) -> StudyTokens:
        """Read when a plot asks for them first."""
        return study_tokens(self.plan, self.folder, self.records)


class Drawn(NamedTuple):
    """A figure and its caption."""

    figure: Figure
    caption: str


class NotDrawn(NamedTuple):
    """Why there is no figure, as the rest of a sentence: `nothing was timed`."""

    reason: str

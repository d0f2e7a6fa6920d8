"""One table of a paper, ready to be written: its rows, title and notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from gtpt_bench.report.accuracy import study_accuracy
from gtpt_bench.report.cells import Cell, StudyTable, reference_file
from gtpt_bench.report.paper.ablations import ablation_table
from gtpt_bench.report.paper.ablations_caption import ablation_notes
from gtpt_bench.report.paper.kept_study import KeptStudy, PaperFolders, kept_study
from gtpt_bench.report.paper.models import model_rows, model_table
from gtpt_bench.report.paper.models_caption import model_notes
from gtpt_bench.report.paper.which import TABLES, AblationTable, ModelTable, PaperTable

RECORDS = PurePosixPath("results") / "records"
"""Where the files of measured cells lie in the repository."""


@dataclass(frozen=True)
class RebuiltTable:
    """Attributes:
    name: of its files.
    notes: a line each, below the table.
    """

    name: str
    title: str
    table: StudyTable
    notes: list[str]


def paper_contents(folders: PaperFolders, tables: tuple[PaperTable, ...] = TABLES) -> Iterator[RebuiltTable]:
    """All tables, from records and reference files alone; each study is read once.

    Raises:
        InputError: a study file is not there, or wrong.
    """
    studies: dict[str, KeptStudy] = {}
    for wanted in tables:
        if wanted.study not in studies:
            studies[wanted.study] = kept_study(wanted.study, folders)
        yield _contents(wanted, studies[wanted.study])


def _contents(wanted: PaperTable, kept: KeptStudy) -> RebuiltTable:
    found = _of_models(wanted, kept) if isinstance(wanted, ModelTable) else _of_ablations(wanted, kept)
    return replace(found, table=_traced(found.table, kept.plan.study.study))


def _of_models(wanted: ModelTable, kept: KeptStudy) -> RebuiltTable:
    rows = model_rows(kept)
    table = model_table(kept, rows)
    return RebuiltTable(wanted.name, wanted.title, table, model_notes(wanted, kept, rows, table))


def _of_ablations(wanted: AblationTable, kept: KeptStudy) -> RebuiltTable:
    accuracy = study_accuracy({name: own.evaluations for name, own in kept.records.items()}, kept.plan.reference)
    table = ablation_table(wanted, kept, accuracy)
    return RebuiltTable(wanted.name, wanted.title, table, ablation_notes(wanted, kept, table, accuracy))


def _traced(table: StudyTable, study: str) -> StudyTable:
    """With files as they lie in the repository instead of in the study's folder."""
    rows = (
        replace(row, cells={key: _in_repository(cell, study) for key, cell in row.cells.items()}) for row in table.rows
    )
    return replace(table, rows=tuple(rows))


def _in_repository(cell: Cell, study: str) -> Cell:
    reference = reference_file("")
    files = (name if name.startswith(reference) else str(RECORDS / study / name) for name in cell.files)
    return replace(cell, files=tuple(files))

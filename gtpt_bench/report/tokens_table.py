"""Kept tokens in figures: for people by stage and group, for programs every keypoint too, each with its record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from gtpt_bench.files import write_text
from gtpt_bench.report.cells import NOTHING, Cell, Column, Row, StudyTable, filled, measured_cell
from gtpt_bench.report.formats import as_csv, as_markdown, provenance_csv
from gtpt_bench.report.tokens import StudyTokens, VariantTokens
from gtpt_bench.report.tokens_words import COUNTED, origin

NAMES = ("tokens.md", "tokens.csv", "tokens_provenance.csv")
PERCENT = 100.0


def write_token_tables(tokens: StudyTokens, folder: Path) -> None:
    """Write them, or take an earlier report's away if nothing was recorded."""
    if not tokens.variants:
        for name in NAMES:
            (folder / name).unlink(missing_ok=True)
        return
    caption = [
        "Per cent. Kept: share of the image tokens that survive to the end of a stage, where choosing them by chance "
        f"would lie. Survived: share of true keypoints whose image token survives. {COUNTED}",
        origin(tokens),
    ]
    everything = everything_table(tokens)
    write_text(folder / "tokens.md", "# Kept tokens\n\n" + as_markdown(stage_table(tokens), caption))
    write_text(folder / "tokens.csv", as_csv(everything))
    write_text(folder / "tokens_provenance.csv", provenance_csv(everything))


def stage_table(tokens: StudyTokens) -> StudyTable:
    """A row a stage and group that prunes; of each variant what is kept and what survives."""
    columns: list[Column] = []
    rows: dict[str, dict[str, Cell]] = {}
    for name, own in tokens.variants.items():
        kept, survived = (
            Column(f"kept: {name}", "kept", group=name),
            Column(f"survived: {name}", "survived", group=name),
        )
        columns += [kept, survived]
        for token_set in own.pruned_sets:
            cells = rows.setdefault(_label(own, token_set), {})
            cells[kept.key] = _cell(own, own.kept_by_seed(token_set))
            cells[survived.key] = _cell(own, own.survived(token_set, _members(own, token_set)))
    return StudyTable(tuple(columns), tuple(Row(label, cells) for label, cells in rows.items()), subject="tokens after")


def everything_table(tokens: StudyTokens) -> StudyTable:
    """A row a variant, with every keypoint."""
    columns: dict[str, Column] = {}
    rows = []
    for name, own in tokens.variants.items():
        cells = {column.key: (column, _cell(own, shares)) for column, shares in _columns(own)}
        columns = {**columns, **{key: column for key, (column, _) in cells.items()}}
        rows.append(Row(name, {key: cell for key, (_, cell) in cells.items()}))
    return StudyTable(filled(tuple(columns.values()), tuple(rows)), tuple(rows))


def _columns(own: VariantTokens) -> Iterator[tuple[Column, list[float]]]:
    """Each column, and its share of each seed."""
    names = own.runs[0].survival.keypoints
    for token_set in own.pruned_sets:
        label, members = _label(own, token_set), _members(own, token_set)
        yield _column(f"kept: {label}"), own.kept_by_seed(token_set)
        yield _column(f"survived: {label}"), own.survived(token_set, members)
        stage = own.stages.names[own.stages.token_sets[token_set].stage]
        for keypoint in members:
            yield _column(f"survived: {stage}, {names[keypoint]}"), own.survived(token_set, [keypoint])


def _column(key: str) -> Column:
    return Column(key, f"{key} (%)")


def _label(own: VariantTokens, token_set: int) -> str:
    stage, group = own.stages.token_sets[token_set]
    name = own.stages.names[stage]
    return name if group is None else f"{name}, {own.stages.groups[group].name}"


def _members(own: VariantTokens, token_set: int) -> Sequence[int]:
    """The keypoints that a token set is for."""
    group = own.stages.token_sets[token_set].group
    return range(len(own.stages.group_of)) if group is None else own.stages.groups[group].keypoints


def _cell(own: VariantTokens, shares: list[float]) -> Cell:
    if not shares:
        return NOTHING
    value = PERCENT * float(np.mean(shares))
    return measured_cell(value, f"{value:.1f}", *(run.found for run in own.runs))

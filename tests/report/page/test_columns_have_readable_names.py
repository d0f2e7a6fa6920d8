"""Columns for programs have words on the page too, and what says how far a figure may be off is no axis."""

from __future__ import annotations

import pytest

from gtpt_bench.report.cells import Cell, Column, Row, StudyTable
from gtpt_bench.report.page.axes import axes_as_json
from gtpt_bench.report.page.headings import headings

COLUMNS = (
    Column("convention", "convention that gives them"),
    Column("macs_full_g", "MACs full (G)"),
    Column("ap", "AP"),
    Column("ap_low", "", for_programs=True),
    Column("ap_high", "", for_programs=True),
    Column("ap_difference", "AP − AP of dense"),
    Column("ap_difference_p_holm", "", for_programs=True),
    Column("speed_up_b8", "speed-up, batch 8"),
    Column("speed_up_low_b8", "", for_programs=True),
    Column("ap_reported", "AP / AR, reported"),
    Column("ar_reported", "", for_programs=True),
)


@pytest.fixture
def table() -> StudyTable:
    rows = [Row(f"row {n}", {column.key: Cell("1", float(n), "measured") for column in COLUMNS}) for n in range(3)]
    return StudyTable(COLUMNS, tuple(rows))


def test_a_column_for_programs_is_named_after_the_one_it_is_about(table: StudyTable) -> None:
    named = headings(table)
    assert named["ap_low"] == "AP: 95 % interval, from"
    assert named["ap_difference_p_holm"] == "AP difference: p-value, corrected by Holm"
    assert named["speed_up_low_b8"] == "speed-up, batch 8: 95 % interval, from"
    assert named["ar_reported"] == "AR, reported"


def test_axes_are_figures_and_not_how_far_they_may_be_off(table: StudyTable) -> None:
    axes = axes_as_json(table)
    assert axes is not None
    labels = {column["key"]: column["label"] for column in axes["columns"]}
    assert not {"ap_low", "ap_high", "ap_difference_p_holm", "speed_up_low_b8"} & {*labels}
    assert labels["ap_reported"] == "AP, reported"
    assert labels["ar_reported"] == "AR, reported"

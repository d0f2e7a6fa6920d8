"""A small study's report: every cell of its files, worked out anew from the record or reference row that it names."""

from __future__ import annotations

import pytest

from gtpt_bench.report.write import write_report
from tests.report.made import Made, csv_rows, found, make_study
from tests.report.readers import markdown_cells, tex_cells
from tests.report.traced import IN_WORDS, MEASURED, TracedCell, check, traced_cells

PAPER = {"method": "Their net", "gflops": 1.6, "params_m": 5.4, "AP": 73.6, "AR": "", "source": "their paper, table 2"}
INTERVALS = ("ap_low", "ap_high", "ap_difference_half_width", "ap_difference_p", "ap_difference_p_holm")
"""Worked out from resamples, whose statistics have tests of their own (test_uncertainty_equals_closed_forms.py)."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    evaluations = {"dense": [found(range(80)), found(range(78))], "pruned": [found(range(70)), found(range(74))]}
    study = make_study(tmp_path_factory.mktemp("made"), evaluations, reported=[PAPER])
    write_report(study.plan, study.folder)
    return study


def cells(made: Made) -> list[TracedCell]:
    reference = made.folder.path.parent / "reference"
    return list(traced_cells(made.report("provenance.csv"), made.folder.path, reference))


def test_every_cell_is_what_its_files_say(made: Made) -> None:
    checked = [cell for cell in cells(made) if cell.column not in INTERVALS]
    for cell in checked:
        check(cell)
    assert {cell.column for cell in checked if cell.origin == "measured"} <= {*MEASURED, *IN_WORDS}
    assert {cell.origin for cell in checked} == {"measured", "reported", "configured", "missing"}


def test_intervals_name_every_evaluation_they_come_from(made: Made) -> None:
    accuracy = made.accuracy
    assert accuracy
    known = {(cell.row, cell.column): cell for cell in cells(made)}
    pruned = accuracy.variants["pruned"]
    assert pruned.compared is not None
    expected = {
        "ap_low": pruned.over_images.low,
        "ap_high": pruned.over_images.high,
        "ap_difference_half_width": pruned.half_width,
        "ap_difference_p": pruned.compared.p_value,
        "ap_difference_p_holm": pruned.p_corrected,
    }
    for column, value in expected.items():
        cell = known["pruned", column]
        assert float(cell.value) == value
        assert len(cell.of("evaluate")) == (4 if "difference" in column else 2)


def test_the_table_for_programs_holds_the_traced_values(made: Made) -> None:
    traced = {(cell.row, cell.column): cell.value for cell in cells(made)}
    for row in csv_rows(made.report("table.csv")):
        name, _, *columns = row
        assert {(row[name], column): row[column] for column in columns}.items() <= traced.items()


def test_latex_and_markdown_show_the_same(made: Made) -> None:
    in_markdown = markdown_cells(made.report("table.md").read_text(encoding="utf-8"))
    assert tex_cells(made.report("table.tex").read_text(encoding="utf-8")) == in_markdown

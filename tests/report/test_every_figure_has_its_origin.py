"""No figure without its provenance: each cell of each table is measured, reported or configured, and says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from gtpt_bench.files import write_json
from gtpt_bench.report.cells import Cell
from gtpt_bench.report.write import write_report
from gtpt_bench.study.store import read_record
from tests.report.made import COMMIT, Made, csv_rows, found, make_study, read, write_evaluation

PAPER = {"method": "Their net", "gflops": 1.6, "params_m": 5.4, "AP": 73.6, "AR": "", "source": "their paper, table 2"}


@pytest.fixture
def made(tmp_path: Path) -> Made:
    evaluations = {"dense": [found(range(80)), found(range(78))], "pruned": [found(range(70)), found(range(74))]}
    return make_study(tmp_path, evaluations, reported=[PAPER])


def cells(made: Made) -> list[tuple[str, str, Cell]]:
    """Every cell that the table shows, with its row and column; empty ones included."""
    table = made.table
    return [(row.name, c.key, row.cells.get(c.key, Cell("–"))) for row in table.rows for c in table.columns]


def test_every_number_says_whether_it_is_measured_reported_or_configured(made: Made) -> None:
    origins = {cell.origin for _, _, cell in cells(made) if cell.value is not None}
    assert origins == {"measured", "reported", "configured"}
    assert all(cell.origin == "missing" for _, _, cell in cells(made) if cell.text == "–")


def test_rows_of_papers_hold_only_reported_cells_and_own_rows_none(made: Made) -> None:
    for name, _, cell in cells(made):
        shown = cell.value is not None
        assert (cell.origin == "reported") == (shown and name.startswith("Their net"))


def test_every_measured_cell_leads_to_records_with_signature_code_and_machine(made: Made) -> None:
    measured = [cell for _, _, cell in cells(made) if cell.origin == "measured"]
    assert measured
    for cell in measured:
        assert cell.files
        for file in cell.files:
            record = read_record(made.folder.path / file)
            assert record is not None
            assert record["signature"][:8] in file
        assert cell.code == COMMIT[:10]
        assert cell.machine == "a device on a host"


def test_every_reported_cell_leads_to_a_row_that_holds_its_figure(made: Made, tmp_path: Path) -> None:
    columns = {"params_m": "params_m", "macs_thop_g": "gflops", "ap": "AP", "ar": "AR"}
    reported = [(key, cell) for _, key, cell in cells(made) if cell.origin == "reported"]
    assert {key for key, _ in reported} == {"params_m", "macs_thop_g", "ap"}
    for key, cell in reported:
        (row,) = csv_rows(tmp_path / cell.files[0])
        assert float(row[columns[key]]) == cell.value
        assert cell.machine == row["source"] == PAPER["source"]


def test_reported_macs_of_another_convention_do_not_stand_among_those_of_thop(tmp_path: Path) -> None:
    made = make_study(tmp_path, {"dense": [found(range(80))]}, reported=[PAPER | {"macs_convention": "mixed"}])
    (row,) = (row for row in made.table.rows if row.reported)
    assert "macs_thop_g" not in row.cells
    assert row.cells["ap"].value == 73.6


def test_what_was_not_reported_stays_empty(made: Made) -> None:
    (row,) = (row for row in made.table.rows if row.reported)
    assert "ar" not in row.cells


def test_measured_figures_are_those_of_the_records_they_name(made: Made) -> None:
    shown = {(name, key): cell for name, key, cell in cells(made)}
    for variant in ("dense", "pruned"):
        cost = read(made.folder.path / shown[variant, "params_m"].files[0])["metrics"]
        assert shown[variant, "params_m"].value == cost["params"] / 1e6
        assert shown[variant, "macs_full_g"].value == cost["macs"]["full"] / 1e9
        assert shown[variant, "macs_thop_g"].value == cost["macs"]["thop"] / 1e9
        evaluations = [read(made.folder.path / file)["metrics"] for file in shown[variant, "ap"].files]
        assert len(evaluations) == 2
        assert shown[variant, "ap"].value == pytest.approx(50 * sum(m["AP"] for m in evaluations))
        assert shown[variant, "ar"].value == pytest.approx(50 * sum(m["AR"] for m in evaluations))
        assert shown[variant, "latency_ms"].value == 10.0  # median of 9, 10, 10 and 12 ms
        assert shown[variant, "throughput"].value == 200.0


def test_a_difference_names_the_records_of_both_variants(made: Made) -> None:
    shown = {(name, key): cell for name, key, cell in cells(made)}
    both = {*shown["dense", "ap"].files, *shown["pruned", "ap"].files}
    assert set(shown["pruned", "ap_difference"].files) == both


def test_changed_or_unversioned_code_is_told(made: Made) -> None:
    file = made.folder.run(made.run("dense")).evaluation(made.run("dense").evaluate_signature)
    for code, words in (
        ({"version": "0.1.0", "commit": COMMIT, "dirty": True}, f"{COMMIT[:10]} with changes"),
        ({"version": "0.1.0", "commit": None, "dirty": False}, "version 0.1.0"),
    ):
        record = read(file)
        record["provenance"]["code"] = code
        write_json(file, record)
        assert words in {row.name: row for row in made.table.rows}["dense"].cells["ap"].code


def test_a_mean_over_seeds_from_two_machines_names_both(made: Made) -> None:
    write_evaluation(made, made.run("pruned", 1), found(range(74)), host="another host")
    machine = {row.name: row for row in made.table.rows}["pruned"].cells["ap"].machine
    assert machine == "a device on a host; a device on another host"


def test_the_provenance_file_has_a_line_for_every_cell_of_the_table(made: Made) -> None:
    write_report(made.plan, made.folder)
    lines = csv_rows(made.report("provenance.csv"))
    assert [(line["variant"], line["column"]) for line in lines] == [(row, column) for row, column, _ in cells(made)]
    for line, (_, _, cell) in zip(lines, cells(made), strict=True):
        assert line["origin"] == cell.origin
        assert line["files"].split("; ") == list(cell.files or ("",))
        if cell.origin == "measured":
            assert line["code"]
            assert line["machine_or_source"]
        if cell.origin == "reported":
            assert line["machine_or_source"] == PAPER["source"]

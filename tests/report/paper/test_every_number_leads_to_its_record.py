"""Every cell of every committed table of the papers, worked out anew from the record or reference row that it names."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gtpt_bench.report.paper.which import TABLES
from tests.report.readers import markdown_cells, tex_cells
from tests.report.traced import TracedCell, check, is_number, rows_of, traced_cells

ROOT = Path(__file__).resolve().parents[3]
PAPER, REFERENCE = ROOT / "results" / "paper", ROOT / "results" / "reference"
NAMES = [table.name for table in TABLES]


def cells(name: str) -> list[TracedCell]:
    return list(traced_cells(PAPER / f"{name}.provenance.csv", ROOT, REFERENCE))


@pytest.mark.parametrize("name", NAMES)
def test_cells_are_what_their_files_say(name: str) -> None:
    found = cells(name)
    for cell in found:
        check(cell)
    assert {"measured", "reported"} <= {cell.origin for cell in found}


@pytest.mark.parametrize("name", NAMES)
def test_the_numbers_for_programs_are_those_that_are_traced(name: str) -> None:
    traced = {(cell.row, cell.column): cell.value for cell in cells(name)}
    for row in rows_of(PAPER / f"{name}.csv"):
        first, _, *columns = row
        assert {(row[first], column): row[column] for column in columns}.items() <= traced.items()


@pytest.mark.parametrize("name", NAMES)
def test_what_people_read_is_the_traced_number_rounded(name: str) -> None:
    document = (PAPER / f"{name}.md").read_text(encoding="utf-8")
    _, *shown = markdown_cells(document)
    written = rows_of(PAPER / f"{name}.csv")
    values = [[row[column] for column in list(row)[2:]] for row in written]
    for texts, own in zip(shown, values, strict=True):
        numbers = {float(value) for value in own if is_number(value)}
        for text in texts[1:]:
            figures = re.findall(r"(?<![\w.=])[+-]?\d+(?:\.\d+)?(?![\w.])", text)  # not those of settings, a=1
            if "x" in text or re.fullmatch(r"[\d, ]+", text):  # input sizes; numbers of notes, and whole figures
                continue
            for figure in figures:
                half = 0.5 * 10 ** -len(figure.partition(".")[2]) + 1e-9
                assert any(abs(float(figure) - number) <= half for number in numbers), (texts[0], text)


@pytest.mark.parametrize("name", NAMES)
def test_latex_shows_what_markdown_shows(name: str) -> None:
    _, *in_markdown = markdown_cells((PAPER / f"{name}.md").read_text(encoding="utf-8"))
    _, *in_latex = tex_cells((PAPER / f"{name}.tex").read_text(encoding="utf-8"))
    assert in_latex == in_markdown


def test_claims_in_the_notes_are_changes_of_recorded_costs() -> None:
    """`Here in full -43.1 % (5.802 against 10.193 G)`: both counts stand in records, and the change is theirs."""
    document = (PAPER / "mpii.md").read_text(encoding="utf-8")
    metrics = [
        json.loads(path.read_text(encoding="utf-8"))["metrics"]
        for path in (ROOT / "results/records/paper_table_mpii").glob("cost-*.json")
    ]
    known = {f"{count / 1e9:.3f}" for own in metrics for count in own["macs"].values()}
    known |= {f"{own['params'] / 1e6:.3f}" for own in metrics}
    claims = re.findall(r"([+-]\d+\.\d) % \((\d+\.\d{3}) against (\d+\.\d{3}) [GM]\)", document)
    assert len(claims) == 3
    for percent, own, other in claims:
        assert {own, other} <= known
        assert float(percent) == pytest.approx(100 * (float(own) / float(other) - 1), abs=0.06)


def test_a_number_that_was_typed_by_hand_is_found_out(tmp_path: Path) -> None:
    text = (PAPER / "mpii.provenance.csv").read_text(encoding="utf-8")
    typed = re.sub(r"(HEViTPose-T,params_m,)[^,]+", r"\g<1>3.21", text)
    assert typed != text
    (tmp_path / "typed.csv").write_text(typed, encoding="utf-8")
    (cell,) = (
        cell
        for cell in traced_cells(tmp_path / "typed.csv", ROOT, REFERENCE)
        if (cell.row, cell.column) == ("HEViTPose-T", "params_m")
    )
    with pytest.raises(AssertionError, match=r"HEViTPose-T, params_m: 3\.21"):
        check(cell)

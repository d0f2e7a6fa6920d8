"""Markdown, LaTeX and CSV are three faces of one table; the CSV keeps all digits."""

from __future__ import annotations

import re

import pytest

from gtpt_bench.report.write import write_report
from tests.report.made import Made, csv_rows, found, make_study
from tests.report.readers import markdown_cells, tex_cells

PAPER = {"method": "Their net", "gflops": 1.6, "params_m": 5.4, "AP": 73.6, "AR": "", "source": "their paper, table 2"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    evaluations = {"dense": [found(range(80)), found(range(78))], "pruned": [found(range(70)), found(range(74))]}
    made = make_study(tmp_path_factory.mktemp("study"), evaluations, reported=[PAPER])
    write_report(made.plan, made.folder)
    return made


def test_markdown_and_latex_have_the_same_cells(made: Made) -> None:
    markdown = markdown_cells(made.report("table.md").read_text(encoding="utf-8"))
    latex = tex_cells(made.report("table.tex").read_text(encoding="utf-8"))
    assert markdown == latex
    assert [row[0] for row in markdown] == ["variant", "dense", "pruned", "Their net dense (reported)"]


def test_words_are_set_to_the_left_and_numbers_to_the_right(made: Made) -> None:
    headings, sides = made.report("table.md").read_text(encoding="utf-8").splitlines()[:2]
    by_heading = dict(zip(headings.split(" | "), sides.strip("|").split("|"), strict=True))
    assert by_heading["keep rates"] == " --- "
    assert by_heading["params (M)"] == " ---: "


def test_csv_has_the_figures_of_the_markdown_with_all_digits(made: Made) -> None:
    shown = markdown_cells(made.report("table.md").read_text(encoding="utf-8"))[1:]
    compared = 0
    for row, exact in zip(shown, csv_rows(made.report("table.csv")), strict=True):
        values = [exact[column.key] for column in made.table.shown]
        for text, value in zip(row[3:], values[2:], strict=True):  # after names, rates and tokens
            number = re.match(r"[+-]?\d+(?:\.(\d+))?", text)
            if number is None:
                assert (text, value) == ("–", "–")
                continue
            assert float(number[0]) == pytest.approx(float(value), abs=0.5001 * 10 ** -len(number[1] or ""))
            compared += 1
    assert compared > 15


def test_csv_has_the_uncertainty_in_columns_of_its_own(made: Made) -> None:
    """Seeds of 80 and 78, and of 70 and 74, persons of 100."""
    dense, pruned = csv_rows(made.report("table.csv"))[:2]
    assert float(dense["ap_seed_sd"]) == pytest.approx(2 / 2**0.5 * 100 / 101)
    assert float(pruned["ap_seed_sd"]) == pytest.approx(4 / 2**0.5, abs=0.8), "a recall level more or less"
    for row in (dense, pruned):
        assert float(row["ap_low"]) < float(row["ap"]) < float(row["ap_high"])
    assert (dense["ap_difference_p"], dense["ap_difference_half_width"]) == ("–", "–")
    assert f"± {float(pruned['ap_difference_half_width']):.1f}" in made.table.rows[1].cells["ap_difference"].text
    assert pruned["ap_difference_p"] == pruned["ap_difference_p_holm"], "a single comparison is not corrected"


def test_csv_tells_measured_rows_from_reported_ones(made: Made) -> None:
    origins = {row["variant"]: row["origin"] for row in csv_rows(made.report("table.csv"))}
    assert origins == {"dense": "measured", "pruned": "measured", "Their net dense": "reported"}


def test_reported_rows_are_in_italics_and_say_so(made: Made) -> None:
    markdown = made.report("table.md").read_text(encoding="utf-8").splitlines()
    latex = made.report("table.tex").read_text(encoding="utf-8").splitlines()
    assert [line for line in markdown if line.startswith("| *")] == [line for line in markdown if "Their net" in line]
    assert [line for line in latex if r"\textit" in line] == [line for line in latex if "Their net dense" in line]
    assert "Rows in italics are reported, not measured: their paper, table 2." in "\n".join(markdown)


def test_the_sign_of_a_difference_is_from_the_baseline(made: Made) -> None:
    rows = {row["variant"]: row for row in csv_rows(made.report("table.csv"))}
    difference = float(rows["pruned"]["ap"]) - float(rows["dense"]["ap"])
    assert float(rows["pruned"]["ap_difference"]) == pytest.approx(difference)
    assert difference < 0
    assert rows["dense"]["ap_difference"] == "–"


def test_a_report_from_the_same_records_is_the_same_to_the_byte(made: Made) -> None:
    names = ("table.md", "table.csv", "table.tex", "provenance.csv", "captions.md")
    before = {name: made.report(name).read_bytes() for name in names}
    write_report(made.plan, made.folder)
    assert {name: made.report(name).read_bytes() for name in names} == before

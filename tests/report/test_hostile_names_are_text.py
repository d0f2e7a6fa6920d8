"""Names from anywhere are shown as they are: no markup, no formula, no command, in no format."""

from __future__ import annotations

import csv
import io
import math
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gtpt_bench.report.cells import Cell, Column, Row, StudyTable
from gtpt_bench.report.formats import as_csv, as_latex, as_markdown, provenance_csv
from gtpt_bench.report.write import write_report
from tests.report.made import found, make_study
from tests.report.readers import inline_text, markdown_cells, markdown_tokens, tex_cells, tex_shown

SIGNS = "\\|*_`[]()<>&;#$%{}~^\"'=+-@!:/.,\t\r\n aZ09é±−–×"
names = st.text(st.sampled_from(SIGNS) | st.characters(exclude_categories=["C", "Z"]), max_size=24).filter(str.strip)
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")


def on_one_line(text: str) -> str:
    return " ".join(text.split())


def joined(text: str) -> str:
    """Accents with their letters, as LaTeX has them."""
    return unicodedata.normalize("NFC", on_one_line(text))


def hostile(test: Callable[..., None]) -> Callable[..., None]:
    """Any text, and those that are known to have done harm."""
    for text in (
        "<script>alert(1)</script>",
        '=HYPERLINK("http://x","y")',
        "=1+1",
        "-0",
        "+inf",
        "@SUM(A1)",
        "\t=1+1",
        "-2+3+cmd|' /C calc'!A0",
        r"\input{/etc/passwd}",
        r"a & b % c _ d # e $ f { g } h ~ i ^ j \ k",
        "[star after a row]",
        "*",
        "a | b",
        "&lt;b&gt;",
        "![x](javascript:alert(1))",
        "`code` ~~gone~~ **bold**",
        "a\r\nb\n\nc",
        "1. first",
        "- item",
        "≥ 中文 🙂 α x\u030c e\u0301",
    ):
        test = example(name=text)(test)
    return given(name=names)(test)


def table(name: str, *, reported: bool) -> StudyTable:
    columns = (Column("key", name), Column("ap", "AP"))
    return StudyTable(columns, (Row(name, {"key": Cell(name), "ap": Cell("71.0", 71.0, "measured")}, reported),))


@pytest.mark.parametrize("reported", [False, True])
@hostile
def test_markdown_shows_the_text_and_nothing_else(name: str, reported: bool) -> None:
    shown = on_one_line(name)
    heading, row = markdown_cells(as_markdown(table(name, reported=reported), [name]))
    assert heading == ["variant", shown, "AP"]
    assert row == [on_one_line(f"{name} (reported)") if reported else shown, shown, "71.0"]


@hostile
def test_markdown_captions_are_paragraphs_of_text(name: str) -> None:
    document = as_markdown(StudyTable((), ()), [f"x {name}", name]).partition("| --- |\n")[2]
    kinds = {token.type for token in markdown_tokens(document)}
    assert kinds == {"paragraph_open", "inline", "paragraph_close"}
    (text,) = (inline_text(token) for token in markdown_tokens(document) if token.type == "inline")
    assert text.split() == f"x {name} {name}".split()


@pytest.mark.parametrize("reported", [False, True])
@hostile
def test_latex_shows_the_text_and_nothing_else(name: str, reported: bool) -> None:
    shown = joined(name)
    document = as_latex(table(name, reported=reported), [name])
    heading, row = tex_cells(document)
    assert heading == ["variant", shown, "AP"]
    assert row == [joined(f"{name} (reported)") if reported else shown, shown, "71.0"]
    (caption,) = (line for line in document.splitlines() if line.startswith(r"\caption{"))
    assert tex_shown(caption.removeprefix(r"\caption{").removesuffix("}")) == shown


@hostile
def test_no_row_of_latex_begins_with_an_argument_of_the_row_before(name: str) -> None:
    rows = as_latex(table(name, reported=False), []).partition("\\midrule\n")[2]
    assert rows[:1] not in ("[", "*")


@hostile
def test_csv_reads_back_with_formulas_made_text(name: str) -> None:
    for written in (as_csv(table(name, reported=False)), provenance_csv(table(name, reported=False))):
        rows = list(csv.reader(io.StringIO(written, newline="")))
        assert len({len(row) for row in rows}) == 1
        for row in rows[1:]:
            assert row[0].removeprefix("'") == on_one_line(name).removeprefix("'")
            assert not row[0].startswith(FORMULAS) or math.isfinite(float(row[0]))


def test_negative_figures_stay_numbers_in_csv() -> None:
    cells = {"key": Cell("-1.2", -1.25, "measured"), "ap": Cell("−")}
    written = as_csv(StudyTable((Column("key", "key"), Column("ap", "AP")), (Row("-a", cells),)))
    assert written.splitlines()[1] == "'-a,measured,-1.25,−"


def test_a_study_full_of_hostile_text_is_reported_whole(tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)> =1+1 | \\input{x} $\\frac$ % # & _ ~ ^ {"
    paper = {"method": evil, "gflops": 1.0, "params_m": 1.0, "AP": 1.0, "AR": 1.0, "source": evil}
    evaluations = {"-rf _x_": [found(range(60))], "+1 é": [found(range(50))]}
    plots = {"plots": ["ap_against_macs", "kept_tokens"]}
    made = make_study(tmp_path, evaluations, host=evil, reported=[paper], title=evil, question=evil, report=plots)
    write_report(made.plan, made.folder)
    for file in ("table.md", "captions.md"):
        document = made.report(file).read_text(encoding="utf-8")
        assert not [token for token in markdown_tokens(document) if token.type.startswith("html")]
        assert all(inline_text(t) is not None for t in markdown_tokens(document) if t.type == "inline")
    latex = made.report("table.tex").read_text(encoding="utf-8")
    assert [row[0] for row in tex_cells(latex)] == ["variant", "-rf _x_", "+1 é", f"{evil} -rf _x_ (reported)"]
    assert all(made.report(f"{plot}.svg").stat().st_size > 0 for plot in made.plan.study.report.plots)

"""What `run` and `report` print: the table of the files without markup, whole in a pipe, in blocks on a terminal."""

from __future__ import annotations

import os
import re
import sys
from unittest import mock

import pytest

from gtpt_bench.cli.printing import print_whole
from gtpt_bench.report.cells import Cell, Column, Row, StudyTable
from gtpt_bench.report.in_terminal import in_terminal
from gtpt_bench.shown import Section

COLUMNS = (Column("note", "what is written of it in words"), Column("ap", "AP"), Column("rank_x", "rank_x (1)"))
TABLE = StudyTable(
    COLUMNS,
    (
        Row("top_k [1, 2]", {"note": Cell("as | it is"), "ap": Cell("-1.0 ± 0.7", -1.0), "rank_x": Cell("2", 2.0)}),
        Row("Their net", {"ap": Cell("71.0", 71.0, "reported")}, reported=True),
    ),
)


def shown(capsys: pytest.CaptureFixture[str], section: Section) -> list[str]:
    print_whole(section)
    return [re.sub(r"\x1b\[\d*m", "", line).rstrip() for line in capsys.readouterr().out.splitlines()]


def test_a_pipe_has_every_word_on_the_line_of_its_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, in_terminal(TABLE, ["Asked of gtpt_s_coco, * and \\ as they are."])) == [
        "variant                 what is written of it in words          AP  rank_x (1)",
        "top_k [1, 2]            as | it is                      -1.0 ± 0.7           2",
        "*Their net (reported)*  –                                   *71.0*           –",
        "",
        "Asked of gtpt_s_coco, * and \\ as they are.",
        "*Between stars*: in italics.",
    ]


def test_no_width_is_too_much_for_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    columns = tuple(Column(f"c{number}", f"column {number}") for number in range(60))
    row = Row("a", {column.key: Cell(f"{'x' * 30}{column.key}") for column in columns})
    heading, line, *_ = shown(capsys, in_terminal(StudyTable(columns, (row,)), []))
    assert heading.split("  ")[-1].strip() == "column 59"
    assert len(line.split()) == 61


def test_a_terminal_has_the_columns_without_room_below(capsys: pytest.CaptureFixture[str]) -> None:
    with mock.patch.object(sys.stdout, "isatty", return_value=True), mock.patch.dict(os.environ, COLUMNS="60"):
        lines = shown(capsys, in_terminal(TABLE, []))
    assert max(map(len, lines)) <= 60
    assert [line.split()[0] for line in lines if line.startswith("variant")] == ["variant", "variant"]
    assert [line for line in lines if "AP" in line] == ["variant                         AP  rank_x (1)"]


def test_nothing_in_a_name_steers_the_terminal() -> None:
    evil = in_terminal(StudyTable((), (Row("\x1b[31mred\x07\nx\u202e", {}),)), ["\x1b]0;title\x07"])
    assert evil.rows == ((r"\x1b[31mred\x07 x\u202e",),)
    assert evil.notes == ("", r"\x1b]0;title\x07")

"""Tables on a terminal look as rich's do, but are quick: rich itself is the referee."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from gtpt_bench.cli.columns import GAP, blocks, narrowed, set_in_columns
from gtpt_bench.cli.printing import plain, print_table

words = st.text(st.sampled_from("ab1 ,é漢"), max_size=12).map(str.strip)
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(words, min_size=width, max_size=width), min_size=1, max_size=5)
)


def by_rich(rows: list[list[str]], right: list[bool], room: int) -> list[str]:
    table = Table(box=None, pad_edge=False, show_header=False)
    for is_right in right:
        table.add_column(justify="right" if is_right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(plain, row))
    out = io.StringIO()
    Console(file=out, width=room, highlight=False).print(table)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def ours(rows: list[list[str]], right: list[bool], room: int) -> list[str]:
    return [line.rstrip() for row in set_in_columns(rows, right, room) for line in row]


@given(rows=tables, right=st.lists(st.booleans(), min_size=4, max_size=4))
def test_tables_that_fit(rows: list[list[str]], right: list[bool]) -> None:
    right = right[: len(rows[0])]
    assert ours(rows, right, room=200) == by_rich(rows, right, room=200)


WIDE = [
    ["variant", "state", "words"],
    ["keep_rates 1-0.7-0.3-0.1", "failed", "the loss is no longer a number"],
    ["a", "done", "AP 1"],
    ["width 漢漢漢漢漢漢漢漢漢漢", "missing", ""],
]


@pytest.mark.parametrize("room", [25, 31, 40])
def test_tables_that_are_too_wide_are_folded(room: int) -> None:
    assert ours(WIDE, [False] * 3, room) == by_rich(WIDE, [False] * 3, room)


@pytest.mark.parametrize("room", [12, 17])
def test_nothing_is_lost_where_there_is_hardly_room(room: int) -> None:
    """Rich leaves the odd letter across to another column."""
    lines = ours(WIDE, [False] * 3, room)
    assert max(map(cell_len, lines)) <= room
    assert sorted("".join(lines).replace(" ", "")) == sorted("".join(map("".join, WIDE)).replace(" ", ""))


@given(widths=st.lists(st.integers(1, 60), min_size=1, max_size=6), room=st.integers(6, 100))
def test_wide_columns_give_way_to_narrow_ones(widths: list[int], room: int) -> None:
    found = narrowed(widths, room)
    assert sum(found) == min(sum(widths), room)
    touched = [new for old, new in zip(widths, found, strict=True) if new < old]
    assert all(new == old or old >= max(touched) for old, new in zip(widths, found, strict=True))
    assert not touched or max(touched) - min(touched) <= 1


def test_numbers_are_set_to_the_right_and_markup_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("[title]", ("[name]", "MACs"), [("a", "1,000"), ("[bold]b", "20")])
    assert capsys.readouterr().out.splitlines() == ["[title]", "[name]    MACs", "a        1,000", "[bold]b     20"]


def test_a_table_without_rows_is_its_heading(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("", ("part", "state"), [])
    assert capsys.readouterr().out == "part  state\n"


@given(widths=st.lists(st.integers(1, 60), min_size=1, max_size=12), room=st.integers(6, 100))
def test_blocks_have_room_and_hold_every_column_once_beside_the_first(widths: list[int], room: int) -> None:
    found = blocks(widths, room)
    assert [place for block in found for place in block[1:]] == list(range(1, len(widths)))
    for block in found:
        assert block[0] == 0
        assert len(block) <= 2 or sum(widths[place] for place in block) + len(GAP) * (len(block) - 1) <= room

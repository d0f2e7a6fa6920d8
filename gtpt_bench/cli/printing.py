"""How answers are shown: tables for people, JSON for programs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from gtpt_bench.cli.columns import GAP, blocks, set_in_columns, widths_of
from gtpt_bench.shown import NONE, Section


def print_json(content: Any) -> None:
    typer.echo(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, pipe_width: int = 200) -> None:
    """A table on stdout; columns whose cells are all numbers are set to the right.

    Args:
        pipe_width: letters across where stdout is no terminal; wider cells are folded.
    """
    console = Console(width=None if sys.stdout.isatty() else pipe_width, highlight=False)
    numeric = [bool(rows) and all(_is_number(row[place]) for row in rows) for place in range(len(columns))]
    heading, *lines = set_in_columns([columns, *rows], numeric, console.width)
    if title:
        console.print(Text(title, style="italic"))
    console.print(Text("\n".join(heading), style="bold"), soft_wrap=True)
    sys.stdout.write("".join(f"{line}\n" for row in lines for line in row))


WORD = re.compile(r"[^\W\d_]{4,}")
"""Longer than a unit."""


def _is_number(cell: str) -> bool:
    """`+12.6 ± 1.4`, `40 ms`, `64/45 (62 %)`; not the name `192x144 none`."""
    return cell in ("", NONE) or (cell.lstrip("*+-−")[:1].isdigit() and not WORD.search(cell))


def print_whole(section: Section) -> None:
    """A table of many columns: as wide as it is in a file or pipe; those that a terminal has no room for stand below
    the others, each time with the first."""
    widths = widths_of([section.columns, *section.rows])
    whole = sum(widths) + len(GAP) * (len(widths) - 1)
    room = Console().width if sys.stdout.isatty() else whole
    for number, block in enumerate(blocks(widths, room)):
        if number:
            typer.echo()
        columns, *rows = ([line[place] for place in block] for line in (section.columns, *section.rows))
        print_table(section.title, columns, rows, pipe_width=whole)
    for note in section.notes:
        typer.echo(note)


def print_sections(sections: Iterable[Section]) -> None:
    """Tables with their notes, a blank line between them."""
    for place, section in enumerate(sections):
        if place:
            typer.echo()
        if section.columns:
            print_table(section.title, section.columns, section.rows)
        for note in section.notes:
            typer.echo(note)


def plain(cell: str) -> str:
    """A cell that rich does not take for markup."""
    return cell.replace("[", r"\[")

"""How answers are shown: tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from gtpt_bench.cli.columns import set_in_columns
from gtpt_bench.shown import NONE, Section


def print_json(content: Any) -> None:
    typer.echo(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on stdout; columns whose cells are all numbers are set to the right."""
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    numeric = [
        bool(rows) and all(row[place][:1].isdigit() or row[place] in ("", NONE) for row in rows)
        for place in range(len(columns))
    ]
    heading, *lines = set_in_columns([columns, *rows], numeric, console.width)
    if title:
        console.print(Text(title, style="italic"))
    console.print(Text("\n".join(heading), style="bold"), soft_wrap=True)
    sys.stdout.write("".join(f"{line}\n" for row in lines for line in row))


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

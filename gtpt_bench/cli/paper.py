"""The tables of the papers, and the compact records that they are made of: `report paper`, `keep`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gtpt_bench.cli.options import DEFAULT_RESULTS, AsJson, Results
from gtpt_bench.errors import InputError

NAME = "paper"
"""In place of a study."""


def report_paper(results: Path, *, check: bool, html: bool, json: bool) -> int:
    """Write the tables, or say which no longer follow from the records; the exit code.

    Raises:
        InputError: this is not the folder of the repository, a study file is wrong, or records are damaged or absent.
    """
    from gtpt_bench.report.paper.contents import paper_contents
    from gtpt_bench.report.paper.files import differing, paper_files, write_files
    from gtpt_bench.report.paper.kept_files import check_records
    from gtpt_bench.report.paper.kept_study import PaperFolders
    from gtpt_bench.report.paper.which import TABLES

    if html:
        raise InputError("a page is made of one study; use gtpt-study report STUDY --html")
    folders = PaperFolders(Path("studies"), results / "records", results / "paper")
    files = paper_files(list(paper_contents(folders)))
    check_records(folders.records, dict.fromkeys(table.study for table in TABLES))
    names = [str(folders.tables / name) for own in files.values() for name in own]
    if check:
        return _checked(differing(files, folders.tables), json=json)
    write_files(files, folders.tables)
    _say({"folder": str(folders.tables), "files": names}, [f"{len(names)} files in {folders.tables}"], json=json)
    return 0


def _checked(lines: list[str], *, json: bool) -> int:
    _say({"differing": lines}, lines or ["all tables follow from the records"], json=json)
    return 1 if lines else 0


def keep(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="Study file (YAML), or its name.", show_default=False)],
    profile: Annotated[str, typer.Option(help="Profile to keep; the one that ran last by default.")] = "",
    results: Results = DEFAULT_RESULTS,
    to: Annotated[
        Path | None, typer.Option(help="Folder of compact records; records/ in the results by default.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Copy what a study measured, without weights, predictions and logs, to where it can be committed."""
    from gtpt_bench.study import keep as compact
    from gtpt_bench.study.session import last_plan, study_name
    from gtpt_bench.study.store import StudyFolder

    folder = StudyFolder(results / study_name(study))
    files = compact.keep(last_plan(folder, profile), folder, to or results / "records")
    size = sum(file.stat().st_size for file in files)
    words = f"{len(files)} records, {size / 1024:,.0f} kB, in {files[0].parent}"
    _say({"files": [str(file) for file in files], "bytes": size}, [words], json=json)


def _say(content: object, lines: list[str], *, json: bool) -> None:
    from gtpt_bench.cli.printing import print_json

    if json:
        print_json(content)
        return
    for line in lines:
        typer.echo(line)

"""The files of the paper's tables: written, or held against those that are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from gtpt_bench.files import write_text
from gtpt_bench.report.formats import as_csv, as_markdown, markdown_line, provenance_csv
from gtpt_bench.report.paper.contents import RebuiltTable
from gtpt_bench.report.paper.latex import document, paper_latex

INDEX, DOCUMENT = "README.md", "tables.tex"
COMMAND = "gtpt-study report paper"


def paper_files(tables: Sequence[RebuiltTable]) -> dict[str, dict[str, str]]:
    """Text of each file by its name, of each table by its name; what lists them all is under ""."""
    found = {table.name: _of_table(table) for table in tables}
    return found | {"": {INDEX: _index(tables), DOCUMENT: document([table.name for table in tables])}}


def write_files(files: dict[str, dict[str, str]], folder: Path) -> None:
    for own in files.values():
        for name, text in own.items():
            write_text(folder / name, text)


def differing(files: dict[str, dict[str, str]], folder: Path) -> list[str]:
    """A line for each table whose files are not what the records give, and for files of no table."""
    lines = [line for table, own in files.items() if (line := _differs(table, own, folder))]
    known = {name for own in files.values() for name in own}
    ours = {Path(name).suffix for name in known}
    strange = [path.name for path in sorted(folder.glob("*")) if path.suffix in ours and path.name not in known]
    return [*lines, *(f"{name}: belongs to no table; remove {folder / name}" for name in strange)]


def _of_table(table: RebuiltTable) -> dict[str, str]:
    name = table.name
    heading = f"# {markdown_line(table.title)}\n\n"
    return {
        f"{name}.md": heading + as_markdown(table.table, table.notes),
        f"{name}.csv": as_csv(table.table),
        f"{name}.tex": paper_latex(table.table, table.title, table.notes),
        f"{name}.provenance.csv": provenance_csv(table.table),
    }


def _index(tables: Iterable[RebuiltTable]) -> str:
    lines = [
        "# Tables of the papers, rebuilt",
        "",
        f"Written by `{COMMAND}` from `results/records/` and `results/reference/`, never by hand; `{COMMAND} --check` "
        "says what no longer follows from them.",
        "",
        "| table | LaTeX | numbers | origin of every cell |",
        "| --- | --- | --- | --- |",
        *(
            f"| [{markdown_line(table.title)}]({table.name}.md) | [{table.name}.tex]({table.name}.tex) "
            f"| [{table.name}.csv]({table.name}.csv) | [{table.name}.provenance.csv]({table.name}.provenance.csv) |"
            for table in tables
        ),
        "",
        f"All in one document: `pdflatex {DOCUMENT}`.",
        "",
    ]
    return "\n".join(lines)


def _differs(table: str, own: dict[str, str], folder: Path) -> str:
    missing = [name for name in own if not (folder / name).is_file()]
    other = [name for name, text in own.items() if name not in missing and _text(folder / name) != text]
    words = [f"{verb}: {', '.join(names)}" for verb, names in (("missing", missing), ("differs", other)) if names]
    if not words:
        return ""
    return (
        f"{table or 'list of tables'}: does not follow from the records ({'; '.join(words)}); write it with {COMMAND}"
    )


def _text(path: Path) -> str:
    """As it was written; no text at all is different too."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return ""

"""The reference files: parsed whole, every row with its source, every figure as its source has it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from gtpt_bench.errors import StudyError
from gtpt_bench.study.reference import REFERENCE, TEXT_COLUMNS
from gtpt_bench.study.reported import look_up
from gtpt_bench.study.spec import ReportedRow

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / REFERENCE).glob("*.csv"))
README_TABLES = {
    "gtpt_readme_coco.csv": ("Results on COCO validation set", ["gflops", "params_m", "AP", "AR"]),
    "gtpt_readme_wholebody.csv": (
        "Results on COCO-WholeBody validation set",
        [
            "input_size",
            "gflops",
            *(f"{part}_{a}" for part in ("whole", "body", "foot", "face", "hand") for a in ("AP", "AR")),
        ],
    ),
}


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def seed(beginning: str) -> str:
    """The source text whose number is `beginning`; the test is skipped where it does not lie beside the project."""
    found = sorted((ROOT.parent / "shared" / "seeds").glob(f"{beginning}_*.txt"))
    if not found:
        pytest.skip("the source texts (../shared/seeds) are not on this machine")
    return found[0].read_text(encoding="utf-8")


def table_after(text: str, title: str) -> dict[str, list[str]]:
    """Rows of a README table by method: lines that end in at least four figures."""
    lines = text.partition(f"\n{title}\n")[2].partition("\nNote:")[0].splitlines()
    found = (re.fullmatch(r"(\S+) ((?:\S+ ){3,}\S+)", line) for line in lines)
    return {m[1]: m[2].split() for m in found if m and re.fullmatch(r"[\d.]+|-", m[2].split()[-1]) and m[1] != "Method"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_row_names_its_method_and_source(file: Path) -> None:
    found = rows(file)
    assert found
    for row in found:
        assert None not in row, "a row has more cells than the heading"
        assert None not in row.values(), "a row has fewer cells than the heading"
        assert row["method"].strip()
        assert row["source"].strip()


@pytest.mark.parametrize("file", [f for f in FILES if f.name in README_TABLES], ids=lambda file: file.name)
def test_every_row_can_be_looked_up_as_numbers(file: Path) -> None:
    found = rows(file)
    assert len({row["method"] for row in found}) == len(found)
    for row in found:
        reported = look_up(ReportedRow(file=file.name, method=row["method"], variant="x"), ROOT / "studies" / "s.yaml")
        figures = {key: float(text) for key, text in row.items() if text and key not in (*TEXT_COLUMNS, "source")}
        assert reported.values == figures
        assert reported.source == row["source"]


@pytest.mark.parametrize("name", README_TABLES)
def test_figures_equal_the_readme(name: str) -> None:
    title, columns = README_TABLES[name]
    source = table_after(seed("000"), title)
    found = {row["method"]: [row[column] for column in columns] for row in rows(ROOT / REFERENCE / name)}
    assert found == {method: ["" if f in ("-", "N/A") else f for f in figures] for method, figures in source.items()}
    assert len(found) >= 18


def test_figures_equal_the_hevitpose_abstract() -> None:
    abstract = seed("002")
    for row in rows(ROOT / REFERENCE / "hevitpose_abstract.csv"):
        assert row["method"] in abstract
        figure = row["value"].removeprefix("-")
        written = {True: rf"\downarrow${figure}%", False: f" {figure} "}[row["value"].startswith("-")]
        assert written in abstract
        assert row["compared_with"] in abstract


def test_own_models_are_reported_under_the_thop_convention() -> None:
    for name in README_TABLES:
        conventions = {row["method"]: row["macs_convention"] for row in rows(ROOT / REFERENCE / name)}
        assert {conventions[f"GTPT-{size}"] for size in "TSB"} == {"thop"}


def write(folder: Path, text: str) -> Path:
    """A reference file beside a study file in `folder`; the study file."""
    (folder / REFERENCE).mkdir(parents=True)
    (folder / REFERENCE / "paper.csv").write_text(text, encoding="utf-8")
    return folder / "studies" / "s.yaml"


@pytest.mark.parametrize(
    ("file", "method", "words"),
    [
        ("other.csv", "A", "no file other.csv"),
        ("paper.csv", "B", "has no method 'B'; it has A"),
        ("paper.csv", "A", "could not convert string to float: 'about 70'"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(tmp_path: Path, file: str, method: str, words: str) -> None:
    study = write(tmp_path, "method,AP,source\nA,about 70,a paper\n")
    with pytest.raises(StudyError, match=words):
        look_up(ReportedRow(file=file, method=method, variant="x"), study)

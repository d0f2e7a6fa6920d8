"""`report paper --check`: committed tables are what the records give, or a line for each that is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gtpt_bench.errors import InputError
from gtpt_bench.report.paper.files import differing, write_files
from gtpt_bench.report.paper.kept_files import check_records
from gtpt_bench.report.paper.which import TABLES
from tests.cli.command import gtpt_study
from tests.report.made import read, write_json
from tests.report.paper.made_paper import MadeModels, measured_models
from tests.report.paper.test_what_paper_tables_say import PAPER, S, T

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def models(tmp_path: Path) -> MadeModels:
    made = measured_models(tmp_path, PAPER, {T: [10.0] * 8, S: [20.0] * 8})
    write_files(made.files, made.folders.tables)
    return made


def wrong(models: MadeModels) -> list[str]:
    return differing(models.files, models.folders.tables)


def test_what_was_just_written_follows(models: MadeModels) -> None:
    assert wrong(models) == []


def test_writing_again_changes_no_byte(models: MadeModels) -> None:
    before = {path.name: path.read_bytes() for path in models.folders.tables.iterdir()}
    write_files(models.files, models.folders.tables)
    assert {path.name: path.read_bytes() for path in models.folders.tables.iterdir()} == before


def test_a_figure_typed_by_hand_is_told_with_its_table(models: MadeModels) -> None:
    file = models.folders.tables / "models.md"
    file.write_text(file.read_text(encoding="utf-8").replace("71.1", "72.1"), encoding="utf-8")
    assert wrong(models) == [
        "models: does not follow from the records (differs: models.md); write it with gtpt-study report paper"
    ]


def test_a_record_that_moved_on_is_told(models: MadeModels) -> None:
    path = models.audit.folder.cost(models.audit.plan.measured[T])
    record = read(path)
    record["metrics"]["params"] += 1
    write_json(path, record)
    (line,) = wrong(models)
    assert line.startswith("models: does not follow from the records (differs: models.")


def test_missing_files_and_files_of_no_table_are_told(models: MadeModels) -> None:
    (models.folders.tables / "models.tex").unlink()
    (models.folders.tables / "old.csv").write_text("a\n1\n", encoding="utf-8")
    (models.folders.tables / "tables.pdf").write_bytes(b"what pdflatex leaves is nobody's business")
    first, second = wrong(models)
    assert "(missing: models.tex)" in first
    assert second.startswith("old.csv: belongs to no table; remove ")


def test_the_committed_tables_follow_from_the_committed_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    answer = gtpt_study("report", "paper", "--check")
    assert (answer.code, answer.out.strip()) == (0, "all tables follow from the records")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy with the records of one study alone."""
    for part in ("studies", "results/reference", "results/paper", "results/records/paper_table_mpii"):
        shutil.copytree(ROOT / part, tmp_path / part)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_fails_with_a_line_a_table(repository: Path) -> None:
    """Every table but one is other than the committed one."""
    answer = gtpt_study("report", "paper", "--check")
    assert answer.code == 1
    lines = answer.out.splitlines()
    assert [line.partition(":")[0] for line in lines] == [table.name for table in TABLES if table.name != "mpii"]
    written = gtpt_study("report", "paper", "--json")
    assert written.code == 0, "rows that nobody measured are no failure"
    assert gtpt_study("report", "paper", "--check").code == 0
    assert "not measured" in (repository / "results" / "paper" / "coco.md").read_text(encoding="utf-8")


def test_tables_are_not_made_of_nothing(repository: Path) -> None:
    answer = gtpt_study("report", "paper", "--results", "empty")
    assert answer.code == 2
    assert "there are no records in empty/records" in answer.error
    assert not (repository / "empty").exists()


@pytest.mark.parametrize("kind", ["plan", "cost", "timing"])
def test_a_damaged_record_is_named_and_no_open_place(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "study" / f"{kind}-1.json"
    write_json(file, {"schema": 1})
    check_records(tmp_path, ["study"])
    file.write_text('{"schema": 1', encoding="utf-8")
    with pytest.raises(InputError, match=f"{kind}-1.json is damaged"):
        check_records(tmp_path, ["study"])


@pytest.mark.parametrize("check", [(), ("--check",)])
def test_the_command_names_a_damaged_record(repository: Path, check: tuple[str, ...]) -> None:
    file = next((repository / "results/records/paper_table_mpii").glob("timing-*.json"))
    file.write_bytes(file.read_bytes()[:1000])
    answer = gtpt_study("report", "paper", *check)
    assert answer.code == 2
    assert f"{file.name} is damaged" in answer.error


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("report", "paper"),
            "there is no studies/paper_table_coco.yaml; the paper's tables are rebuilt in the folder",
        ),
        (("report", "paper", "--html"), "a page is made of one study"),
        (("report", "some_study", "--check"), "--check is for the tables of the papers"),
        (("keep", "some_study"), "nothing has been run in results/some_study yet"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = gtpt_study(*arguments)
    assert answer.code == 2
    assert words in answer.error

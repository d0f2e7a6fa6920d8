"""`keep`: what reports need of a study's results, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from gtpt_bench.errors import StudyError
from gtpt_bench.report.contents import contents
from gtpt_bench.study.keep import keep
from gtpt_bench.study.store import StudyFolder
from tests.report.made import Made, found, make_study, plan_study, write_failure


@pytest.fixture
def made(tmp_path: Path) -> Made:
    study = make_study(tmp_path, {"dense": [found(range(80))], "pruned": [found(range(70))]})
    study.folder.plan(study.plan.label).write_text(study.plan.model_dump_json(), encoding="utf-8")
    for run in study.plan.distinct_runs:
        for file in (study.folder.run(run).checkpoint, study.folder.run(run).log, study.folder.run(run).history):
            file.write_bytes(b"large")
    contents(study.plan, study.folder)  # works resamples out, which evaluations leave themselves
    return study


def test_reports_from_compact_records_are_equal(made: Made, tmp_path: Path) -> None:
    keep(made.plan, made.folder, tmp_path / "records")
    kept = contents(made.plan, StudyFolder(tmp_path / "records" / "made"))
    whole = contents(made.plan, made.folder)
    assert kept.table == whole.table
    assert kept.caption == whole.caption


def test_weights_logs_and_predictions_are_left_where_they_are(made: Made, tmp_path: Path) -> None:
    files = keep(made.plan, made.folder, tmp_path / "records")
    names = {file.name for file in files}
    assert not {name for name in names if name.startswith(("checkpoint", "log", "history", "predictions", "matches"))}
    assert {path for path in (tmp_path / "records").rglob("*") if path.is_file()} == set(files)


def test_failures_are_kept_with_their_reason(made: Made, tmp_path: Path) -> None:
    run = made.run("pruned")
    made.folder.run(run).evaluation(run.evaluate_signature).unlink()
    write_failure(made, run, "loss is NaN")
    keep(made.plan, made.folder, tmp_path / "records")
    table = contents(made.plan, StudyFolder(tmp_path / "records" / "made")).table
    assert next(row for row in table.rows if row.name == "pruned").cells["ap"].text == "seed 0 failed: crash"


def test_keeping_again_removes_records_that_are_no_longer_planned(made: Made, tmp_path: Path) -> None:
    keep(made.plan, made.folder, tmp_path / "records")
    home = tmp_path / "records" / "made"
    older = [home / name for name in ("cost-00000000.json", "plan-paper-coco.json", "dense-s9-00000000/train.json")]
    for path in older:
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}", encoding="utf-8")
    report = home / "table.md"
    report.write_text("by hand", encoding="utf-8")
    keep(made.plan, made.folder, tmp_path / "records")
    assert not [path for path in older if path.exists()]
    assert report.exists()


def test_a_study_without_results_has_nothing_to_keep(tmp_path: Path) -> None:
    made = plan_study(tmp_path, {"dense": 1})
    with pytest.raises(StudyError, match="holds no result of made yet; start with gtpt-study run"):
        keep(made.plan, made.folder, tmp_path / "records")
    assert not (tmp_path / "records").exists()


def test_results_are_never_taken_for_their_own_copies(made: Made) -> None:
    """Keeping them where they lie would remove all that compact records leave out."""
    before = {path: path.stat().st_mtime_ns for path in made.folder.path.rglob("*")}
    with pytest.raises(StudyError, match="holds the results themselves"):
        keep(made.plan, made.folder, made.folder.path.parent)
    assert {path: path.stat().st_mtime_ns for path in made.folder.path.rglob("*")} == before

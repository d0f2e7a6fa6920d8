"""`run` from beginning to end on the smallest studies: exit codes, re-running, reports, failures, full disks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import gtpt_study, gtpt_study_process, write_data_root, write_study


def run(study: Path, *options: str | Path) -> list[str | Path]:
    return ["run", study, "--results", study.parent / "results", "--executor", "inline", *options]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_study(tmp_path / "s.yaml")


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_study_runs_reports_and_is_done(study: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    first = gtpt_study(*run(study))
    assert first.code == 0
    _, table = first.out.split("variant ", 1)
    assert table.splitlines()[1].startswith("dense ")
    assert not set("|\\") & set(table)  # markup is for the files
    assert f"Report: {results}/small/report-quick" in first.out

    states = gtpt_study("status", study, "--results", results, "--json").json
    assert {part["state"] for part in states} == {"done"}
    assert gtpt_study(*run(study), "--dry-run").out.strip() == "would do nothing: all parts of small are done"

    before = {path: path.stat().st_mtime_ns for path in results.glob("small/cost-*.json")}
    again = gtpt_study(*run(study))
    assert again.code == 0
    assert again.out.startswith("Nothing to do: all parts of small are done.")
    assert {path: path.stat().st_mtime_ns for path in results.glob("small/cost-*.json")} == before


@pytest.mark.parametrize(("named", "options"), [("by its file", ()), ("by its name", ("--profile", "quick"))])
def test_a_report_can_be_written_again(study: Path, tmp_path: Path, named: str, options: tuple[str, ...]) -> None:
    results = tmp_path / "results"
    gtpt_study(*run(study))
    table = results / "small" / "report-quick" / "table.md"
    before = table.read_bytes()
    table.unlink()
    argument = study if named == "by its file" else "small"
    found = gtpt_study("report", argument, *options, "--results", results, "--json").json
    assert found == {"folder": str(table.parent), "table": str(table), "plots": []}
    assert table.read_bytes() == before


def test_a_report_of_a_profile_that_never_ran_is_refused(study: Path, tmp_path: Path) -> None:
    gtpt_study(*run(study))
    answer = gtpt_study("report", study, "--profile", "paper", "--results", tmp_path / "results")
    assert (answer.code, "nothing has been run in profile paper" in answer.error) == (2, True)


def test_a_failed_run_exits_with_1_and_is_visible_everywhere(tmp_path: Path) -> None:
    """The annotations promise an image that is not there."""
    data_root, results = write_data_root(tmp_path / "data"), tmp_path / "results"
    accuracy = {"model": "gtpt_tiny_coco", "data": "coco", "training": {"preset": "quick", "epochs": 1}}
    accuracy["evaluation"] = {"boxes": "ground_truth"}
    study = write_study(tmp_path / "s.yaml", model="", accuracy=accuracy, vary={})
    answer = gtpt_study(*run(study, "--data-root", data_root))
    reason = f"image {data_root}/images/train2017/1.jpg does not exist"
    assert answer.code == 1
    assert f"failed: {reason}" in answer.err
    assert "1 part(s) failed" in answer.err
    assert f"seed 0 failed {reason}" in answer.out
    states = gtpt_study("status", study, "--results", results, "--data-root", data_root, "--json").json
    assert {"part": "default seed 0", "state": "failed", "words": reason} == {
        key: states[-1][key] for key in ("part", "state", "words")
    }


@pytest.mark.parametrize("file_bytes", [0, 200])
def test_a_full_disk_ends_in_one_line_and_leaves_nothing_half_written(study: Path, file_bytes: int) -> None:
    answer = gtpt_study_process(*run(study), file_bytes=file_bytes)
    assert answer.code == 2
    assert answer.error.startswith(f"cannot write {study.parent}/results/small/plan-quick.json: File too large")
    assert files(study.parent / "results") == []


def test_a_disk_that_fills_up_on_the_way_leaves_whole_files_only(study: Path, tmp_path: Path) -> None:
    """Room for small files, not for all; afterwards, with room again, the study finishes."""
    sizes = [path.stat().st_size for path in _finished(study)]
    answer = gtpt_study_process(*run(study), file_bytes=max(sizes) - 1)
    assert answer.code in (1, 2)
    assert "Traceback" not in answer.err
    left = files(tmp_path / "results")
    assert not [path for path in left if path.name.endswith(".tmp")]
    for path in left:
        if path.suffix == ".json":
            json.loads(path.read_text())
    assert gtpt_study(*run(study)).code == 0


def _finished(study: Path) -> list[Path]:
    """Files of the finished study, run elsewhere."""
    elsewhere = study.parent / "elsewhere"
    assert gtpt_study("run", study, "--results", elsewhere, "--executor", "inline").code == 0
    return files(elsewhere)


def test_drawing_onto_a_full_disk_leaves_no_data_set(tmp_path: Path) -> None:
    answer = gtpt_study_process("data", "make", tmp_path / "d", "--train", "2", "--val", "1", file_bytes=1000)
    assert answer.code == 2
    assert answer.err.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in answer.err
    assert not (tmp_path / "d").exists()
    assert files(tmp_path) == []


def test_the_drawn_people_can_be_made_and_scored(tmp_path: Path) -> None:
    answer = gtpt_study("data", "make", tmp_path / "d", "--train", "2", "--val", "2")
    assert answer.code == 0
    assert f"use it with --data-root {tmp_path}/d" in answer.out
    annotations = tmp_path / "d" / "annotations" / "person_keypoints_val2017.json"
    (tmp_path / "p.json").write_text("[]")
    assert gtpt_study("score", tmp_path / "p.json", "--annotations", annotations, "--json").json["AR"] == 0

"""`run --part`: the cost of a study alone, say, without its hours of training; and `keep` and `report` afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import gtpt_study, write_study

ACCURACY = {"model": "gtpt_tiny_coco", "data": "drawn", "training": "quick"}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_study(tmp_path / "small.yaml", accuracy=ACCURACY, timing={})


@pytest.mark.parametrize(
    ("part", "begins"), [("cost", "would do: cost of"), ("time", "would do: time of"), ("accuracy", "would do: ")]
)
def test_what_would_be_done_is_of_that_part_alone(study: Path, tmp_path: Path, part: str, begins: str) -> None:
    answer = gtpt_study("run", study, "--part", part, "--dry-run", "--results", tmp_path / "results")
    lines = answer.out.splitlines()
    assert answer.code == 0
    assert all(line.startswith(begins) for line in lines)
    assert any("seed" in line for line in lines) == (part == "accuracy")


def test_cost_is_counted_without_drawing_anybody_and_can_be_kept(study: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    answer = gtpt_study("run", study, "--part", "cost", "--executor", "inline", "--results", results)
    assert answer.code == 0
    assert not list((results / ".cache").glob("drawn-*"))
    kept = gtpt_study("keep", "small", "--results", results, "--json").json
    names = {Path(file).name for file in kept["files"]}
    assert {name.partition("-")[0] for name in names} == {"cost", "plan"}
    assert kept["bytes"] == sum(Path(file).stat().st_size for file in kept["files"])
    for file in kept["files"]:
        assert "provenance" in json.loads(Path(file).read_text(encoding="utf-8")) or "plan" in file
    report = gtpt_study("report", "small", "--results", results / "records")
    assert report.code == 0
    assert "MACs full" in report.out


def test_a_part_is_for_this_machine(study: Path) -> None:
    answer = gtpt_study("run", study, "--part", "cost", "--executor", "slurm")
    assert answer.code == 2
    assert "--part is for this machine" in answer.error

"""A study of 10,000 runs is planned, looked at and reported while one waits. Processor time, since machines that test
are often busy with something else. slurm/scale.md has the figures of one machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.study.fabricated import Template, fabricate, opened, write_study
from tests.study.queued import queue_all
from tests.study.small_study import Workplace

pytestmark = pytest.mark.long

PLAN_S, STATUS_S, FRAME_S, REPORT_S = 3.0, 3.0, 10.0, 30.0
"""On a machine whose Python does LOOP in LOOP_S; machines lent to us differ by twice that."""
LOOP, LOOP_S = 1_000_000, 0.07


def slowness() -> float:
    """How many times as long this machine takes for the same work in plain Python; 1 for faster ones."""
    started, table = time.process_time(), dict[int, str]()
    for number in range(LOOP):
        table[number % 1000] = str(number)
    return max(1.0, (time.process_time() - started) / LOOP_S)


FRAME = """
import gc, sys
from pathlib import Path
from gtpt_bench.cli.main import RARELY
from gtpt_bench.report.contents import contents
from gtpt_bench.report.formats import as_csv, provenance_csv
from gtpt_bench.study.session import last_plan
from gtpt_bench.study.store import StudyFolder

gc.set_threshold(*RARELY)
folder = StudyFolder(Path(sys.argv[1]))
table = contents(last_plan(folder), folder).table
assert "ap_difference" in as_csv(table) and provenance_csv(table)
print(len(table.rows))
"""
"""From records to the study's table, its differences with their intervals and the origin of each cell."""


@pytest.fixture(scope="module", params=[(2000, 5), (100, 100)], ids=["2,000 variants", "100 seeds"])
def many(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, _finished: Workplace) -> Path:
    """A study file beside the results of 10,000 runs."""
    num_variants, num_seeds = request.param
    file = write_study(tmp_path_factory.mktemp("many"), num_variants=num_variants, num_seeds=num_seeds)
    session = opened(file)
    assert len(session.plan.runs) == 10_000
    fabricate(session.plan, session.folder, Template.of(_finished))
    return file


def cpu_s(*arguments: str, check: Callable[[str], bool]) -> float:
    """Processor time of a Python process, as on the machine that the limits are for."""
    before = os.times()
    answer = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)
    after = os.times()
    assert check(answer.stdout), answer.stdout[-1000:]
    spent_s = after.children_user + after.children_system - before.children_user - before.children_system
    return spent_s / slowness()


def command(name: str, study: Path, *options: str, check: Callable[[str], bool]) -> float:
    return cpu_s("-m", "gtpt_bench", name, str(study), *options, check=check)


def test_a_new_study_is_planned(many: Path, tmp_path: Path) -> None:
    nothing = ("--results", str(tmp_path))
    assert command("plan", many, *nothing, check=lambda told: "10000 training runs" in told) < PLAN_S


def test_a_finished_study_is_planned(many: Path) -> None:
    results = ("--results", str(many.parent / "results"))
    assert command("plan", many, *results, check=lambda told: "nothing left to train" in told) < PLAN_S


@pytest.mark.parametrize("where", ["results", "elsewhere"], ids=["finished", "not begun"])
def test_the_state_of_every_run_is_told(many: Path, where: str) -> None:
    state = "done" if where == "results" else "missing"
    results = ("--results", str(many.parent / where))
    assert command("status", many, *results, check=lambda told: told.count(f" {state} ") >= 10_000) < STATUS_S


def test_the_state_of_ten_thousand_queued_runs_is_told(many: Path, tmp_path: Path) -> None:
    """From files, and from SLURM's last answer."""
    study = shutil.copy(many, tmp_path)
    queue_all(opened(Path(study)))
    results = ("--results", str(tmp_path / "results"))
    assert (
        command("status", Path(study), *results, check=lambda told: told.count(" in the queue as ") == 10_000)
        < STATUS_S
    )


def test_the_report_frame_is_made_of_the_records(many: Path) -> None:
    folder = many.parent / "results" / "many"
    assert cpu_s("-c", FRAME, str(folder), check=lambda told: int(told) in (100, 2000)) < FRAME_S


def test_the_whole_report_is_written(many: Path) -> None:
    results = ("--results", str(many.parent / "results"))
    assert command("report", many, *results, check=lambda told: "Report:" in told) < REPORT_S

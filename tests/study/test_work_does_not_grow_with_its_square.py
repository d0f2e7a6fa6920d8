"""Plans, states and reports of many runs: each model is checked once, each file read once, each folder listed once.

That 10,000 runs are a matter of seconds is tested elsewhere, on the machines of CI; this is why they are.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gtpt_bench.config import RunConfig, evaluate_signature, train_signature
from gtpt_bench.errors import DataError
from gtpt_bench.models.gtpt import checks
from gtpt_bench.report.contents import contents
from gtpt_bench.study.plan import Plan, PlannedRun
from gtpt_bench.study.session import Session
from gtpt_bench.study.state import State, study_status
from gtpt_bench.study.store import StudyFolder
from tests.study.fabricated import Template, fabricate, opened, write_evaluated, write_study, write_trained
from tests.study.operations import counted
from tests.study.small_study import Workplace

SEEDS = 4
ONCE = 6
"""Calls for a whole study: a look at its folder and at those of costs, the plan."""


@pytest.fixture
def many(tmp_path: Path) -> Session:
    return opened(write_study(tmp_path, num_variants=6, num_seeds=SEEDS))


@pytest.fixture
def template(_finished: Workplace) -> Template:
    return Template.of(_finished)


def test_each_model_is_checked_once_however_many_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: Counter[tuple[float, ...]] = Counter()
    check = checks.check_parts
    monkeypatch.setattr(checks, "check_parts", lambda c: (checked.update([c.pruning.keep_rates]), check(c)))
    opened(write_study(tmp_path, num_variants=6, num_seeds=SEEDS))
    of_variants = {rates: number for rates, number in checked.items() if rates[1:] != (0.7, 0.3, 0.1)}
    assert list(of_variants.values()) == 6 * [2]  # the measured model and the trained one


def test_what_is_worked_out_once_is_what_each_run_says(many: Session) -> None:
    """Signatures and configs of all seeds of a variant have common parts; none is another for it."""
    data = many.data.identity(many.plan.runs[0].config)
    for run in many.plan.runs:
        alone = RunConfig.model_validate(run.config.model_dump(mode="json"))
        assert alone == run.config
        assert run.train_signature == train_signature(alone, data)
        assert run.evaluate_signature == evaluate_signature(alone, data)


def test_a_plan_comes_back_from_its_file_which_has_each_config_once(many: Session) -> None:
    text = many.plan.model_dump_json()
    assert Plan.model_validate_json(text) == many.plan
    assert text.count('"epochs"') == 6 + 1  # of each variant, and of the study


def test_a_plan_with_runs_written_out_is_read_too(many: Session) -> None:
    """As earlier versions wrote them."""
    written_out = many.plan.model_dump(mode="json") | {"runs": [run.model_dump(mode="json") for run in many.plan.runs]}
    assert Plan.model_validate(written_out) == many.plan


def begun(run: PlannedRun, folder: StudyFolder) -> None:
    folder.run(run).checkpoint.write_bytes(b"")


def failed(run: PlannedRun, folder: StudyFolder) -> None:
    folder.run(run).error.write_text('{"reason": "out of luck"}', encoding="utf-8")


@pytest.mark.parametrize(
    ("prepare", "state", "looks"),
    [(None, "missing", 0), (begun, "missing", 2), (failed, "failed", 3), ("trained", "missing", 3), ("all", "done", 1)],
    ids=["not begun", "begun", "failed", "trained", "done"],
)
def test_a_state_takes_few_looks_at_the_disk(
    prepare: Callable[[PlannedRun, StudyFolder], None] | str | None,
    state: State,
    looks: int,
    many: Session,
    template: Template,
) -> None:
    if prepare == "all":
        fabricate(many.plan, many.folder, template)
    elif prepare is not None:
        for run in many.plan.runs:
            folder = many.folder.run(run)
            folder.path.mkdir(parents=True)
            prepare(run, many.folder) if callable(prepare) else write_trained(run, folder, template)
    with counted(many.folder.path) as calls:
        found = study_status(many.plan, many.folder)
    assert [one.state for one in found if " seed " in one.part] == [state] * len(many.plan.runs)
    assert 0 <= calls.total() - looks * len(many.plan.runs) <= ONCE, calls


def test_old_results_are_found_by_one_look_each(many: Session, template: Template) -> None:
    """Runs of a step that has moved on since: their folders have other names."""
    fabricate(many.plan, many.folder, template)
    for run in many.plan.runs:
        folder = many.folder.run(run).path
        folder.rename(folder.with_name(f"{folder.name}-old"))
    with counted(many.folder.path) as calls:
        found = study_status(many.plan, many.folder)
    assert [one.state for one in found].count("stale") == len(many.plan.runs)
    assert calls.total() <= len(many.plan.runs) + ONCE, calls


def test_a_report_reads_each_file_once(many: Session, template: Template) -> None:
    """Of each run: its evaluation, its resampled AP, its training and its history; errors and tokens when asked."""
    fabricate(many.plan, many.folder, template)
    with counted(many.folder.path) as calls:
        found = contents(many.plan, many.folder)
    assert 0 <= calls["open"] - 4 * len(many.plan.runs) <= ONCE, calls
    assert calls.total() <= 6 * len(many.plan.runs) + ONCE, calls
    with counted(many.folder.path) as calls:
        assert found.errors() is found.errors()
        assert found.tokens() is found.tokens()
    assert calls["open"] == 2 * len(many.plan.runs)
    assert calls.total() == 4 * len(many.plan.runs), "whether they are there, and what they hold"


def test_an_evaluation_that_has_not_resampled_is_resampled_by_the_first_report(finished: Workplace) -> None:
    """Such as those of earlier versions; the figures are the same, and the next report reads them."""
    session = finished.open()
    before = contents(session.plan, session.folder).table
    files = sorted(finished.results.glob("mini/*/resampled-*.json.gz"))
    assert len(files) == len(session.plan.runs)
    kept = [file.read_bytes() for file in files]
    for file in files:
        file.unlink()
    again = contents(session.plan, session.folder).table
    assert [row.cells for row in again.rows] == [row.cells for row in before.rows]
    assert [file.read_bytes() for file in files] == kept
    for file in finished.results.glob("mini/*/matches-*.json.gz"):
        file.unlink()
    assert contents(session.plan, session.folder).table == again


def test_resamples_that_are_broken_are_named(many: Session, template: Template) -> None:
    fabricate(many.plan, many.folder, template)
    run = many.plan.runs[0]
    file = many.folder.run(run).resampled(run.evaluate_signature)
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(DataError, match=str(file)):
        contents(many.plan, many.folder)


def test_a_study_in_part_is_counted_in_part(many: Session, template: Template) -> None:
    """Names in the study's folder decide what is looked at, and nothing else: files in the way of a run change it."""
    fabricate(many.plan, many.folder, template)
    first, second, third, *rest = many.plan.runs
    shutil.rmtree(many.folder.run(first).path)
    shutil.rmtree(many.folder.run(second).path)
    many.folder.run(second).path.write_text("a file", encoding="utf-8")
    write_evaluated(third, many.folder.run(third), template, 0.5, np.zeros(1000))
    states = {one.part: one for one in study_status(many.plan, many.folder)}
    parts = [f"{run.variant} seed {run.seed}" for run in many.plan.runs]
    assert [states[part].state for part in parts] == ["missing", "missing", *["done"] * (len(rest) + 1)]
    assert states[parts[2]].words == "AP 50.0"

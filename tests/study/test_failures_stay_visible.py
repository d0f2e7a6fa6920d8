"""A run that fails is recorded with its reason in one line, the others go on, and the next start tries it again."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from gtpt_bench.cli.main import main
from gtpt_bench.files import read_json_file
from gtpt_bench.study.execute_local import execute
from gtpt_bench.study.lock import Locked
from gtpt_bench.study.worker import work
from tests.study.outcomes import numbers, states, status_of
from tests.study.small_study import STUDY, EndedWorker, Ends, Workplace, prepared

HOT: dict[str, Any] = {**STUDY["vary"]["variants"]["pruned"], "training.learning_rate": 1e30}


@pytest.fixture
def half_hot(place: Workplace) -> Workplace:
    """A study whose first variant cannot be trained."""
    variants = {"hot": HOT, "pruned": STUDY["vary"]["variants"]["pruned"]}
    place.write({**STUDY, "vary": {"variants": variants}, "report": {}})
    return place


def run_folder(place: Workplace, variant: str) -> Path:
    (folder,) = place.results.glob(f"mini/{variant}-s0-*")
    return folder


def reason(place: Workplace, variant: str) -> str:
    error = read_json_file(run_folder(place, variant) / "error.json")
    assert error
    assert "\n" not in error["reason"]
    return str(error["reason"])


def test_one_run_fails_and_the_others_go_on(half_hot: Workplace) -> None:
    ends = Ends()
    outcome = half_hot.run(display=ends)
    assert (outcome.failed, outcome.interrupted) == (1, False)
    assert states(half_hot.open())["pruned seed 0"] == "done"
    assert "the loss is nan" in reason(half_hot, "hot")
    assert status_of(half_hot.open(), "hot seed 0", "failed").words == reason(half_hot, "hot")
    (end,) = [line for line in ends.lines if line.startswith("hot")]
    assert end.startswith(f"hot seed 0: failed: {reason(half_hot, 'hot')} (log: ")
    assert "\n" not in end


def test_the_next_start_tries_the_failed_run_alone(half_hot: Workplace) -> None:
    half_hot.run()
    assert [job.title for job in half_hot.open().missing_jobs()] == ["hot seed 0"]
    again = half_hot.run()
    assert (again.done, again.failed) == (0, 1)


def test_the_command_ends_with_code_1_and_shows_the_rest(
    half_hot: Workplace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["gtpt-study", "run", str(half_hot.study_file), "--results", str(half_hot.results)]
    monkeypatch.setattr(sys, "argv", [*command, "--executor", "inline"])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr()
    assert ended.value.code == 1
    assert "1 part(s) failed" in shown.err
    assert "failed" in shown.out
    assert "Traceback" not in shown.out + shown.err


def test_a_lost_picture_is_named_and_once_it_is_back_only_scoring_is_left(finished: Workplace) -> None:
    expected = numbers(finished.open(), "pruned")
    (picture, *_) = sorted(finished.results.glob(".cache/drawn-*/images/val2017/*"))
    aside = picture.rename(finished.path / picture.name)
    (evaluation,) = run_folder(finished, "pruned").glob("evaluate-*.json")
    evaluation.unlink()
    trained = (run_folder(finished, "pruned") / "train.json").read_bytes()
    assert finished.run().failed == 1
    assert str(picture) in reason(finished, "pruned")
    shutil.move(aside, picture)
    assert finished.run().done == 1
    assert (run_folder(finished, "pruned") / "train.json").read_bytes() == trained
    assert numbers(finished.open(), "pruned") == expected
    assert set(states(finished.open()).values()) == {"done"}


def test_an_error_of_our_own_keeps_its_traceback_in_the_log_and_one_line_elsewhere(
    place: Workplace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session = place.open(only=["pruned"])
    folder = prepared(session, session.chosen.runs[0])

    def broken(*arguments: Any, **options: Any) -> None:
        raise ZeroDivisionError("in the middle")

    monkeypatch.setattr("gtpt_bench.study.steps.train", broken)
    assert work(folder, stop=lambda: False) == 1
    assert "Traceback" in capsys.readouterr().out
    assert status_of(session, "pruned seed 0", "failed").words == "ZeroDivisionError: in the middle"


def test_an_error_of_several_lines_is_shown_by_its_first(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    session = place.open(only=["pruned"])
    folder = prepared(session, session.chosen.runs[0])

    def broken(*arguments: Any, **options: Any) -> None:
        raise RuntimeError("first line\nsecond line")

    monkeypatch.setattr("gtpt_bench.study.steps.train", broken)
    work(folder, stop=lambda: False)
    assert status_of(session, "pruned seed 0", "failed").words == "RuntimeError: first line"


def test_a_run_whose_worker_was_killed_is_failed(place: Workplace) -> None:
    session = place.open(only=["pruned"])
    jobs = session.missing_jobs()[-1:]
    outcome = execute(jobs, lambda job: EndedWorker(-9), Ends(), at_once=1)
    assert (outcome.done, outcome.failed) == (0, 1)
    assert status_of(session, "pruned seed 0", "failed").words == "the worker was killed by signal 9"


def test_a_worker_that_finds_its_run_taken_is_started_again_once_the_run_is_free(place: Workplace) -> None:
    session = place.open(only=["pruned"])
    codes, ends = iter([Locked.exit_code, 0]), Ends()
    outcome = execute(session.missing_jobs()[-1:], lambda job: EndedWorker(next(codes)), ends, at_once=1)
    assert (outcome.done, outcome.failed) == (1, 0)
    assert ends.lines == ["pruned seed 0: done"]


def test_success_wipes_the_old_failure_away(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    session = place.open(only=["pruned"])
    folder = prepared(session, session.chosen.runs[0])
    folder.checkpoint.write_bytes(b"broken")
    assert work(folder, stop=lambda: False) == 1
    folder.checkpoint.unlink()
    assert work(folder, stop=lambda: False) == 0
    assert not folder.error.exists()
    assert states(session)["pruned seed 0"] == "done"


def test_a_broken_checkpoint_fails_its_run_and_says_what_to_do(finished: Workplace) -> None:
    folder = run_folder(finished, "pruned")
    (folder / "train.json").unlink()
    next(folder.glob("evaluate-*.json")).unlink()
    whole = (folder / "checkpoint.pt").read_bytes()
    (folder / "checkpoint.pt").write_bytes(whole[: len(whole) // 2])
    assert finished.run().failed == 1
    assert "not a readable weight file" in reason(finished, "pruned")
    assert f"remove {folder.resolve()} to train this run again" in reason(finished, "pruned")
    assert states(finished.open())["dense seed 0"] == "done"


def test_a_checkpoint_of_another_run_is_never_continued(finished: Workplace) -> None:
    folder = run_folder(finished, "pruned")
    (folder / "train.json").unlink()
    next(folder.glob("evaluate-*.json")).unlink()
    shutil.copy(run_folder(finished, "dense") / "checkpoint.pt", folder / "checkpoint.pt")
    other = (folder / "checkpoint.pt").read_bytes()
    assert finished.run().failed == 1
    assert "belongs to another run" in reason(finished, "pruned")
    assert (folder / "checkpoint.pt").read_bytes() == other


def test_a_checkpoint_that_lacks_its_signature_is_of_another_run(finished: Workplace) -> None:
    folder = run_folder(finished, "pruned")
    (folder / "train.json").unlink()
    next(folder.glob("evaluate-*.json")).unlink()
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    del state["signature"]
    torch.save(state, folder / "checkpoint.pt")
    assert finished.run().failed == 1
    assert "belongs to another run" in reason(finished, "pruned")

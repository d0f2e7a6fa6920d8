"""`run --executor slurm`, `status`, `cancel`, `retry` and `logs` on a SLURM of scripts, and on this machine."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from gtpt_bench.cli import follow_log
from gtpt_bench.cluster import run as submitting
from gtpt_bench.cluster.code_copy import CodeCopy
from gtpt_bench.errors import RunInterrupted
from gtpt_bench.files import write_json
from gtpt_bench.study import session as sessions
from gtpt_bench.study.execute_local import Outcome
from gtpt_bench.study.lock import locked, owner_of
from gtpt_bench.study.missing import PlannedJob
from gtpt_bench.study.store import SCHEMA, JobFolder
from tests.cli.command import Answer, gtpt_study
from tests.cluster.fake_slurm import FakeSlurm
from tests.study.small_study import STUDY, Ends, Workplace

RUNS = ("dense seed 0", "pruned seed 0")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """A miniature study, and a profile of a cluster without GPUs."""
    monkeypatch.setattr(submitting, "keep_code", lambda results: CodeCopy(folder=results, fingerprint="abc"))
    monkeypatch.delenv("GTPT_CLUSTER", raising=False)
    monkeypatch.delenv("GTPT_DATA_ROOT", raising=False)
    workplace = Workplace(tmp_path)
    workplace.write({**STUDY, "report": {"plots": []}})
    write_profile(workplace)
    return workplace


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSlurm:
    found = FakeSlurm(tmp_path / "slurm.json")
    monkeypatch.setenv("PATH", str(found.install(tmp_path / "bin")), prepend=os.pathsep)
    return found


def write_profile(place: Workplace, **changes: Any) -> Path:
    content = {"cluster": "fake", "training": {"gpus_per_task": 0}} | changes
    path = place.path / "cluster.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def asked(place: Workplace, command: str, *options: str | Path) -> Answer:
    return gtpt_study(command, place.study_file, *options, "--results", place.results)


def submitted(place: Workplace, *options: str) -> Answer:
    return asked(place, "run", "--executor", "slurm", "--cluster", place.path / "cluster.yaml", "--detach", *options)


def status(place: Workplace) -> dict[str, tuple[str, str]]:
    parts = asked(place, "status", "--json").json
    return {part["part"]: (part["state"], part["words"]) for part in parts}


def folder_of(place: Workplace, variant: str) -> JobFolder:
    session = place.open()
    return next(session.folder.run(run) for run in session.plan.runs if run.variant == variant)


def fails(place: Workplace, variant: str, reason: str) -> None:
    """Let a run have failed."""
    folder = folder_of(place, variant)
    write_json(folder.error, {"reason": reason, "kind": "crash"})
    folder.log.write_text(f"its log\nfailed: {reason}\n")


@pytest.fixture
def only_asked_for(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would be done on this machine, instead of doing it."""
    titles = list[str]()

    def execute(jobs: list[PlannedJob], *arguments: Any, **options: Any) -> Outcome:
        titles.extend(job.title for job in jobs)
        return Outcome(done=len(jobs))

    monkeypatch.setattr(sessions, "execute", execute)
    return titles


def eventually(holds: Callable[[], bool], worker: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert worker.poll() is None, "the worker has ended"
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_cluster_needs_a_profile(place: Workplace) -> None:
    answer = asked(place, "run", "--executor", "slurm")
    assert (answer.code, "--cluster slurm/generic.yaml" in answer.error) == (2, True)


def test_slurm_is_asked_before_people_are_drawn(place: Workplace, slurm: FakeSlurm, tmp_path: Path) -> None:
    (tmp_path / "bin" / "scontrol").write_text(
        "#!/bin/sh\necho 'Could not establish a configuration source' >&2; exit 1"
    )
    answer = submitted(place)
    assert answer.code == 2
    assert answer.error.endswith("load SLURM's module, or set SLURM_CONF")
    assert not place.results.exists()


def test_without_slurm_nothing_is_begun(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(place.path))
    answer = submitted(place)
    assert answer.code == 2
    assert answer.error == "sbatch is not found: this is no machine of a SLURM cluster; log in to one"
    assert not place.results.exists()


@pytest.mark.parametrize("option", ["--cluster=cluster.yaml", "--detach"])
def test_options_of_clusters_are_refused_on_this_machine(option: str, place: Workplace) -> None:
    answer = asked(place, "run", option)
    assert answer.code == 2
    assert answer.error.startswith(f"{option.partition('=')[0]} is for --executor slurm; add that, or leave ")


def test_a_cluster_of_the_environment_is_no_mistake(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GTPT_CLUSTER", str(place.path / "cluster.yaml"))
    assert asked(place, "run", "--dry-run").code == 0


def test_a_dry_run_says_what_it_would_take(place: Workplace, slurm: FakeSlurm) -> None:
    answer = submitted(place, "--dry-run")
    assert answer.out.startswith("on fake: less than 0.01 hours of processes (a guess: ")
    assert [f"would do: {run}" in answer.out for run in RUNS] == [True, True]
    assert slurm.calls("sbatch") == []


def test_many_hours_that_nobody_confirms_are_not_submitted(
    place: Workplace, slurm: FakeSlurm, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_profile(place, limits={"gpu_hours_before_asking": 0})
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    answer = submitted(place)
    assert answer.code == 2
    assert answer.error.startswith("nothing was submitted: less than 0.01 hours ")
    assert answer.error.endswith(" were not confirmed; --yes does")
    assert slurm.calls("sbatch") == []


def test_whoever_said_yes_is_not_asked_again(place: Workplace, slurm: FakeSlurm) -> None:
    write_profile(place, limits={"gpu_hours_before_asking": 0})
    assert submitted(place, "--yes").code == 0
    again = submitted(place)
    assert again.code == 0, again.err
    assert len(slurm.calls("sbatch")) == 2


def test_submitted_jobs_are_in_the_queue_and_status_says_where(place: Workplace, slurm: FakeSlurm) -> None:
    answer = submitted(place)
    assert answer.code == 0
    assert "mini on fake: 3 in the queue." in answer.out
    assert {status(place)[run] for run in RUNS} == {("queued", f"in the queue as 2_{index}") for index in (0, 1)}
    slurm.put("2_0", state="RUNNING", node="n7")
    place.open().cluster.queue_file.unlink()  # as if a minute had passed
    assert ("queued", "starts as 2_0 on n7") in {status(place)[run] for run in RUNS}


def test_cancelled_jobs_leave_the_queue_and_are_missing_again(place: Workplace, slurm: FakeSlurm) -> None:
    submitted(place)
    assert asked(place, "cancel").out == "3 job(s) of mini cancelled\n"
    assert {job["state"] for job in slurm.jobs.values()} == {"CANCELLED by 0"}
    assert {state for state, _ in status(place).values()} == {"missing"}
    assert asked(place, "cancel").out == "nothing to cancel\n"


def test_what_was_cancelled_is_submitted_again_by_the_same_command(place: Workplace, slurm: FakeSlurm) -> None:
    submitted(place)
    asked(place, "cancel", "--only", "pruned")
    submitted(place)
    alive = [job for job in slurm.jobs.values() if job["state"] == "PENDING"]
    assert len(alive) == 3
    assert {state for state, _ in status(place).values()} == {"queued"}


def test_cancelling_has_a_worker_of_this_machine_save_its_state(place: Workplace) -> None:
    endless = "accuracy.training.epochs=1000000"
    session = place.open(endless, only=["pruned"])
    (job,) = [job for job in session.prepared(Ends()) if job.title == "pruned seed 0"]
    write_json(job.folder.job, job.job.model_dump(mode="json"))
    worker = subprocess.Popen(
        [sys.executable, "-m", "gtpt_bench.study.worker", str(job.folder.path)],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
    )
    try:
        eventually(lambda: job.folder.progress.exists(), worker)
        assert asked(place, "cancel", "--set", endless).out == "1 job(s) of mini cancelled\n"
        assert worker.wait(timeout=60) == RunInterrupted.exit_code
    finally:
        worker.kill()
    assert job.folder.checkpoint.exists()
    assert owner_of(job.folder.lock) is None


def test_a_worker_of_somebody_else_is_told_in_a_line(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(pid: int, number: int) -> None:
        assert number == signal.SIGTERM
        raise PermissionError(1, "Operation not permitted")

    folder = folder_of(place, "dense")
    with locked(folder.lock):
        monkeypatch.setattr(os, "kill", kill)
        answer = asked(place, "cancel")
    assert answer.code == 2
    assert answer.error == f"{folder.path.name} is worked on by process {os.getpid()} of somebody else; ask them"


def test_where_nothing_has_failed_nothing_is_retried(place: Workplace) -> None:
    answer = asked(place, "retry")
    assert (answer.code, answer.out) == (0, "nothing has failed\n")


def test_only_what_has_failed_is_retried(place: Workplace, only_asked_for: list[str]) -> None:
    fails(place, "pruned", "it broke")
    assert asked(place, "retry").code == 0
    assert only_asked_for == ["pruned seed 0"]


def test_what_was_never_on_a_cluster_is_not_retried_on_one(
    place: Workplace, only_asked_for: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GTPT_CLUSTER", str(place.path / "cluster.yaml"))
    fails(place, "pruned", "it broke")
    assert asked(place, "retry").code == 0
    assert only_asked_for == ["pruned seed 0"]


def test_only_what_has_failed_is_retried_on_a_cluster(place: Workplace, slurm: FakeSlurm) -> None:
    submitted(place)
    asked(place, "cancel")
    fails(place, "pruned", "it broke")
    assert asked(place, "retry", "--detach").code == 0
    assert len([job for job in slurm.jobs.values() if job["state"] == "PENDING"]) == 1
    assert [state for state, _ in status(place).values()].count("queued") == 1


def hold_back(place: Workplace, variant: str) -> None:
    """Let the run of a variant be held back, since the first ones all failed alike; nothing is in the queue."""
    submitted(place)
    cluster, folder = place.open().cluster, folder_of(place, variant).path.name
    units = [unit for submission in cluster.submissions() for _, unit in submission.open]
    waiting = tuple(unit for unit in units if unit.work[0].folder == folder)
    asked(place, "cancel")
    cluster.write(cluster.read().model_copy(update={"waiting": waiting, "held": "the first 3 runs failed alike"}))


def test_what_is_held_back_is_named_and_goes_with_what_is_retried(place: Workplace, slurm: FakeSlurm) -> None:
    hold_back(place, "dense")
    words, before = "1 job(s) were held back (the first 3 runs failed alike)", len(slurm.calls("sbatch"))
    assert asked(place, "retry").out == f"nothing has failed; {words}, and run submits them\n"
    assert len(slurm.calls("sbatch")) == before
    fails(place, "pruned", "it broke")
    answer = asked(place, "retry", "--detach")
    assert answer.out.splitlines()[:2] == [f"{words}, and are submitted too", "mini on fake: 2 in the queue."]
    assert {status(place)[run][0] for run in RUNS} == {"queued"}


@pytest.mark.parametrize("name", ["pruned", "pruned seed 0", "pruned-s0", "folder"])
def test_a_log_is_found_by_a_part_of_its_runs_name(name: str, place: Workplace) -> None:
    fails(place, "pruned", "it broke")
    name = folder_of(place, "pruned").path.name if name == "folder" else name
    assert asked(place, "logs", name).out == "its log\nfailed: it broke\n"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("seed 0", "several parts are called 'seed 0'; give one of: 'dense seed 0', 'pruned seed 0'"),
        ("no such run", "no part is called 'no such run'; give one of: 'cost of gtpt_tiny_coco, dense', 'cost of "),
    ],
)
def test_a_log_of_none_or_of_several_is_told(name: str, words: str, place: Workplace) -> None:
    answer = asked(place, "logs", name)
    assert answer.code == 2
    assert answer.error.startswith(words)


def test_a_log_is_followed_to_the_end_of_its_run(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is written, letters of several bytes in two parts; then nobody works on the run any more."""
    folder = folder_of(place, "pruned")
    text = "begun\nhalf of it é".encode()
    at_work = ExitStack()
    at_work.enter_context(locked(folder.lock))
    events = iter(
        [
            lambda: folder.log.write_bytes(text[:-1]),
            lambda: folder.log.write_bytes(text),
            lambda: (folder.log.write_bytes(text + b", and the rest\n"), at_work.close()),
        ]
    )
    monkeypatch.setattr(follow_log.time, "sleep", lambda seconds: next(events)())
    answer = asked(place, "logs", "pruned", "--follow")
    assert (answer.code, answer.out) == (0, "begun\nhalf of it é, and the rest\n")


def test_a_log_is_followed_while_its_run_waits_in_the_queue(
    place: Workplace, slurm: FakeSlurm, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted(place)
    folder, session = folder_of(place, "pruned"), place.open()
    record = next(
        folder.evaluation(run.evaluate_signature) for run in session.plan.runs if run.folder == folder.path.name
    )
    events = iter(
        [
            lambda: folder.log.write_text("begun\n"),
            lambda: (folder.log.write_text("begun\nended\n"), write_json(record, {"schema": SCHEMA, "metrics": {}})),
        ]
    )
    monkeypatch.setattr(follow_log.time, "sleep", lambda seconds: next(events)())
    assert asked(place, "logs", "pruned", "--follow").out == "begun\nended\n"


@pytest.mark.parametrize("options", [(), ("--follow",)])
def test_a_run_that_nobody_will_begin_is_not_waited_for(options: tuple[str, ...], place: Workplace) -> None:
    answer = asked(place, "logs", "pruned", *options)
    assert (answer.code, answer.error) == (2, "pruned seed 0 has no log yet: it is missing")


def test_an_older_result_of_the_same_part_is_called_by_its_folder(place: Workplace) -> None:
    """The step has moved on since: what is meant is the run of now."""
    run = next(run for run in place.open().plan.runs if run.variant == "pruned")
    older = place.results / "mini" / "pruned-s0-00000000"
    write_json(older / "train.json", {"schema": SCHEMA, "config": run.config.model_dump(mode="json")})
    (older / "log.txt").write_text("older\n")
    fails(place, "pruned", "it broke")
    assert asked(place, "logs", "pruned seed 0").out == "its log\nfailed: it broke\n"
    assert asked(place, "logs", older.name).out == "older\n"

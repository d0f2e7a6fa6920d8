"""The lock of a run: one living worker at a time, and none that is dead."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from gtpt_bench.study import execute_local
from gtpt_bench.study.display import EventLines
from gtpt_bench.study.execute_local import Outcome, execute
from gtpt_bench.study.lock import SILENT_S, Locked, Owner, locked, owner_of, process_start, touch
from gtpt_bench.study.missing import PlannedJob
from gtpt_bench.study.worker import work
from tests.study.small_study import EndedWorker, Workplace, prepared

HOLDER = """
import sys, time
from pathlib import Path
from gtpt_bench.study import lock
from gtpt_bench.study.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""

CONTENDER = """
import sys, time
from pathlib import Path
from gtpt_bench.study.lock import Locked, locked
lock, busy = Path(sys.argv[1]), Path(sys.argv[2])
sys.stdin.read()
worked = 0
while worked < 10:
    try:
        with locked(lock):
            busy.mkdir()
            time.sleep(0.002)
            busy.rmdir()
            worked += 1
    except Locked:
        time.sleep(0.001)
"""


def started(program: str, *arguments: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def holder(lock: Path) -> subprocess.Popen[str]:
    process = started(HOLDER, lock)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def write_owner(lock: Path, *, host: str, pid: int, start: str, silent_s: float = 0, **slurm: object) -> None:
    lock.write_text(json.dumps({"host": host, "pid": pid, "started": start, **slurm}))
    changed = lock.stat().st_mtime - silent_s
    os.utime(lock, (changed, changed))


def is_free(lock: Path) -> bool:
    try:
        with locked(lock):
            return True
    except Locked:
        return False


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "run" / "lock"


def test_a_lock_is_there_while_it_is_held_and_gone_after(lock: Path) -> None:
    with locked(lock):
        owner = owner_of(lock)
        assert owner
        assert (owner.host, owner.pid) == (socket.gethostname(), os.getpid())
    assert list(lock.parent.iterdir()) == []


def test_a_lock_is_released_by_an_error(lock: Path) -> None:
    with pytest.raises(RuntimeError, match="inside"), locked(lock):
        raise RuntimeError("inside")
    assert is_free(lock)


def test_a_second_worker_is_told_who_is_at_work(lock: Path) -> None:
    first = holder(lock)
    with pytest.raises(Locked, match=f"process {first.pid} on {socket.gethostname()}"), locked(lock):
        pytest.fail("two workers hold one lock")
    first.communicate("")
    assert is_free(lock)


def test_a_killed_workers_lock_is_free_at_once(lock: Path) -> None:
    first = holder(lock)
    first.kill()
    first.wait()
    assert lock.exists()
    assert owner_of(lock) is None
    assert is_free(lock)


def test_a_killed_worker_that_nobody_has_looked_after_holds_no_lock(lock: Path) -> None:
    """A zombie: in a container without an init process it may stay listed for good."""
    first = holder(lock)
    first.kill()
    os.waitid(os.P_PID, first.pid, os.WEXITED | os.WNOWAIT)
    assert is_free(lock)
    first.wait()


def test_a_lock_that_somebody_took_over_is_left_to_them(lock: Path) -> None:
    with locked(lock):
        write_owner(lock, host="elsewhere", pid=1, start="1")
    assert owner_of(lock)


def test_who_has_lost_a_lock_ends_and_does_not_keep_it_alive_for_its_next_owner(lock: Path) -> None:
    """On a node that the scheduler has given up, while another node does its work already."""
    first = started(HOLDER.replace("with locked", "lock.TOUCH_EVERY_S = 0.02\nwith locked"), lock)
    assert eventually(lock.exists)
    taken_over = lock.with_name("taken over")
    write_owner(taken_over, host="elsewhere", pid=1, start="1", silent_s=SILENT_S + 1)
    taken_over.replace(lock)
    assert first.wait(10) == Locked.exit_code
    _, said = first.communicate()
    assert said == f"{lock.parent} was taken over by process 1 on elsewhere\n"
    assert owner_of(lock) is None
    assert silent_s(lock) > SILENT_S


def test_a_later_process_with_the_same_number_is_not_the_owner(lock: Path) -> None:
    lock.parent.mkdir()
    write_owner(lock, host=socket.gethostname(), pid=os.getpid(), start="1")
    assert is_free(lock)
    write_owner(lock, host=socket.gethostname(), pid=os.getpid(), start=process_start(os.getpid()))
    assert not is_free(lock)


def test_a_worker_on_another_host_lives_as_long_as_it_reports(lock: Path) -> None:
    lock.parent.mkdir()
    write_owner(lock, host="elsewhere", pid=1, start="1", silent_s=SILENT_S - 60)
    assert not is_free(lock)
    write_owner(lock, host="elsewhere", pid=1, start="1", silent_s=SILENT_S + 1)
    touch(lock)
    assert not is_free(lock)
    write_owner(lock, host="elsewhere", pid=1, start="1", silent_s=SILENT_S + 1)
    assert is_free(lock)


def silent_s(lock: Path) -> float:
    return time.time() - lock.stat().st_mtime


def eventually(holds: Callable[[], bool], within_s: float = 10) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline and not holds():
        time.sleep(0.002)
    return holds()


def test_an_owner_tells_of_itself_however_long_its_step_takes(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gtpt_bench.study.lock.TOUCH_EVERY_S", 0.005)
    with locked(lock):
        for _ in range(3):
            os.utime(lock, (1, 1))
            assert eventually(lambda: silent_s(lock) < 60)
    assert not lock.exists()


@pytest.mark.parametrize(
    ("job", "requeued", "is_dead"),
    [("17_4", 0, True), ("17_4", 1, True), ("17_4", 2, False), ("17_3", 0, False), ("17", 0, False), ("", 0, False)],
)
def test_a_job_that_was_requeued_does_not_wait_for_itself(
    job: str, requeued: int, is_dead: bool, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was at work on a node that is gone; SLURM would not start it again while it is still there."""
    for name, value in {"ARRAY_JOB_ID": "17", "ARRAY_TASK_ID": "4", "JOB_ID": "21", "RESTART_COUNT": "2"}.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    lock.parent.mkdir()
    write_owner(lock, host="elsewhere", pid=1, start="1", silent_s=SILENT_S - 60, job=job, requeued=requeued)
    assert is_free(lock) == is_dead
    write_owner(lock, host="elsewhere", pid=1, start="1", silent_s=SILENT_S + 1, job=job, requeued=requeued)
    assert is_free(lock)


@pytest.mark.parametrize(
    ("environment", "job", "requeued"),
    [
        ({}, "", 0),
        ({"SLURM_JOB_ID": "21"}, "21", 0),
        ({"SLURM_JOB_ID": "21", "SLURM_RESTART_COUNT": "3"}, "21", 3),
        ({"SLURM_JOB_ID": "21", "SLURM_ARRAY_JOB_ID": "17", "SLURM_ARRAY_TASK_ID": "0"}, "17_0", 0),
    ],
)
def test_a_lock_names_the_job_that_its_owner_belongs_to(
    environment: dict[str, str], job: str, requeued: int, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("JOB_ID", "RESTART_COUNT", "ARRAY_JOB_ID", "ARRAY_TASK_ID"):
        monkeypatch.delenv(f"SLURM_{name}", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with locked(lock):
        assert owner_of(lock) == Owner.here()
        assert (Owner.here().job, Owner.here().requeued) == (job, requeued)


def test_what_a_process_left_that_was_killed_while_it_locked_is_not_taken_for_a_later_ones(
    lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In containers every worker may have the same number."""
    monkeypatch.setattr("gtpt_bench.study.lock.process_start", lambda pid: "earlier")
    with monkeypatch.context() as dying:
        dying.setattr(os, "unlink", killed)
        with pytest.raises(KeyboardInterrupt), locked(lock):
            pytest.fail("it was killed")
    assert lock.exists()
    monkeypatch.setattr("gtpt_bench.study.lock.process_start", lambda pid: "later")
    assert is_free(lock)


def killed(path: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("content", ["", "{", "[]", '{"host": "a"}', '{"host": "a", "pid": 1, "x": 2}'])
def test_a_lock_that_names_nobody_is_free(content: str, lock: Path) -> None:
    lock.parent.mkdir()
    lock.write_text(content)
    assert is_free(lock)


def test_of_many_contenders_never_two_work_at_once(lock: Path) -> None:
    """Each makes and removes one folder while it holds the lock; two at once would meet there and fail."""
    lock.parent.mkdir()
    contenders = [started(CONTENDER, lock, lock.parent / "busy") for _ in range(3)]
    for contender in contenders:
        assert contender.stdin
        contender.stdin.close()  # the sign to start
        contender.stdin = None
    assert [contender.communicate(timeout=60)[1] for contender in contenders] == ["", "", ""]
    assert list(lock.parent.iterdir()) == []


def test_a_run_that_somebody_works_on_is_running_and_left_alone(place: Workplace) -> None:
    session = place.open(only=["pruned"])
    run = session.chosen.runs[0]
    folder = prepared(session, run)
    with locked(folder.lock):
        before = sorted(folder.path.iterdir())
        assert work(folder, stop=lambda: False) == Locked.exit_code
        assert sorted(folder.path.iterdir()) == before
        assert [s.state for s in session.status() if s.part == "pruned seed 0"] == ["running"]
    assert [s.state for s in session.status() if s.part == "pruned seed 0"] == ["missing"]


def attended(
    place: Workplace, patch: pytest.MonkeyPatch, happens: Callable[[ExitStack], object]
) -> tuple[Outcome, list[str]]:
    """What becomes of a run that somebody works on, and whose workers are started.

    Args:
        happens: at the first pause; given what the other holds.
    """
    started = list[str]()

    def start(job: PlannedJob) -> EndedWorker:
        assert owner_of(job.folder.lock) is None
        started.append(job.title)
        return EndedWorker(0)

    job = place.open(only=["pruned"]).missing_jobs()[-1]
    with ExitStack() as of_another:
        of_another.enter_context(locked(job.folder.lock))
        patch.setattr(execute_local.time, "sleep", lambda seconds: happens(of_another))
        return execute([job], start, EventLines(), at_once=1), started


def test_a_run_that_somebody_works_on_is_waited_for_and_that_is_said(
    place: Workplace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome, started = attended(place, monkeypatch, ExitStack.close)
    assert (outcome.done, started) == (1, ["pruned seed 0"])
    first, last = capsys.readouterr().err.splitlines()
    assert first.endswith("pruned seed 0: waits for whoever works on it")
    assert "pruned seed 0: done" in last


def test_who_stops_waiting_leaves_a_run_to_whoever_works_on_it(
    place: Workplace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ctrl_c(of_another: ExitStack) -> None:
        raise KeyboardInterrupt

    outcome, started = attended(place, monkeypatch, ctrl_c)
    assert (outcome.interrupted, started) == (True, [])
    assert "pruned seed 0: left to whoever works on it" in capsys.readouterr().err.splitlines()[-1]

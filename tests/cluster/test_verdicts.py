"""What becomes of the work of a job that is over follows from what SLURM and the worker said, by given rules."""

from __future__ import annotations

import json
import socket
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

from gtpt_bench.cluster.ledger import ClusterFolder, Unit, Work
from gtpt_bench.cluster.queue import Element
from gtpt_bench.cluster.verdict import Verdict, verdict_on
from gtpt_bench.files import write_json
from gtpt_bench.study.failure import RULES, Kind
from gtpt_bench.study.store import StudyFolder
from tests.cluster.simulated import RECORD, units_of, works

BY_SLURM: dict[str, Kind] = {
    "OUT_OF_MEMORY": "memory",
    "NODE_FAIL": "node",
    "BOOT_FAIL": "node",
    "PREEMPTED": "preempted",
    "TIMEOUT": "node",
    "DEADLINE": "cancelled",
    "CANCELLED": "cancelled",
    "CANCELLED+": "cancelled",
    "CANCELLED by 1000": "cancelled",
}
"""States by which SLURM itself says why a job ended."""

BY_ITSELF = ("FAILED", "COMPLETED", "REVOKED")
"""States that leave the reason to the worker."""


@pytest.fixture
def cluster(tmp_path: Path) -> ClusterFolder:
    return ClusterFolder(StudyFolder(tmp_path / "study"), "quick")


def judged(cluster: ClusterFolder, unit: Unit, state: str = "FAILED", *, max_memory_gb: float = 256) -> Verdict:
    return verdict_on(unit, "17_3", Element(state=state, node="n1", elapsed_s=9), cluster, max_memory_gb=max_memory_gb)


def leave_error(cluster: ClusterFolder, work: Work, kind: str, reason: str = "it says why") -> None:
    write_json(work.job_folder(cluster.study).error, {"kind": kind, "reason": reason})


def kinds(verdict: Verdict) -> dict[str, Kind]:
    return {work.folder: failure.kind for work, failure in verdict.failed}


def times_tried_again(cluster: ClusterFolder, kind: Kind) -> int:
    """How often a run that fails in one way, over and over, is given another chance."""
    (unit,) = units_of(works(1), memory_gb=1)
    for number in range(100):
        leave_error(cluster, unit.work[0], kind)
        verdict = judged(cluster, unit)
        if verdict.again is None:
            assert kinds(verdict) == {"run-0": kind}
            return number
        assert verdict.failed == ()
        unit = verdict.again
    raise AssertionError("it would be tried for ever")


@pytest.mark.parametrize("kind", sorted({*get_args(Kind)} - {"preempted"}))
def test_each_kind_is_tried_again_as_often_as_its_rule_says(kind: Kind, cluster: ClusterFolder) -> None:
    assert times_tried_again(cluster, kind) == RULES[kind].retries


def test_who_gives_way_to_others_is_tried_again_as_often_as_it_takes(cluster: ClusterFolder) -> None:
    """Where SLURM cancels such jobs, it may happen every night; failures of nodes are counted apart."""
    (unit,) = units_of(works(1))
    verdict = judged(cluster, unit.model_copy(update={"retries": {"preempted": 500, "node": 4}}), "PREEMPTED")
    assert verdict.again
    assert verdict.again.retries == {"preempted": 501, "node": 4}


def test_what_would_fail_again_in_the_same_way_is_not_tried_again() -> None:
    assert {kind for kind, rule in RULES.items() if rule.retries} == {"memory", "killed", "node", "preempted", "crash"}
    assert all(rule.advice for rule in RULES.values())


@pytest.mark.parametrize(("state", "kind"), BY_SLURM.items())
def test_slurm_is_believed_before_the_worker_whose_last_words_were_a_consequence(
    state: str, kind: Kind, cluster: ClusterFolder
) -> None:
    (unit,) = units_of(works(1))
    leave_error(cluster, unit.work[0], "crash", "RuntimeError: a process is gone")
    verdict = judged(cluster, unit.model_copy(update={"retries": {kind: RULES[kind].retries}}), state)
    assert kinds(verdict) == {"run-0": kind}
    assert "(job 17_3)" in verdict.failed[0][1].reason


@pytest.mark.parametrize("state", BY_ITSELF)
@pytest.mark.parametrize("kind", ["input", "diverged", "import", "disk"])
def test_otherwise_the_worker_says_why(state: str, kind: Kind, cluster: ClusterFolder) -> None:
    (unit,) = units_of(works(1))
    leave_error(cluster, unit.work[0], kind)
    verdict = judged(cluster, unit, state)
    assert kinds(verdict) == {"run-0": kind}
    assert verdict.failed[0][1].reason == "it says why"


def test_who_cancelled_is_told(cluster: ClusterFolder) -> None:
    (unit,) = units_of(works(1))
    ((_, failure),) = judged(cluster, unit, "CANCELLED by 1000").failed
    assert failure.reason == "cancelled by user 1000 on n1 (job 17_3)"


@pytest.mark.parametrize(
    ("limit_gb", "given_gb"), [(256, [32, 64, 128, 256]), (100, [32, 64]), (1000, [32, 64, 128, 256])]
)
def test_memory_is_doubled_up_to_the_limit(limit_gb: float, given_gb: list[float], cluster: ClusterFolder) -> None:
    """At most three times, as the rule says."""
    (unit,) = units_of(works(1), memory_gb=32)
    found = [unit.memory_gb_per_task]
    while (verdict := judged(cluster, unit, "OUT_OF_MEMORY", max_memory_gb=limit_gb)).again:
        unit = verdict.again
        found.append(unit.memory_gb_per_task)
    assert found == given_gb
    assert all(more == 2 * less for less, more in pairwise(found))
    assert kinds(verdict) == {"run-0": "memory"}


def test_only_memory_is_given_more_memory(cluster: ClusterFolder) -> None:
    (unit,) = units_of(works(1), memory_gb=32)
    again = judged(cluster, unit, "NODE_FAIL").again
    assert again
    assert again.memory_gb_per_task == 32


def test_jobs_of_much_memory_are_tried_again_too(cluster: ClusterFolder) -> None:
    """The limit is for what is added, not for what the profile asks for from the start."""
    (unit,) = units_of(works(1), memory_gb=512)
    again = judged(cluster, unit, "NODE_FAIL", max_memory_gb=256).again
    assert again
    assert again.memory_gb_per_task == 512


def test_kinds_of_failure_are_counted_apart(cluster: ClusterFolder) -> None:
    (unit,) = units_of(works(1))
    for state in ("NODE_FAIL", "OUT_OF_MEMORY", "TIMEOUT", "PREEMPTED", "OUT_OF_MEMORY"):
        again = judged(cluster, unit, state).again
        assert again
        unit = again
    assert unit.retries == {"node": 2, "memory": 2, "preempted": 1}


def test_of_a_pack_only_what_is_not_done_is_tried_again(cluster: ClusterFolder) -> None:
    (unit,) = units_of(works(4), packed=4)
    done, diverged, killed, killed_too = unit.work
    write_json(cluster.study.path / done.record, RECORD)
    leave_error(cluster, done, "crash")  # of an earlier attempt
    leave_error(cluster, diverged, "diverged")
    leave_error(cluster, killed, "killed")
    leave_error(cluster, killed_too, "killed")
    verdict = judged(cluster, unit)
    assert verdict.done == (done,)
    assert kinds(verdict) == {diverged.folder: "diverged"}
    assert verdict.again
    assert verdict.again.work == (killed, killed_too)
    assert verdict.again.retries["killed"] == 1


def test_work_that_is_done_is_done_whatever_slurm_says(cluster: ClusterFolder) -> None:
    (unit,) = units_of(works(2), packed=2)
    for work in unit.work:
        write_json(cluster.study.path / work.record, RECORD)
    for state in (*BY_SLURM, *BY_ITSELF):
        verdict = judged(cluster, unit, state)
        assert (verdict.done, verdict.again, verdict.failed) == (unit.work, None, ())


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Traceback\nModuleNotFoundError: No module named 'torch'\n", "import"),
        ("/bin/bash: line 9: python: command not found\n", "import"),
        ("srun: error: Unable to create step\n", "crash"),
        ("", "crash"),
    ],
)
def test_a_job_whose_run_never_began_is_judged_by_its_own_last_words(
    words: str, kind: Kind, cluster: ClusterFolder
) -> None:
    (unit,) = units_of(works(1))
    cluster.jobs.mkdir(parents=True)
    (cluster.jobs / "17_3_0_log.err").write_text(words)
    ((_, failure),) = judged(cluster, unit.model_copy(update={"retries": {"crash": 1}})).failed
    assert failure.kind == kind
    assert failure.reason.endswith(words.splitlines()[-1] if words else "it wrote nothing")
    assert "\n" not in failure.reason


def test_a_job_that_slurm_knows_nothing_of_is_tried_once_more(cluster: ClusterFolder) -> None:
    (unit,) = units_of(works(1))
    verdict = verdict_on(unit, "17_3", None, cluster, max_memory_gb=256)
    assert verdict.again
    assert "SLURM knows nothing of it" in verdict.words


def test_a_run_that_somebody_else_works_on_is_not_given_up(cluster: ClusterFolder) -> None:
    (unit,) = units_of(works(1))
    lock = unit.work[0].job_folder(cluster.study).lock
    lock.parent.mkdir(parents=True)
    lock.write_text(json.dumps({"host": f"not-{socket.gethostname()}", "pid": 7, "started": "1", "job": "99"}))
    verdict = judged(cluster, unit, "COMPLETED")
    assert verdict.again
    assert "worked on by process 7" in verdict.words


@pytest.mark.parametrize("content", ["", "{", "[]", '{"reason": 3}', '{"kind": "of another version", "reason": "r"}'])
def test_an_unreadable_reason_is_a_crash(content: str, cluster: ClusterFolder) -> None:
    (unit,) = units_of(works(1))
    error = unit.work[0].job_folder(cluster.study).error
    error.parent.mkdir(parents=True)
    error.write_text(content)
    verdict = judged(cluster, unit)
    assert verdict.again
    assert verdict.again.retries == {"crash": 1}

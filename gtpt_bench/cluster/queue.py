"""What the scheduler says of a study's jobs: one sacct call for all of them, at most once in a rhythm.

The answer is kept beside the ledger, so that several shells that watch a study do not ask several times.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from gtpt_bench.cluster.commands import Refused, Unreachable, slurm
from gtpt_bench.files import write_text
from gtpt_bench.frozen import Frozen

Stage = Literal["pending", "running", "over"]

PENDING = frozenset("PENDING REQUEUED REQUEUE_HOLD REQUEUE_FED SPECIAL_EXIT RESV_DEL_HOLD CONFIGURING".split())
RUNNING = frozenset("RUNNING COMPLETING SUSPENDED STOPPED SIGNALING STAGE_OUT RESIZING".split())

OVER = frozenset(
    "BOOT_FAIL CANCELLED COMPLETED DEADLINE FAILED NODE_FAIL OUT_OF_MEMORY PREEMPTED REVOKED TIMEOUT".split()
)

FROM_A_SIGNAL = 128
LARGEST_SIGNAL = 64
"""128 + N is a process that signal N ended, as far as there are signals; 255 is any failure."""

RANGE = r"\d+(?:-\d+(?::\d+)?)?"
"""Of indices in an array, as SLURM writes it."""


class Element(Frozen):
    """A job, or an element of an array, as the scheduler sees it."""

    state: str
    """In SLURM's words: `PENDING`, `OUT_OF_MEMORY`, `CANCELLED by 1000`."""
    node: str = ""
    exit_code: str = ""
    elapsed_s: float = 0

    @property
    def stage(self) -> Stage:
        word = self.state.split(" ")[0].rstrip("+")
        if word in PENDING:
            return "pending"
        return "running" if word in RUNNING else "over"

    @property
    def signal(self) -> int:
        """That ended its processes; 0 if none did. A shell, and srun, end with 128 more than that."""
        code, _, number = self.exit_code.partition(":")
        by_shell = int(code or 0) - FROM_A_SIGNAL
        return int(number or 0) or (by_shell if 0 < by_shell <= LARGEST_SIGNAL else 0)


class Queue(Frozen):
    """All answers to one question."""

    asked_at: float
    elements: dict[str, Element]
    """By SLURM's number: `17` or, in an array, `17_4`."""
    alive: tuple[str, ...] = ()
    """Jobs that the controller was found to have, although accounting took them for over."""


class Unanswered(Frozen):
    """A question that nobody answered."""

    tried_at: float
    words: str


def read_queue(path: Path) -> Queue | None:
    """The last answer that was kept."""
    try:
        return Queue.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None


def recent(path: Path, every_s: float) -> Queue | None:
    """The answer that was kept, if it is no older than a rhythm."""
    kept = read_queue(path)
    return kept if kept is not None and 0 <= time.time() - kept.asked_at < every_s else None


def own_place(path: Path) -> Path:
    """Where an answer may be kept: beside the ledger or, if that is somebody else's, in a cache of whoever looks."""
    if os.access(path.parent, os.W_OK):
        return path
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()
    return cache / "gtpt_bench" / f"queue-{digest[:16]}" / path.name


def asked(path: Path, job_ids: Sequence[str], *, every_s: float) -> Queue:
    """The scheduler's answer about jobs, from the file if that is recent enough.

    Raises:
        Unreachable, Refused: by sacct.
    """
    if (kept := recent(path, every_s)) is not None:
        return kept
    with _rarely(path, every_s):
        queue = Queue(asked_at=time.time(), elements=ask(job_ids) if job_ids else {})
    write_text(path, queue.model_dump_json() + "\n")
    return queue


@contextmanager
def _rarely(path: Path, every_s: float) -> Iterator[None]:
    """Ask what is asked inside, unless the last attempt was in vain and no rhythm ago.

    Raises:
        Unreachable: it was, or is now.
    """
    kept = path.with_name("unanswered.json")
    try:
        last = Unanswered.model_validate_json(kept.read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        last = None
    if last is not None and 0 <= time.time() - last.tried_at < every_s:
        raise Unreachable(last.words)
    try:
        yield
    except Unreachable as error:
        write_text(kept, Unanswered(tried_at=time.time(), words=str(error)).model_dump_json() + "\n")
        raise


def alive(path: Path, queue: Queue, jobs: Sequence[str], *, every_s: float) -> set[str]:
    """Which of some jobs that seem over the controller still has; asked for once for each answer of accounting.

    Raises:
        Unreachable: by squeue.
    """
    unknown = [job for job in jobs if job not in queue.alive]
    if unknown:
        with _rarely(path, every_s):
            found = still_queued(unknown)
        if found:
            queue = queue.model_copy(update={"alive": (*queue.alive, *sorted(found))})
            write_text(path, queue.model_dump_json() + "\n")
    return set(queue.alive).intersection(jobs)


def ask(job_ids: Sequence[str]) -> dict[str, Element]:
    """One sacct call about jobs, whoever submitted them."""
    listed = ",".join(sorted({job_id.split("_")[0] for job_id in job_ids}))
    fields = "JobID,State,NodeList,ExitCode,ElapsedRaw"
    answer = slurm("sacct", "-X", "-n", "-P", "--allusers", f"--jobs={listed}", f"--format={fields}")
    return parsed(answer)


def parsed(answer: str) -> dict[str, Element]:
    """Elements of sacct's lines, their parts between bars; ranges of an array that has not begun are spelled out."""
    elements = {}
    for line in answer.splitlines():
        parts = [part.strip() for part in line.split("|")]
        if len(parts) < 5 or not parts[0]:  # cut off, or a word of warning
            continue
        job, state, node, exit_code, elapsed = parts[:5]
        element = Element(
            state=state,
            node="" if node.startswith("None") else node,
            exit_code=exit_code,
            elapsed_s=float(elapsed) if elapsed.isdecimal() else 0,
        )
        for name in spelled_out(job):
            elements[name] = element
    return elements


def spelled_out(job: str) -> list[str]:
    """`17_[1-2,5-9:4%4]` as `17_1`, `17_2`, `17_5`, `17_9`."""
    match = re.fullmatch(rf"(\d+)_\[({RANGE}(?:,{RANGE})*)(?:%\d+)?\]", job)
    if match is None:
        return [job]
    names = []
    for part in match[2].split(","):
        ends, _, step = part.partition(":")
        first, _, last = ends.partition("-")
        names += [f"{match[1]}_{index}" for index in range(int(first), int(last or first) + 1, int(step or 1))]
    return names


def still_queued(jobs: Sequence[str]) -> set[str]:
    """Which of some jobs the controller itself still has: one that was seen to end may have been queued again."""
    if not jobs:
        return set()
    ids = ",".join(sorted({job.split("_")[0] for job in jobs}))
    try:
        listed = slurm("squeue", "--noheader", "--array", "--states=all", f"--jobs={ids}", "--format=%i %T")
    except Refused:  # it knows none of them any more
        return set()
    states = dict(words for line in listed.splitlines() if len(words := line.split()) == 2)
    return {job for job in jobs if states.get(job, "COMPLETED") not in OVER}

"""Why a run failed, in kinds that can be told apart, and what is done about each. Torch-free.

A worker that can still speak names the kind in error.json; of one that cannot, the runner or the scheduler knows.
"""

from __future__ import annotations

import errno
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

from gtpt_bench.errors import Diverged, InputError, TeamBroken
from gtpt_bench.files import read_json_file, write_json
from gtpt_bench.study.provenance import provenance

Kind = Literal[
    "input",
    "diverged",
    "import",
    "code",
    "gpu_memory",
    "memory",
    "disk",
    "killed",
    "node",
    "preempted",
    "time",
    "cancelled",
    "crash",
]


@dataclass(frozen=True)
class Rule:
    """What becomes of a run after a failure.

    Attributes:
        retries: how often it is tried again by itself; afterwards only on request.
        more_memory: whether it is given twice the memory each time.
        advice: what a person can do.
    """

    retries: int
    more_memory: bool = False
    advice: str = ""


RULES: Mapping[Kind, Rule] = MappingProxyType(
    {
        "input": Rule(0, advice="mend what the message names, then retry"),
        "diverged": Rule(0, advice="the same seed gives the same loss again: change training"),
        "import": Rule(0, advice="mend the environment that jobs start in, then retry"),
        "code": Rule(0, advice="run the study again: its jobs then have the code of now"),
        "gpu_memory": Rule(0, advice="take a smaller training.micro_batch or a larger GPU"),
        "memory": Rule(3, more_memory=True, advice="give jobs more memory"),
        "disk": Rule(0, advice="free some space or raise the quota, then retry"),
        "killed": Rule(2, advice="ask who killed it, then retry"),
        "node": Rule(5, advice="leave the node out, then retry"),
        "preempted": Rule(10_000, advice="take a partition whose jobs need not give way"),
        "time": Rule(0, advice="give jobs a longer time limit, then retry"),
        "cancelled": Rule(0, advice="retry when it is wanted again"),
        "crash": Rule(1, advice="read its log"),
    }
)
"""`retries` on a cluster; on this machine whoever runs the study again retries."""


NUMBER = re.compile(r"[0-9]+(?:[._][0-9]+)*(?:e[+-]?[0-9]+)?")
"""`17`, `1e-05`, `0.5`, and `17_3` of an array."""


@dataclass(frozen=True)
class Failure:
    """What error.json says."""

    kind: Kind
    reason: str

    @property
    def line(self) -> str:
        """The reason in one line; the log has the rest."""
        return next((line.strip() for line in self.reason.splitlines() if line.strip()), self.kind)

    @property
    def sameness(self) -> str:
        """Equal for failures that differ in numbers, quoted words and paths only."""
        text = re.sub(r"'[^']*'|\"[^\"]*\"|\S*/\S*", "…", self.line)
        return f"{self.kind}: {re.sub(NUMBER, '#', text)}"


def kind_of(error: BaseException) -> Kind:
    """The kind of failure that an exception is."""
    if isinstance(error, Diverged):
        return "diverged"
    if isinstance(error, TeamBroken):
        return "killed"
    if isinstance(error, ImportError):
        return "import"
    if type(error).__name__ == "OutOfMemoryError":  # torch's, which is not imported here
        return "gpu_memory"
    if isinstance(error, MemoryError):
        return "memory"
    cause = error if isinstance(error, OSError) else error.__cause__
    if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
        return "disk"
    return "input" if isinstance(error, InputError) else "crash"


def leave_failure(path: Path, failure: Failure, *, expected: bool = False, here: bool = False) -> None:
    """Write error.json.

    Args:
        expected: whether the reason says all there is to say; otherwise the log has more.
        here: whether this process is the one that failed, or of the same job. Whoever only judges, perhaps on another
            machine, has no provenance to add.

    Raises:
        InputError: the disk is full.
    """
    content = {"reason": failure.reason, "kind": failure.kind, "expected": expected, "time": time.time()}
    write_json(path, content | ({"provenance": provenance()} if here else {}))


def read_failure(path: Path) -> Failure | None:
    """What a worker left; None if it left nothing."""
    told = read_json_file(path)
    return failure_from(told) if told is not None else None


def failure_from(told: Mapping[str, Any]) -> Failure:
    kind: Kind = next((kind for kind in get_args(Kind) if kind == told.get("kind")), "crash")
    return Failure(kind, str(told.get("reason", "")))

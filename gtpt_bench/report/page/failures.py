"""What failed, why, what can be done, and how its log ends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gtpt_bench.study.failure import RULES, read_failure
from gtpt_bench.study.state import Status
from gtpt_bench.study.store import JobFolder, StudyFolder

LOG_LINES, LOG_BYTES = 40, 6000
"""Of a log's end."""
MOST_LOGS = 100
"""On one page; the others name the file."""
CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")
"""Colours of terminals, and what else no page shows."""


def failures(statuses: Sequence[Status], folder: StudyFolder) -> list[dict[str, Any]]:
    """Parts that one worker had in hand stand together."""
    parts: dict[Path, list[Status]] = {}
    for status in statuses:
        if status.state == "failed" and status.folder is not None:
            parts.setdefault(status.folder, []).append(status)
    return [_failure(job, own, folder, with_log=n < MOST_LOGS) for n, (job, own) in enumerate(parts.items())]


def _failure(path: Path, statuses: Sequence[Status], folder: StudyFolder, *, with_log: bool) -> dict[str, Any]:
    job = JobFolder(path)
    failure = read_failure(job.error)
    return {
        "parts": [status.part for status in statuses],
        "kind": failure.kind if failure else "crash",
        "reason": clean(failure.reason.strip()[:LOG_BYTES] if failure else statuses[0].words),
        "advice": RULES[failure.kind].advice if failure else "",
        "file": str(job.log.relative_to(folder.path)),
        "log": end_of_log(job.log) if with_log else "",
    }


def end_of_log(path: Path) -> str:
    """Its last lines, as text; empty where there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - LOG_BYTES))
            end = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    lines = clean(end).splitlines()
    whole = lines[1:] if size > LOG_BYTES and len(lines) > 1 else lines  # the first may have lost its beginning
    return "\n".join(whole[-LOG_LINES:])


def clean(text: str) -> str:
    """Lines as they stand at last: what a carriage return has written over is gone."""
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return CONTROL.sub("", "\n".join(lines))

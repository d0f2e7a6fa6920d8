"""Whether training waited for its crops: a line of the caption, from the histories that runs leave beside records."""

from __future__ import annotations

import json
from pathlib import Path

from gtpt_bench.study.plan import Plan
from gtpt_bench.study.store import StudyFolder, read_record

MUCH = 0.1
"""Share of the time from which on waiting is worth a word of advice."""


def waiting_sentences(plan: Plan, folder: StudyFolder) -> list[str]:
    """How much of their time the finished runs waited; nothing where none says it."""
    jobs = [(run, folder.run(run)) for run in plan.distinct_runs]
    trained = [job for run, job in jobs if read_record(job.train_record, run.train_signature) is not None]
    shares = [share for job in trained if (share := waiting_share(job.history)) is not None]
    if not shares:
        return []
    low, high = (f"{100 * share:.0f}" for share in (min(shares), max(shares)))
    advice = " (beside a GPU more cores would help; on a CPU it makes them itself)" if max(shares) >= MUCH else ""
    return [f"Training waited for crops {low if low == high else f'{low} to {high}'} % of the time{advice}."]


def waiting_share(history: Path) -> float | None:
    """Of the time of all epochs, from 0 to 1; None where the history is not there or does not say it."""
    try:
        epochs = [json.loads(line) for line in history.read_text(encoding="utf-8").splitlines()]
        seconds_an_image = [1 / epoch["images_per_s"] for epoch in epochs]
        waited = [epoch["waiting_share"] * seconds for epoch, seconds in zip(epochs, seconds_an_image, strict=True)]
    except (OSError, ValueError, KeyError, ZeroDivisionError):
        return None
    return sum(waited) / sum(seconds_an_image) if epochs else None

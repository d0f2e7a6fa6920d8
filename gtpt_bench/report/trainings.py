"""How trainings went, as lines of the caption: whom they skipped for broken images, and whether they waited for crops.

From the records of finished trainings and the histories beside them.
"""

from __future__ import annotations

from pathlib import Path

from gtpt_bench.study.plan import Plan
from gtpt_bench.study.store import Record, StudyFolder, read_record
from gtpt_bench.training.history import read_history

NAMED = 3
"""Broken images that are named; the record has all."""

MUCH = 0.1
"""Share of the time from which on waiting is worth a word of advice."""


def training_sentences(plan: Plan, folder: StudyFolder) -> list[str]:
    """What there is to say of the finished trainings of a study."""
    jobs = [(run, folder.run(run)) for run in plan.distinct_runs]
    read = [(read_record(job.train_record, run.train_signature), job.history) for run, job in jobs]
    finished = [(record, history) for record, history in read if record is not None]
    shares = [share for _, history in finished if (share := waiting_share(history)) is not None]
    return [*skipped_sentences([record for record, _ in finished]), *waiting_sentences(shares)]


def skipped_sentences(records: list[Record]) -> list[str]:
    """How many persons were skipped; nothing where nobody was."""
    skipped = [record for record in records if record.get("metrics", {}).get("num_skipped")]
    if not skipped:
        return []
    most = max(skipped, key=lambda record: int(record["metrics"]["num_skipped"]))
    num, people, images = most["metrics"]["num_skipped"], most["metrics"]["num_people"], most["broken_images"]
    further = f" and {len(images) - NAMED} more" if len(images) > NAMED else ""
    return [
        f"In training others stood in for {num} of {people} persons, whose images are broken: "
        f"{', '.join(images[:NAMED])}{further}."
    ]


def waiting_sentences(shares: list[float]) -> list[str]:
    """How much of their time runs waited for crops, from 0 to 1 each; nothing where none says it."""
    if not shares:
        return []
    low, high = (f"{100 * share:.0f}" for share in (min(shares), max(shares)))
    advice = " (beside a GPU more cores would help; on a CPU it makes them itself)" if max(shares) >= MUCH else ""
    return [f"Training waited for crops {low if low == high else f'{low} to {high}'} % of the time{advice}."]


def waiting_share(history: Path) -> float | None:
    """Of the time of all epochs, from 0 to 1; None where the history is not there or does not say it."""
    epochs = read_history(history)
    try:
        seconds_an_image = [1 / epoch["images_per_s"] for epoch in epochs]
        waited = [epoch["waiting_share"] * seconds for epoch, seconds in zip(epochs, seconds_an_image, strict=True)]
    except (KeyError, ZeroDivisionError):
        return None
    return sum(waited) / sum(seconds_an_image) if epochs else None

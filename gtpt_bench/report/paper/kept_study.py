"""A study as its file has it now, and what compact records have of it: measured, missing, failed, or stale.

The plan is made anew from the study file, so that a record whose step or config has moved on since no longer fits it
and shows as stale, instead of standing in a table as if nothing had happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gtpt_bench.data.config import DrawnData
from gtpt_bench.efficiency.device import is_cpu
from gtpt_bench.errors import InputError
from gtpt_bench.files import read_json_file
from gtpt_bench.report.records import VariantRecords, gather
from gtpt_bench.study.machine import Machine
from gtpt_bench.study.plan import DIGITS, Plan
from gtpt_bench.study.session import open_session
from gtpt_bench.study.store import StudyFolder, read_record

CALLED = {"cost": "cost", "timing": "time"}
"""Steps in words for people."""
UNKNOWN = Machine("unknown", "cpu")
"""Where nothing was timed yet."""


@dataclass(frozen=True)
class PaperFolders:
    """Where paper tables come from and go to, relative to the repository.

    Attributes:
        records: compact records, a folder a study.
    """

    studies: Path = Path("studies")
    records: Path = Path("results") / "records"
    tables: Path = Path("results") / "paper"


@dataclass(frozen=True)
class KeptStudy:
    """Attributes:
    folder: of its records.
    """

    plan: Plan
    records: Mapping[str, VariantRecords]
    folder: Path


def kept_study(name: str, folders: PaperFolders) -> KeptStudy:
    """A study by its name.

    Raises:
        InputError: there is no such study file, or it is wrong.
    """
    file = folders.studies / f"{name}.yaml"
    if not file.is_file():
        raise InputError(f"there is no {file}; the paper's tables are rebuilt in the folder of the repository")
    folder = StudyFolder(folders.records / name)
    kept = _kept_plan(folder.path)
    profile = str(kept.get("profile", "quick"))
    session = open_session(file, profile, None, folders.records, may_lack_data=True, machine=_timed_on(folder, kept))
    plan = _with_kept_runs(session.plan, kept)
    records = {variant: _judged(own, variant, kept, folder) for variant, own in gather(plan, folder).items()}
    return KeptStudy(plan, records if _keeps_accuracy(records) else _without_runs(records), folder.path)


def _kept_plan(folder: Path) -> dict[str, Any]:
    """Content of its file, whatever version wrote it; empty without one. There is one at most (study/keep.py)."""
    paths = sorted(folder.glob("plan-*.json"))
    return (read_json_file(paths[0]) or {}) if paths else {}


def _timed_on(folder: StudyFolder, kept: Mapping[str, Any]) -> Machine:
    """The machine of the recorded session, whose name is part of its identity."""
    signature = str((kept.get("timing") or {}).get("signature", ""))
    record = read_record(folder.path / f"timing-{signature[:DIGITS]}.json", signature) if signature else None
    if record is None:
        return UNKNOWN
    device = str(record["provenance"]["device"])
    return Machine(device, "cpu" if is_cpu(device) else "cuda")


def _with_kept_runs(plan: Plan, kept: Mapping[str, Any]) -> Plan:
    """Runs on real data are told apart by hashes of files that are not at hand here: those of the same configs as the
    kept plan's are taken to be those."""
    if all(isinstance(run.config.data, DrawnData) for run in plan.runs):
        return plan
    try:
        runs = Plan.model_validate(kept).runs
    except ValidationError:
        return plan
    known = {(run.variant, run.config): run for run in runs}
    return plan.model_copy(update={"runs": tuple(known.get((run.variant, run.config), run) for run in plan.runs)})


def _judged(own: VariantRecords, variant: str, kept: Mapping[str, Any], folder: StudyFolder) -> VariantRecords:
    """With what is missing called stale where the kept plan had it measured, in words too."""
    states = {"cost": own.cost_state, "timing": own.timing_state}
    planned = {"cost": (kept.get("measured") or {}).get(variant), "timing": kept.get("timing")}
    older = {step: _older(step, planned[step], folder) for step, state in states.items() if state == "missing"}
    now = states | {step: "stale" for step, words in older.items() if words}
    return replace(
        own,
        cost_state=now["cost"],
        timing_state=now["timing"],
        unmeasured=[_in_words(words, older) for words in own.unmeasured],
    )


def _in_words(words: str, older: Mapping[str, str]) -> str:
    """`cost missing`, or of a network that is counted besides `all tokens: cost missing`, which nobody kept."""
    for step, called in CALLED.items():
        if words == f"{step} missing" and older.get(step):
            return older[step]
        words = words.replace(f"{step} missing", f"{called} not measured")
    return words


def _keeps_accuracy(records: Mapping[str, VariantRecords]) -> bool:
    """Whether anybody kept runs: whoever kept cost and time alone has nothing unfinished."""
    begun = (words for own in records.values() for words in own.unfinished if not words.endswith(" missing"))
    return any(own.evaluations or own.joints for own in records.values()) or any(begun)


def _without_runs(records: Mapping[str, VariantRecords]) -> dict[str, VariantRecords]:
    return {variant: replace(own, unfinished=[], unfinished_in_short=[]) for variant, own in records.items()}


def _older(step: str, planned: Any, folder: StudyFolder) -> str:
    """Words for a record that was planned once and no longer fits; empty where there is none."""
    signature = str((planned or {}).get("signature", ""))
    file = f"{step}-{signature[:DIGITS]}.json"
    if not signature or read_record(folder.path / file, signature) is None:
        return ""
    return f"{step} stale: {file} belongs to an earlier version of the study or of the step"

"""A study at work: its plan, its results folder and its data, as the commands need them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from gtpt_bench.cluster.ledger import ClusterFolder
from gtpt_bench.cluster.positions import last_machine, with_queue
from gtpt_bench.config import DataIdentity, RunConfig
from gtpt_bench.data.config import DrawnData
from gtpt_bench.efficiency.device import gpu_ids
from gtpt_bench.errors import DataError, StudyError
from gtpt_bench.files import write_text
from gtpt_bench.study.data_source import DataSource
from gtpt_bench.study.display import Display
from gtpt_bench.study.execute_local import Outcome, draw_data, execute, sigterm_as_interrupt
from gtpt_bench.study.forecast import Forecast, forecast
from gtpt_bench.study.gpu_slots import GpuSlots
from gtpt_bench.study.load import is_training_config, load_study, load_training
from gtpt_bench.study.local_worker import Inline
from gtpt_bench.study.machine import Machine, this_machine
from gtpt_bench.study.missing import PlannedJob, missing_jobs, runs_at_once
from gtpt_bench.study.plan import Plan, plan_label
from gtpt_bench.study.planning import build_plan
from gtpt_bench.study.shares import check_shares
from gtpt_bench.study.spec import Study
from gtpt_bench.study.state import Status, study_status
from gtpt_bench.study.stop import Cancelled
from gtpt_bench.study.store import StudyFolder
from gtpt_bench.study.yaml_source import YamlSource, read_yaml

if TYPE_CHECKING:
    from gtpt_bench.report.write import ReportFiles
    from gtpt_bench.training.team import Several


@dataclass(frozen=True)
class Session:
    """One study in one profile, on this machine.

    Attributes:
        plan: the whole study; its report shows every variant.
        only: variants that are worked on now; all if empty.
    """

    plan: Plan
    folder: StudyFolder
    data: DataSource
    only: tuple[str, ...] = ()

    @property
    def chosen(self) -> Plan:
        """The part of the plan that is worked on now."""
        return self.plan.narrowed(self.only)

    @property
    def lacks_data(self) -> bool:
        """Whether runs need real data and nobody said where they are."""
        return self.data.data_root is None and not all(isinstance(run.config.data, DrawnData) for run in self.plan.runs)

    def missing_jobs(self, chosen: Callable[[PlannedJob], bool] = lambda job: True) -> list[PlannedJob]:
        return [job for job in self._missing(1) if chosen(job)]

    def _missing(self, processes: int) -> list[PlannedJob]:
        return missing_jobs(self.plan, self.folder, self.data, only=self.only, processes=processes)

    @property
    def cluster(self) -> ClusterFolder:
        """What of it is in the queue of a cluster."""
        return ClusterFolder(self.folder, self.plan.label)

    def status(self) -> list[Status]:
        return with_queue(study_status(self.chosen, self.folder), self.cluster)

    def forecast(self, status: Sequence[Status]) -> Forecast:
        return forecast(self.chosen, self.folder, status, at_once=runs_at_once(self.plan))

    def prepared(
        self, display: Display, *, processes: int = 1, chosen: Callable[[PlannedJob], bool] = lambda job: True
    ) -> list[PlannedJob]:
        """What is missing, with the data drawn that it needs; the plan is kept in a file, so that a report needs
        nothing else.

        Args:
            chosen: of what is missing.

        Raises:
            StudyError: a batch cannot be shared by so many processes.
            KeyboardInterrupt: Ctrl-C or SIGTERM while data were drawn.
        """
        if processes > 1:
            check_shares(self.chosen, processes)
        write_text(self.folder.plan(self.plan.label), self.plan.model_dump_json(indent=1) + "\n")
        jobs = [job for job in self._missing(processes) if chosen(job)]
        with sigterm_as_interrupt():
            draw_data(jobs, self.data, display)
        return jobs

    def run(
        self,
        executor: str,
        display: Display,
        *,
        processes: int = 1,
        launched: Several | None = None,
        chosen: Callable[[PlannedJob], bool] = lambda job: True,
    ) -> Outcome:
        """Do what is missing on this machine.

        Args:
            processes: to start for each run.
            chosen: of what is missing.
            launched: processes that were started together with this one and share its runs, done one by one in here.
        """
        try:
            jobs = self.prepared(display, processes=processes, chosen=chosen)
        except KeyboardInterrupt:
            return Outcome(interrupted=True)
        cancelled, began_at = Cancelled(self.folder), time.time()

        def is_cancelled(job: PlannedJob) -> bool:
            return job.folder.path.name in cancelled.since(began_at)

        done_here = partial(execute, jobs, display=display, is_cancelled=is_cancelled)
        if launched is not None:
            return done_here(partial(Inline, launched=launched), at_once=1)
        if executor == "inline":
            return done_here(Inline, at_once=1)
        return done_here(GpuSlots(gpu_ids()).start, at_once=runs_at_once(self.plan))

    def write_report(self) -> ReportFiles:
        from gtpt_bench.report.write import write_report

        return write_report(self.plan, self.folder)


def open_session(
    study: Path,
    profile: str,
    data_root: Path | None,
    results: Path,
    *,
    changes: Sequence[str] = (),
    only: Sequence[str] = (),
    may_lack_data: bool = False,
    machine: Machine | None = None,
) -> Session:
    """A study file as a session.

    Args:
        machine: that measures time; None: the cluster that the study was submitted to, if it was, else this one.
        may_lack_data: plan without a data root although the runs need one; nothing can then be run.

    Raises:
        StudyError, DataError: in one line what is wrong and where.
    """
    spec, source = load_study(study, profile=profile, real_data=data_root is not None, changes=changes)
    return _session(
        spec,
        source,
        profile,
        data_root,
        results,
        changes=changes,
        only=only,
        may_lack_data=may_lack_data,
        machine=machine,
    )


def open_training(
    config: Path,
    data_root: Path | None,
    results: Path,
    *,
    changes: Sequence[str] = (),
    machine: Machine | None = None,
) -> Session:
    """A training config as a session with a single run; raises as `open_session` does."""
    spec, source = load_training(config, real_data=data_root is not None, changes=changes)
    return _session(spec, source, "train", data_root, results, changes=changes, machine=machine)


def open_named(
    file: Path,
    profile: str,
    data_root: Path | None,
    results: Path,
    *,
    changes: Sequence[str] = (),
    only: Sequence[str] = (),
) -> Session:
    """A study, or the one run of a training config; raises as `open_session` does."""
    if not is_training_config(file):
        return open_session(file, profile, data_root, results, changes=changes, only=only)
    if only:
        raise StudyError(f"{file} is a training config, which has one run; leave --only out")
    return open_training(file, data_root, results, changes=changes)


def _session(
    spec: Study,
    source: YamlSource,
    profile: str,
    data_root: Path | None,
    results: Path,
    *,
    changes: Sequence[str],
    only: Sequence[str] = (),
    may_lack_data: bool = False,
    machine: Machine | None = None,
) -> Session:
    if data_root is not None and not data_root.is_dir():
        raise DataError(f"data root {data_root} is not a folder")
    data = DataSource(data_root, results / ".cache")

    def identify(run: RunConfig) -> DataIdentity:
        try:
            return data.identity(run)
        except DataError:
            if may_lack_data and data_root is None:
                return DataIdentity(train="unknown", evaluation="unknown")
            raise

    folder = StudyFolder(results / spec.study)
    machine = machine or last_machine(ClusterFolder(folder, plan_label(spec, profile, changes))) or this_machine()
    plan = build_plan(
        spec,
        source,
        profile=profile,
        identify=identify,
        device=machine.device,
        device_kind=machine.kind,
        changes=changes,
    )
    plan.narrowed(only)
    return Session(plan, folder, data, tuple(only))


def study_name(study: Path) -> str:
    """Name of a study from its file, or the text itself if it is no file: `report pruning_ratio` works too."""
    if not study.exists() and study.suffix not in (".yaml", ".yml"):
        return str(study)
    content = read_yaml(study).content
    name = content.get("study", content.get("run"))  # a training config calls it `run`
    if not isinstance(name, str):
        raise StudyError(f"{study}: study: a name is missing")
    return name


def last_plan(folder: StudyFolder, profile: str = "") -> Plan:
    """The plan that ran last in a results folder.

    Raises:
        StudyError: nothing has run there, or its plan is of another version.
    """
    found = sorted(folder.path.glob(f"plan-{profile}*.json"), key=lambda path: path.stat().st_mtime)
    if not found:
        which = f" in profile {profile}" if profile else ""
        records = folder.path.parent / "records"
        kept = f", or read what was kept: --results {records}" if (records / folder.path.name).is_dir() else ""
        raise StudyError(f"nothing has been run{which} in {folder.path} yet; start with gtpt-study run{kept}")
    try:
        return Plan.model_validate_json(found[-1].read_text(encoding="utf-8"))
    except ValidationError as error:
        raise StudyError(
            f"{found[-1]} comes from another version of gtpt_bench; run the study again, finished work is kept"
        ) from error

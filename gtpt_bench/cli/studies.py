"""Commands about studies: run, plan, status, report, train."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gtpt_bench.cli.options import (
    DEFAULT_RESULTS,
    AsJson,
    Changes,
    DataRootOption,
    Only,
    Profile,
    Results,
    StudyFile,
)
from gtpt_bench.training.launch import launch_from

if TYPE_CHECKING:
    from gtpt_bench.study.session import Session
    from gtpt_bench.training.team import Several

Executor = Annotated[
    Literal["local", "inline"], typer.Option(help="local: a process a job; inline: in this process, to debug.")
]

Processes = Annotated[
    int,
    typer.Option(
        min=1,
        help="Processes that share each run, whose result does not depend on them. Or start this command itself "
        "several times with torchrun or srun.",
    ),
]

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


def run(
    study: StudyFile,
    profile: Profile = "quick",
    executor: Executor = "local",
    processes: Processes = 1,
    data_root: DataRootOption = None,
    set: Changes = None,
    only: Only = None,
    results: Results = DEFAULT_RESULTS,
    dry_run: DryRun = False,
) -> None:
    """Run a study: do what is not done yet, then write its report.

    Can be stopped with Ctrl-C at any time and run again: finished work is kept, unfinished work goes on where it
    stopped, and a finished study does nothing.
    """
    from gtpt_bench.study.session import open_session

    with shared_work() as launched:
        session = open_session(study, profile, data_root, results, changes=set or (), only=only or ())
        code = show_jobs(session) if dry_run else run_session(session, executor, processes, launched)
    raise typer.Exit(code)


@contextlib.contextmanager
def shared_work() -> Iterator[Several | None]:
    """The processes that torchrun or srun started together with this one, for the first of them; the others do not
    come back from here, but take part in its runs until it is done."""
    launch = launch_from(os.environ)
    if launch is None:
        yield None
        return
    from gtpt_bench.study.launched import assisting, leading
    from gtpt_bench.study.worker import StopFlag

    if launch.rank > 0:
        stop = StopFlag()
        stop.listen()
        raise typer.Exit(assisting(launch, stop=stop))
    with leading(launch) as team:
        yield team


def show_jobs(session: Session) -> int:
    """Say what `run_session` would do; the exit code."""
    jobs = session.missing_jobs()
    for job in jobs:
        typer.echo(f"would do: {job.title}")
    if not jobs:
        typer.echo(f"would do nothing: all parts of {session.plan.study.study} are done")
    return 0


def run_session(session: Session, executor: str, processes: int, launched: Several | None) -> int:
    """Do the missing jobs and report; the exit code."""
    from gtpt_bench.cli.progress import progress_display

    outcome = session.run(executor, progress_display(), processes=processes, launched=launched)
    if outcome.interrupted:
        typer.echo("Stopped; nothing is lost. Run the same command again to continue.", err=True)
        return 130
    if outcome.done == outcome.failed == 0:
        typer.echo(f"Nothing to do: all parts of {session.plan.study.study} are done.")
    files = session.write_report()
    typer.echo(files.table.read_text(encoding="utf-8"))
    typer.echo(f"Report: {files.folder}")
    if outcome.failed:
        typer.echo(f"{outcome.failed} part(s) failed; the lines above say why.", err=True)
    return 1 if outcome.failed else 0


def plan(
    study: StudyFile,
    profile: Profile = "quick",
    data_root: DataRootOption = None,
    set: Changes = None,
    only: Only = None,
    results: Results = DEFAULT_RESULTS,
    json: AsJson = False,
) -> None:
    """Show what a study would do, and what each variant costs by the closed form, before anything runs."""
    from gtpt_bench.cli.printing import print_json, print_table
    from gtpt_bench.study.overview import overview_columns, overview_rows, plan_as_json, plan_summary
    from gtpt_bench.study.session import open_session

    session = open_session(study, profile, data_root, results, changes=set or (), only=only or (), may_lack_data=True)
    if json:
        print_json(plan_as_json(session.chosen, session.status()))
        return
    print_table(session.plan.study.title, overview_columns(), overview_rows(session.chosen))
    for line in plan_summary(session.chosen, session.status(), session.forecast()):
        typer.echo(line)
    if session.lacks_data:
        typer.echo("to run this, give the folder of real data with --data-root DIR")


def status(
    study: StudyFile,
    profile: Profile = "quick",
    data_root: DataRootOption = None,
    set: Changes = None,
    only: Only = None,
    results: Results = DEFAULT_RESULTS,
    json: AsJson = False,
    watch: Annotated[bool, typer.Option("--watch", help="Repeat every two seconds until Ctrl-C.")] = False,
) -> None:
    """Show the state of each part of a study: missing, running, done, failed, stale."""
    from gtpt_bench.cli.printing import print_json, print_table
    from gtpt_bench.study.session import open_session

    session = open_session(study, profile, data_root, results, changes=set or (), only=only or ())
    while True:
        found = session.status()
        if json:
            folders = [str(s.folder) if s.folder else None for s in found]
            print_json(
                [
                    {"part": s.part, "state": s.state, "words": s.words, "folder": folder}
                    for s, folder in zip(found, folders, strict=True)
                ]
            )
        else:
            print_table("", ("part", "state", ""), [(s.part, s.state, s.words) for s in found])
        if not watch:
            return
        time.sleep(2)


def report(
    study: StudyFile,
    profile: Annotated[str, typer.Option(help="Profile to report; the one that ran last by default.")] = "",
    results: Results = DEFAULT_RESULTS,
    json: AsJson = False,
) -> None:
    """Write a study's tables and plots again from its records."""
    from gtpt_bench.cli.printing import print_json
    from gtpt_bench.study.session import last_plan, study_name
    from gtpt_bench.study.store import StudyFolder

    folder = StudyFolder(results / study_name(study))
    from gtpt_bench.report.write import write_report

    files = write_report(last_plan(folder, profile), folder)
    if json:
        print_json(files.as_json())
        return
    typer.echo(files.table.read_text(encoding="utf-8"))
    typer.echo(f"Report: {files.folder}")


def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="Training config (YAML).", show_default=False)],
    data_root: DataRootOption = None,
    set: Changes = None,
    results: Results = DEFAULT_RESULTS,
    executor: Executor = "local",
    processes: Processes = 1,
    dry_run: DryRun = False,
) -> None:
    """Train and evaluate one model as a config says; stops and continues like `run`.

    On several processes: --processes 2, or torchrun --nproc-per-node 2 -m gtpt_bench train CONFIG, or the same under
    srun. A batch is worked off in parts of training.micro_batch images, by as many processes as there are.
    """
    from gtpt_bench.study.session import open_training

    with shared_work() as launched:
        session = open_training(config, data_root, results, changes=set or ())
        code = show_jobs(session) if dry_run else run_session(session, executor, processes, launched)
    raise typer.Exit(code)

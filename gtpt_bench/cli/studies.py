"""Commands about studies: run, plan, report, train."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gtpt_bench.cli.options import (
    DEFAULT_RESULTS,
    AsJson,
    Changes,
    ClusterFile,
    DataRootOption,
    Detach,
    Executor,
    Only,
    Processes,
    Profile,
    Results,
    StudyFile,
    Yes,
)
from gtpt_bench.cli.outcome import finish, show_jobs, show_report
from gtpt_bench.errors import InputError
from gtpt_bench.training.launch import launch_from

if TYPE_CHECKING:
    from gtpt_bench.study.missing import PlannedJob
    from gtpt_bench.study.session import Session
    from gtpt_bench.training.team import Several

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Part = Annotated[
    Literal["cost", "time", "accuracy"] | None, typer.Option(help="Do only this part of the study, on this machine.")
]


def run(
    study: StudyFile,
    profile: Profile = "quick",
    executor: Executor = "local",
    cluster: ClusterFile = None,
    processes: Processes = 1,
    data_root: DataRootOption = None,
    set: Changes = None,
    only: Only = None,
    part: Part = None,
    results: Results = DEFAULT_RESULTS,
    detach: Detach = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Run a study: do what is not done yet, then write its report.

    Can be stopped with Ctrl-C at any time and run again: finished work is kept, unfinished work goes on where it
    stopped, and a finished study does nothing. Jobs of a cluster go on without this command, and bring the study to its
    report by themselves.
    """
    from gtpt_bench.study.session import open_session

    opened = partial(open_session, study, profile, data_root, results, changes=set or (), only=only or ())
    if part and executor == "slurm":
        raise InputError("--part is for this machine; leave it out, or leave --executor slurm out")
    chosen = (lambda job: job.part == part) if part else (lambda job: True)
    raise typer.Exit(_run(opened, executor, cluster, processes, chosen, detach=detach, yes=yes, dry_run=dry_run))


def _run(
    opened: Callable[..., Session],
    executor: str,
    cluster: Path | None,
    processes: int,
    chosen: Callable[[PlannedJob], bool] = lambda job: True,
    *,
    detach: bool,
    yes: bool,
    dry_run: bool,
) -> int:
    """Run a session here or on a cluster; the exit code.

    Args:
        chosen: of what is missing, here.
    """
    if executor == "slurm":
        from gtpt_bench.cli.cluster import run_on_cluster

        return run_on_cluster(opened, cluster, processes, detach=detach, yes=yes, dry_run=dry_run)
    for name, given in (("--cluster", cluster and not os.environ.get("GTPT_CLUSTER")), ("--detach", detach)):
        if given:
            raise InputError(f"{name} is for --executor slurm; add that, or leave {name} out")
    from gtpt_bench.study.machine import this_machine

    with shared_work() as launched:
        session = opened(machine=this_machine())
        return show_jobs(session, chosen) if dry_run else run_session(session, executor, processes, launched, chosen)


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


def run_session(
    session: Session,
    executor: str,
    processes: int,
    launched: Several | None,
    chosen: Callable[[PlannedJob], bool] = lambda job: True,
) -> int:
    """Do the missing jobs and report; the exit code."""
    from gtpt_bench.cli.progress import progress_display

    display = progress_display()
    return finish(session, session.run(executor, display, processes=processes, launched=launched, chosen=chosen))


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
    status = session.status()
    for line in plan_summary(session.chosen, status, session.forecast(status)):
        typer.echo(line)
    if session.lacks_data:
        typer.echo("to run this, give the folder of real data with --data-root DIR")


def report(
    study: Annotated[
        Path,
        typer.Argument(
            metavar="STUDY",
            help="Study file (YAML), name of a study that has run, or `paper`: the tables of the papers.",
            show_default=False,
        ),
    ],
    profile: Annotated[str, typer.Option(help="Profile to report; the one that ran last by default.")] = "",
    results: Results = DEFAULT_RESULTS,
    html: Annotated[bool, typer.Option("--html", help="Write a page to look at in a browser, too.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Of `paper`: write nothing, fail if a table no longer follows from records.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Write a study's tables and plots again from its records.

    `report paper` rebuilds the tables of the papers in results/paper/ from results/records/ and results/reference/.
    """
    from gtpt_bench.cli import paper

    if str(study) == paper.NAME:
        if profile:
            raise InputError("--profile is for a study; the tables of the papers have those that were kept")
        raise typer.Exit(paper.report_paper(results, check=check, html=html, json=json))
    if check:
        raise InputError(f"--check is for the tables of the papers; use gtpt-study report {paper.NAME} --check")
    from gtpt_bench.cli.printing import print_json
    from gtpt_bench.report.contents import contents
    from gtpt_bench.report.write import write_contents
    from gtpt_bench.study.session import last_plan, study_name
    from gtpt_bench.study.store import StudyFolder

    folder = StudyFolder(results / study_name(study))
    plan = last_plan(folder, profile)
    found = contents(plan, folder)
    files, page = write_contents(plan, folder, found), None
    if html:
        from gtpt_bench.report.page.write import write_page

        page = write_page(plan, folder, found)
    if json:
        print_json(files.as_json() | ({"page": str(page)} if page else {}))
        return
    show_report(files)
    if page:
        typer.echo(f"Page: {page}")


def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="Training config (YAML).", show_default=False)],
    data_root: DataRootOption = None,
    set: Changes = None,
    results: Results = DEFAULT_RESULTS,
    executor: Executor = "local",
    cluster: ClusterFile = None,
    processes: Processes = 1,
    detach: Detach = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Train and evaluate one model as a config says; stops and continues like `run`.

    On several processes: --processes 2, or torchrun --nproc-per-node 2 -m gtpt_bench train CONFIG, or the same under
    srun. A batch is worked off in parts of training.micro_batch images, by as many processes as there are.
    """
    from gtpt_bench.study.session import open_training

    opened = partial(open_training, config, data_root, results, changes=set or ())
    raise typer.Exit(_run(opened, executor, cluster, processes, detach=detach, yes=yes, dry_run=dry_run))

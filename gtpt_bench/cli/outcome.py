"""What commands say of a session, on this machine or on a cluster: what it would do, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from gtpt_bench.report.write import ReportFiles
    from gtpt_bench.study.execute_local import Outcome
    from gtpt_bench.study.missing import PlannedJob
    from gtpt_bench.study.session import Session


def show_jobs(session: Session, chosen: Callable[[PlannedJob], bool] = lambda job: True) -> int:
    """Say what running it would do; the exit code."""
    jobs = session.missing_jobs(chosen)
    for job in jobs:
        typer.echo(f"would do: {job.title}")
    if not jobs:
        typer.echo(f"would do nothing: all parts of {session.plan.study.study} are done")
    return 0


def finish(session: Session, outcome: Outcome) -> int:
    """Say what came of a session and report; the exit code."""
    if outcome.interrupted:
        typer.echo("Stopped; nothing is lost. Run the same command again to continue.", err=True)
        return 130
    if outcome.done == outcome.failed == 0 and not outcome.stopped:
        typer.echo(f"Nothing to do: all parts of {session.plan.study.study} are done.")
    show_report(session.write_report())
    if outcome.failed:
        typer.echo(f"{outcome.failed} part(s) failed; the lines above say why.", err=True)
    if outcome.stopped:
        typer.echo(f"Stopped early: {outcome.stopped}.", err=True)
    return 1 if outcome.failed or outcome.stopped else 0


def show_report(files: ReportFiles) -> None:
    """The table, and where everything lies."""
    from gtpt_bench.cli.printing import print_whole

    print_whole(files.shown)
    typer.echo(f"\nReport: {files.folder}")

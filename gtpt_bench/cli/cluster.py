"""Commands about jobs: run on a cluster, cancel, retry, logs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gtpt_bench.cli.options import (
    DEFAULT_RESULTS,
    Changes,
    DataRootOption,
    Detach,
    Only,
    Profile,
    Results,
    StudyFile,
    Yes,
)
from gtpt_bench.cli.outcome import finish, show_jobs
from gtpt_bench.errors import InputError, StudyError

NamedCluster = Annotated[
    Path | None,
    typer.Option(
        "--cluster", metavar="FILE", help="On the cluster of this profile (YAML); the one used last by default."
    ),
]
"""Never of the environment: what failed on this machine is done again on this machine."""

if TYPE_CHECKING:
    from gtpt_bench.cluster.gpu_hours import Hours
    from gtpt_bench.cluster.profile import ClusterProfile
    from gtpt_bench.study.missing import PlannedJob
    from gtpt_bench.study.session import Session
    from gtpt_bench.study.state import Status


def run_on_cluster(
    opened: Callable[..., Session], cluster: Path | None, processes: int, *, detach: bool, yes: bool, dry_run: bool
) -> int:
    """Submit a session's missing jobs and watch them; the exit code."""
    from gtpt_bench.cluster.commands import Unreachable, must_be_here
    from gtpt_bench.cluster.gpu_hours import hours_needed
    from gtpt_bench.cluster.positions import machine_of
    from gtpt_bench.cluster.submit import max_array_size

    profile = _profile(cluster, opened)
    if not dry_run:
        must_be_here("sbatch")
        with suppress(Unreachable):  # submitting waits for it
            max_array_size()  # whoever is refused is so before people are drawn
    session = opened(machine=machine_of(profile))
    if dry_run:
        typer.echo(f"on {profile.cluster}: {hours_needed(session.chosen, session.folder, profile).words}")
        return show_jobs(session)
    return submit_and_follow(session, profile, processes, detach=detach, yes=yes)


def submit_and_follow(
    session: Session,
    profile: ClusterProfile,
    processes: int,
    *,
    detach: bool,
    yes: bool,
    chosen: Callable[[PlannedJob], bool] = lambda job: True,
) -> int:
    from gtpt_bench.cli.progress import progress_display
    from gtpt_bench.cluster.follow import follow
    from gtpt_bench.cluster.run import submit_study
    from gtpt_bench.study.execute_local import Outcome

    display = progress_display()
    standing = submit_study(
        session, profile, display, processes=processes, chosen=chosen, confirm=lambda hours: yes or _confirmed(hours)
    )
    study = session.plan.study.study
    if standing is None:
        return finish(session, Outcome())
    if detach and not standing.is_over:
        typer.echo(f"{study} on {profile.cluster}: {standing.words}.")
        typer.echo("The jobs bring it to its report by themselves; status --watch shows how far it is.")
        return 0
    outcome = follow(session.cluster, display)
    if outcome.interrupted:
        typer.echo(
            "Not watching any more; the jobs go on. The same command watches again, gtpt-study cancel ends them.",
            err=True,
        )
        return 130
    return finish(session, outcome)


def _profile(cluster: Path | None, opened: Callable[..., Session]) -> ClusterProfile:
    """From the file, or as the study was submitted last."""
    if cluster is not None:
        from gtpt_bench.cluster.profile import load_profile

        return load_profile(cluster)
    last = opened().cluster
    if not last.exists:
        raise InputError("--executor slurm needs a profile of the cluster: --cluster slurm/generic.yaml, for instance")
    return last.read().profile


def _confirmed(hours: Hours) -> bool:
    if not sys.stdin.isatty():  # nobody is there to answer
        return False
    try:
        return typer.confirm(f"This will take {hours.words}. Submit?", err=True)
    except typer.Abort:
        return False


def cancel(
    study: StudyFile,
    profile: Profile = "quick",
    data_root: DataRootOption = None,
    set: Changes = None,
    only: Only = None,
    results: Results = DEFAULT_RESULTS,
) -> None:
    """Take a study, or some of its variants, out of the cluster's queue; stop what runs of it, on this machine too.

    What runs have saved is kept; the same run command goes on from there.
    """
    from gtpt_bench.cluster.control import cancel as cancel_jobs
    from gtpt_bench.study.session import open_named
    from gtpt_bench.study.stop import stop_here

    session = open_named(study, profile, data_root, results, changes=set or (), only=only or ())
    folders = {state.folder.name for state in session.status() if state.folder}
    number = cancel_jobs(session.cluster, folders) if session.cluster.exists else 0
    number += stop_here(session.folder, folders | {run.folder for run in session.chosen.runs})
    typer.echo(f"{number} job(s) of {session.plan.study.study} cancelled" if number else "nothing to cancel")


def retry(
    study: StudyFile,
    profile: Profile = "quick",
    cluster: NamedCluster = None,
    data_root: DataRootOption = None,
    set: Changes = None,
    only: Only = None,
    results: Results = DEFAULT_RESULTS,
    detach: Detach = False,
    yes: Yes = False,
) -> None:
    """Do the failed parts of a study again, and nothing else: on the cluster it was submitted to, or else here."""
    from gtpt_bench.cli.progress import progress_display
    from gtpt_bench.cluster.profile import load_profile
    from gtpt_bench.study.session import open_named

    session = open_named(study, profile, data_root, results, changes=set or (), only=only or ())
    failed = {state.folder for state in session.status() if state.state == "failed"}
    held = held_back(session)
    if not failed:
        typer.echo(f"nothing has failed{f'; {held}, and run submits them' if held else ''}")
        return
    if held:
        typer.echo(f"{held}, and are submitted too")

    def chosen(job: PlannedJob) -> bool:
        return job.folder.path in failed

    if cluster is None and not session.cluster.exists:
        raise typer.Exit(finish(session, session.run("local", progress_display(), chosen=chosen)))
    where = load_profile(cluster) if cluster else session.cluster.read().profile
    processes = session.cluster.read().processes if session.cluster.exists else 1
    raise typer.Exit(submit_and_follow(session, where, processes, detach=detach, yes=yes, chosen=chosen))


def held_back(session: Session) -> str:
    """How many jobs of a study are in no queue because the first ones all failed alike; "" if there are none."""
    campaign = session.cluster.read() if session.cluster.exists else None
    if campaign is None or not campaign.held or not campaign.waiting:
        return ""
    return f"{len(campaign.waiting)} job(s) were held back ({campaign.held})"


def logs(
    study: StudyFile,
    run: Annotated[str, typer.Argument(metavar="RUN", help="Part of a run's name, as status shows it.")],
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on as more is written, to the run's end.")] = False,
    profile: Profile = "quick",
    data_root: DataRootOption = None,
    set: Changes = None,
    results: Results = DEFAULT_RESULTS,
) -> None:
    """Show the log of a run: what its worker wrote, wherever it ran."""
    from gtpt_bench.cli.follow_log import follow_log
    from gtpt_bench.study.session import open_named
    from gtpt_bench.study.store import JobFolder

    session = open_named(study, profile, data_root, results, changes=set or ())
    found = _named(session.status(), run)
    if follow and found.folder and found.state in ("queued", "running"):
        follow_log(JobFolder(found.folder), session.cluster, partial(typer.echo, nl=False))
    elif found.folder and JobFolder(found.folder).log.exists():
        typer.echo(JobFolder(found.folder).log.read_text(encoding="utf-8", errors="replace"), nl=False)
    else:
        raise InputError(f"{found.part} has no log yet: it is {found.state} {found.words}".rstrip())


def _named(states: list[Status], name: str) -> Status:
    """The part of a study that a name means: its own or its folder's, or else one that only it begins with or contains.
    An older result is meant by the name of its folder only."""
    now = [state for state in states if state.state != "stale"]
    folders = {state.folder.name: state for state in reversed(states) if state.folder}
    names = {state.part: state for state in now} | {state.folder.name: state for state in now if state.folder}
    if whole := names.get(name) or folders.get(name):
        return whole
    begun = [state for full, state in names.items() if full.startswith(name)]
    found = begun or [state for full, state in names.items() if name in full]
    if not found or len({state.folder or state.part for state in found}) > 1:
        what = "no part is" if not found else "several parts are"
        known = ", ".join(dict.fromkeys(repr(state.part) for state in found or now))  # names may have commas
        raise StudyError(f"{what} called {name!r}; give one of: {known[:1000]}")
    return found[0]

"""The command `status`: what has become of each part of a study, once or again and again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from gtpt_bench.study.session import Session
    from gtpt_bench.study.state import Status

LOOK_EVERY_S = 2.0
ROWS_WATCHED = 30
"""Parts that are named while watching; there may be thousands."""

WATCHED_FIRST = ("failed", "running", "queued")


def status(
    study: StudyFile,
    profile: Profile = "quick",
    data_root: DataRootOption = None,
    set: Changes = None,
    only: Only = None,
    results: Results = DEFAULT_RESULTS,
    json: AsJson = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Every two seconds, until nothing runs or waits any more, or Ctrl-C.")
    ] = False,
) -> None:
    """Show the state of each part of a study: missing, queued, running, done, failed, stale.

    From files, and one question to the scheduler where a study is in a cluster's queue. Whoever watches such a study
    brings it on too, as the shell did that submitted it.
    """
    from gtpt_bench.cli.printing import print_table
    from gtpt_bench.study.session import open_session

    session = open_session(study, profile, data_root, results, changes=set or (), only=only or ())
    while True:
        began = time.monotonic()
        if watch:
            _bring_on(session)
        found = session.status()
        if json:
            _print_as_json(found)
        elif watch:
            _print_watched(session, found)
        else:
            print_table("", ("part", "state", ""), [(s.part, s.state, s.words) for s in found])
            typer.echo(summary(session, found))
        if not watch or not any(state.state in ("running", "queued") for state in found):
            return
        time.sleep(max(LOOK_EVERY_S, 2 * (time.monotonic() - began)))


def _bring_on(session: Session) -> None:
    """Submit what has found a place, see to what failed; if that cannot be done just now, say so and go on watching."""
    from gtpt_bench.cluster.advance import advance
    from gtpt_bench.cluster.commands import Refused, Unreachable

    cluster = session.cluster
    if not cluster.exists or not (cluster.queued or cluster.read().waiting):
        return
    try:
        advance(cluster)
    except (Unreachable, Refused) as error:
        typer.echo(f"not brought on: {error}", err=True)
    except PermissionError as error:
        typer.echo(f"not brought on: {error.filename} belongs to somebody else, whose shells and jobs do", err=True)


def summary(session: Session, found: Sequence[Status]) -> str:
    """How many parts are in which state, and why none is submitted if that is so."""
    counts = Counter(state.state for state in found)
    parts = ", ".join(f"{number} {state}" for state, number in counts.most_common())
    held = session.cluster.read().held if session.cluster.exists else ""
    return f"{session.plan.study.study}: {parts}" + (f"; nothing more is submitted: {held}" if held else "")


def _print_watched(session: Session, found: Sequence[Status]) -> None:
    """The summary, and of the parts that somebody may be waiting for, the first."""
    from gtpt_bench.cli.printing import print_table

    rows = sorted((s for s in found if s.state in WATCHED_FIRST), key=lambda s: WATCHED_FIRST.index(s.state))
    typer.echo(f"{time.strftime('%H:%M:%S')} {summary(session, found)}")
    if rows:
        print_table("", ("part", "state", ""), [(s.part, s.state, s.words) for s in rows[:ROWS_WATCHED]])
    if len(rows) > ROWS_WATCHED:
        typer.echo(f"… and {len(rows) - ROWS_WATCHED} more")


def _print_as_json(found: Sequence[Status]) -> None:
    from gtpt_bench.cli.printing import print_json

    folders = [str(s.folder) if s.folder else None for s in found]
    print_json(
        [
            {"part": s.part, "state": s.state, "words": s.words, "folder": folder}
            for s, folder in zip(found, folders, strict=True)
        ]
    )

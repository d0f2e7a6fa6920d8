"""The command `status`: what has become of each part of a study, once or again and again."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
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
WATCHED_FIRST = ("failed", "running", "queued")
"""Parts that somebody may be waiting for."""


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
    brings it on too, as the shell did that submitted it; so does a single look if none of its jobs is left to do that.
    """
    from gtpt_bench.study.session import open_named

    session = open_named(study, profile, data_root, results, changes=set or (), only=only or ())
    if not watch:
        _show(session, json=json)
    elif json:
        _look_again_and_again(session, lambda found: _print_as_json(found))
    else:
        from gtpt_bench.cli.watching import watching

        with watching() as shown:
            _look_again_and_again(session, lambda found: shown.show(summary(session, found), _rows_watched(found)))


def _show(session: Session, *, json: bool) -> None:
    from gtpt_bench.cli.printing import print_table

    found = session.status()
    if any(state.state == "queued" for state in found) and _bring_on(session, only_stranded=True):
        found = session.status()
    if json:
        _print_as_json(found)
        return
    print_table("", ("part", "state", ""), [(s.part, s.state, s.words) for s in found])
    typer.echo(summary(session, found))


def _look_again_and_again(session: Session, show: Callable[[Sequence[Status]], None]) -> None:
    """Until nothing runs or waits any more."""
    while True:
        began = time.monotonic()
        _bring_on(session, only_stranded=False)
        found = session.status()
        show(found)
        if not any(state.state in ("running", "queued") for state in found):
            return
        time.sleep(max(LOOK_EVERY_S, 2 * (time.monotonic() - began)))


def _bring_on(session: Session, *, only_stranded: bool) -> bool:
    """Submit what has found a place, see to what failed, if whoever looks may; if that cannot be done just now, say so.

    Args:
        only_stranded: if none of the study's own jobs is left that would do it.

    Returns:
        whether anything may have changed.
    """
    from gtpt_bench.cluster.advance import advance
    from gtpt_bench.cluster.commands import Refused, Unreachable
    from gtpt_bench.cluster.stranded import is_stranded

    cluster = session.cluster
    if not cluster.exists or not os.access(cluster.path, os.W_OK):  # somebody else's, whose shells and jobs see to it
        return False
    campaign = cluster.read()
    needed = is_stranded(cluster, campaign) if only_stranded else bool(campaign.waiting or cluster.queued)
    if not needed:
        return False
    try:
        advance(cluster)
    except (Unreachable, Refused) as error:
        typer.echo(f"not brought on: {error}", err=True)
    except PermissionError as error:
        typer.echo(f"not brought on: {error.filename} belongs to somebody else, whose shells and jobs do", err=True)
    return True


def summary(session: Session, found: Sequence[Status]) -> str:
    """How many parts are in which state, and why none is submitted if that is so."""
    counts = Counter(state.state for state in found)
    parts = ", ".join(f"{number} {state}" for state, number in counts.most_common())
    campaign = session.cluster.read() if session.cluster.exists else None
    why_not = (campaign.held or campaign.refused) if campaign and campaign.waiting else ""
    return f"{session.plan.study.study}: {parts}" + (f"; nothing more is submitted: {why_not}" if why_not else "")


def _rows_watched(found: Sequence[Status]) -> list[tuple[str, str, str]]:
    rows = sorted((s for s in found if s.state in WATCHED_FIRST), key=lambda s: WATCHED_FIRST.index(s.state))
    return [(s.part, s.state, s.words) for s in rows]


def _print_as_json(found: Sequence[Status]) -> None:
    from gtpt_bench.cli.printing import print_json

    folders = [str(s.folder) if s.folder else None for s in found]
    print_json(
        [
            {"part": s.part, "state": s.state, "words": s.words, "folder": folder}
            for s, folder in zip(found, folders, strict=True)
        ]
    )

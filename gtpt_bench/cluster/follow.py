"""Watching a campaign from a shell until nothing of it is left in the queue; the shell may go at any time."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gtpt_bench.cluster.advance import advance
from gtpt_bench.cluster.commands import Unreachable
from gtpt_bench.cluster.ledger import Campaign, ClusterFolder, Submission, Work
from gtpt_bench.cluster.queue import read_queue
from gtpt_bench.cluster.silence import Silence
from gtpt_bench.study.display import Display
from gtpt_bench.study.execute_local import Outcome

LOOK_EVERY_S = 2.0
"""At the files of jobs in the queue."""


@dataclass(frozen=True)
class Standing:
    """How many jobs of a campaign are where."""

    waiting: int
    pending: int
    running: int

    @property
    def is_over(self) -> bool:
        return self.waiting + self.pending + self.running == 0

    @property
    def words(self) -> str:
        parts = ((self.running, "running"), (self.pending, "in the queue"), (self.waiting, "waiting for a place"))
        return ", ".join(f"{number} {words}" for number, words in parts if number) or "nothing left"


def standing(cluster: ClusterFolder, campaign: Campaign, submissions: Sequence[Submission]) -> Standing:
    """From the ledger and the scheduler's last answer."""
    names = [name for submission in submissions for name, _ in submission.open]
    queue = read_queue(cluster.queue_file)
    known = queue.elements if queue else {}
    running = sum(name in known and known[name].stage == "running" for name in names)
    waiting = 0 if campaign.held else len(campaign.waiting)
    return Standing(waiting, len(names) - running, running)


def follow(cluster: ClusterFolder, display: Display) -> Outcome:
    """Bring a campaign on until it is over.

    Raises:
        Unreachable: SLURM has not answered for longer than the profile allows; its jobs go on by themselves.
        Refused: SLURM does not take the jobs.
    """
    line = display.line(f"{cluster.study.path.name} on {cluster.read().profile.cluster}")
    told, silence, seen = set[str](), Silence(display), dict[str, Work]()
    words = "stopped watching, the jobs go on"
    try:
        while True:
            try:
                campaign = advance(cluster)
            except Unreachable as error:
                campaign = cluster.read()
                silence.lasts(str(error))
                if time.monotonic() - (silence.began or 0) > 60 * campaign.profile.rhythm.unreachable_min:
                    raise
                time.sleep(LOOK_EVERY_S)
                continue
            silence.is_over()
            for run in campaign.failed:
                if run.folder not in told:
                    told.add(run.folder)
                    display.line(run.folder).finish(f"failed: {run.failure.line}")
            submissions = cluster.submissions()
            seen |= {work.folder: work for work in _left(campaign, submissions)}
            now = standing(cluster, campaign, submissions)
            done = campaign.num_trained + campaign.num_measured
            left = now.waiting + now.pending + now.running
            line.update(done, done + len(campaign.failed) + left, now.words)
            if now.is_over:
                words = f"{done} done, {len(campaign.failed)} failed"
                if number := num_taken_out(campaign):
                    display.say(f"{number} part(s) were cancelled outside gtpt-study; gtpt-study retry does them again")
                stopped = _held(campaign) or _cancelled(cluster, campaign, seen)
                return Outcome(done=done, failed=len(campaign.failed), stopped=stopped)
            time.sleep(LOOK_EVERY_S)
    except KeyboardInterrupt:
        return Outcome(interrupted=True)
    finally:
        line.finish(words)


def num_taken_out(campaign: Campaign) -> int:
    """Parts whose jobs somebody has ended by scancel, or SLURM at a deadline."""
    return sum(run.kind == "cancelled" for run in campaign.failed)


def _held(campaign: Campaign) -> str:
    if not campaign.held or not campaign.waiting:
        return ""
    return f"{campaign.held}; {len(campaign.waiting)} job(s) were not submitted"


def _left(campaign: Campaign, submissions: Sequence[Submission]) -> list[Work]:
    """What waits or is in the queue."""
    units = [*campaign.waiting, *(unit for submission in submissions for _, unit in submission.open)]
    return [work for unit in units for work in unit.work]


def _cancelled(cluster: ClusterFolder, campaign: Campaign, seen: Mapping[str, Work]) -> str:
    """What another shell has taken out of the queue while this one watched, so that it is neither done nor failed."""
    failed = {run.folder for run in campaign.failed}
    number = sum(name not in failed and not work.is_done(cluster.study) for name, work in seen.items())
    return f"{number} part(s) were cancelled; run again to do them" if number and not campaign.held else ""

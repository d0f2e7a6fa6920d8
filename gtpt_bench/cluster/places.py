"""How many jobs may be submitted now: by the profile's limits, and by what the cluster took when it was last full.

A queue that is full is not asked again and again. How many jobs of the study it took is kept in the campaign; only when
fewer are left in it, or once in a rhythm, it is asked for more: for one job first, then for twice as many.
"""

from __future__ import annotations

from collections.abc import Sequence

from gtpt_bench.cluster.commands import Refused
from gtpt_bench.cluster.ledger import Campaign, Submission
from gtpt_bench.cluster.submit import Full, jobs_of_this_user


def num_queued(submissions: Sequence[Submission]) -> int:
    return sum(len(submission.open) for submission in submissions)


def places(campaign: Campaign, submissions: Sequence[Submission], now: float) -> int:
    """Jobs that may be submitted at once; none, or less, if there is no place."""
    queued, most = num_queued(submissions), campaign.profile.limits.max_submitted
    if campaign.known_places is not None:
        wait_s = campaign.full_until - now
        waits = 0 < wait_s <= campaign.profile.rhythm.ask_every_s  # else over, or set by another machine's clock
        most = min(most, campaign.known_places if queued < campaign.full_at else queued + (not waits))
    share = share_of(campaign, submissions)
    half = campaign.profile.limits.array_parallelism / 2
    return min(most - queued, share if share < half else most - queued)


def share_of(campaign: Campaign, submissions: Sequence[Submission]) -> int:
    """Jobs of a further array that may run at a time, so that those of all arrays together are not too many.

    A long array with a small share would be slow to its end, so `places` lets only an array be longer than its share
    that has at least half of what may run.
    """
    return campaign.profile.limits.array_parallelism - sum(submission.may_run for submission in submissions)


def after_full(campaign: Campaign, queued: int, now: float) -> Campaign:
    """What is known when the queue takes no more. How many it took before is not forgotten: the job at whose end it is
    asked still counts."""
    return campaign.model_copy(
        update={
            "known_places": max(campaign.known_places or 0, queued),
            "full_at": queued,
            "full_until": now + campaign.profile.rhythm.ask_every_s,
        }
    )


def after_none(campaign: Campaign, now: float, error: Full) -> Campaign:
    """What is known when the queue, with no job of the study in it, has not taken a single one.

    Raises:
        Refused: nor has it for a rhythm, although nobody with this account has one in it: that is no matter of waiting.
    """
    since = (campaign.refused_since or now) if jobs_of_this_user() == 0 else 0.0
    if since and now - since >= campaign.profile.rhythm.ask_every_s:
        raise Refused(f"{error}; no job of yours is in the queue, so check time_limit_h, nodes, qos and account")
    return campaign.model_copy(update={"refused_since": since})


def after_taken(campaign: Campaign, queued: int) -> Campaign:
    """What is known when the queue has so many jobs of the study now; if more than before, twice as many may find a
    place."""
    news: dict[str, float | str] = {"refused_since": 0, "refused": ""}
    if campaign.known_places is not None and queued > campaign.full_at:
        news |= {"known_places": max(campaign.known_places, 2 * queued), "full_at": 2 * queued}
    return campaign.model_copy(update=news)

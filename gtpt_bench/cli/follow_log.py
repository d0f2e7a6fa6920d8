"""Showing the log of a run as it is written, wherever the run is: from its folder, and the ledger while it waits."""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable
from pathlib import Path

from gtpt_bench.cluster.ledger import ClusterFolder
from gtpt_bench.study.lock import owner_of
from gtpt_bench.study.store import JobFolder

LOOK_EVERY_S = 1.0
"""At the log of a run that somebody works on."""

LOOK_IN_THE_QUEUE_EVERY_S = 5.0
"""Whether a run that waits has begun; the ledger of thousands is long."""


class GrowingText:
    """A file in UTF-8 that somebody else writes; letters of which only a part is there yet are left for the next look.

    Args:
        path: may not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.shown = path, 0
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def more(self, *, is_all: bool = False) -> str:
        """What was written since the last look.

        Args:
            is_all: whether nothing will follow.
        """
        try:
            with self.path.open("rb") as file:
                file.seek(self.shown)
                new = file.read()
        except FileNotFoundError:
            new = b""
        self.shown += len(new)
        return self.decoder.decode(new, final=is_all)


def follow_log(folder: JobFolder, cluster: ClusterFolder, show: Callable[[str], None]) -> None:
    """Show what is written, until nobody works on the run and it does not wait in a queue either."""
    log = GrowingText(folder.log)
    while True:
        at_work = owner_of(folder.lock) is not None
        goes_on = at_work or _waits(folder, cluster)  # asked first: what is written afterwards is read all the same
        show(log.more(is_all=not goes_on))
        if not goes_on:
            return
        time.sleep(LOOK_EVERY_S if at_work else LOOK_IN_THE_QUEUE_EVERY_S)


def _waits(folder: JobFolder, cluster: ClusterFolder) -> bool:
    """Whether a run that nobody works on is in the queue of a cluster, or waits for a place in it."""
    if folder.error.exists() or not cluster.exists:
        return False
    campaign = cluster.read()
    units = [unit for submission in cluster.submissions() for _, unit in submission.open]
    units += campaign.waiting if not campaign.held else ()
    mine = [work for unit in units for work in unit.work if work.folder == folder.path.name]
    return any(not work.is_done(cluster.study) for work in mine)

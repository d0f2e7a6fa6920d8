"""What a process had of the operating system meanwhile: new pages of memory, and processor time."""

from __future__ import annotations

import resource
from dataclasses import dataclass


@dataclass(frozen=True)
class Usage:
    """Of all threads of a process.

    Attributes:
        page_faults: pages of memory that the system had to supply.
        system_s: processor time spent in the operating system.
        user_s: processor time spent outside.
    """

    page_faults: int
    system_s: float
    user_s: float

    def __sub__(self, before: Usage) -> Usage:
        return Usage(
            self.page_faults - before.page_faults, self.system_s - before.system_s, self.user_s - before.user_s
        )


def usage_now() -> Usage:
    """Since the process began."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Usage(used.ru_minflt, used.ru_stime, used.ru_utime)

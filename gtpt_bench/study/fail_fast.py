"""Stopping a study whose first runs all fail in the same way, before the rest fail too."""

from __future__ import annotations

from collections.abc import Sequence

from gtpt_bench.study.failure import RULES, Failure

ALIKE = 3
"""So many equal failures stop the rest, if no run has ended well."""


def reason_to_stop(failures: Sequence[tuple[str, Failure]], *, num_done: int) -> str:
    """Why the rest of a study should not be started; empty if it should.

    A variant that cannot be trained is no reason: its seeds fail alike, other variants may not. So the failures are to
    come from two variants at least, but for reasons that no variant can be blamed for. Nor is it one that somebody
    cancelled some of its runs.

    Args:
        failures: variant and failure of each run that failed, in the order of their ends.
        num_done: runs that ended well.
    """
    first = [(variant, failure) for variant, failure in failures if failure.kind != "cancelled"][:ALIKE]
    if num_done or len(first) < ALIKE or len({failure.sameness for _, failure in first}) > 1:
        return ""
    failure = first[0][1]
    if failure.kind in ("diverged", "gpu_memory", "crash") and len({variant for variant, _ in first}) == 1:
        return ""
    return f"the first {ALIKE} runs failed alike: {failure.line}; {RULES[failure.kind].advice}"

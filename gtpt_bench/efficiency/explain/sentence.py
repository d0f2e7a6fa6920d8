"""One honest sentence about one model's time: where it goes and what holds it up. Torch-free, pure.

Every clause comes from a measured share. Two models are compared in comparison.py.
"""

from __future__ import annotations

from gtpt_bench.efficiency.explain.findings import Findings, within
from gtpt_bench.efficiency.explain.operator_groups import COUNTED, IN_WORDS
from gtpt_bench.efficiency.explain.roofline import RooflineRow

NAMED_GROUPS = 3
"""At most so many groups of operators are named in a sentence."""

MUCH_SYSTEM = 0.1
"""Share of the processor time from which on it is told that the operating system takes it."""


def sentence(findings: Findings) -> str:
    """Where most of a call's time goes.

    "At batch 1 the tokenizer takes 48 % of the time with 31 % of the MACs; it runs at 0.21 of the machine's matrix
    rate, bound by memory bandwidth."
    """
    if not findings.rows:
        return "No stage took any time."
    longest = max(findings.rows, key=lambda row: row.seconds)
    said = (
        f"At batch {findings.batch} {the(longest.stage)} takes {percent(longest.share_of_time)} of the time with "
        f"{percent(longest.share_of_macs)} of the MACs; it runs at {longest.share_of_rate:.2f} of the machine's matrix "
        f"rate, {held_up(findings, longest)}"
    )
    if findings.launch_bound:
        said += f"; {waits(findings)}"
    if findings.system_share >= MUCH_SYSTEM:
        said += (
            f"; the operating system takes {percent(findings.system_share)} of the processor time, supplying "
            f"{findings.page_faults:,.0f} pages of memory a call"
        )
    return f"{said}{doubt(findings)}."


def doubt(*findings: Findings) -> str:
    """What must be said of numbers that may not be the models' own."""
    return " (other processes had the cores meanwhile: measure again)" if any(f.disturbed for f in findings) else ""


def held_up(findings: Findings, row: RooflineRow) -> str:
    """What the stage's time is bound by; where no roof explains it, the largest part of it as it was measured."""
    if row.bound != "neither":
        return f"bound by {BOUND_IN_WORDS[row.bound]}"
    parts = within(findings, row)
    if parts.waiting >= max(parts.products, parts.uncounted):
        why = f"{percent(parts.waiting)} of its time goes to {WAITING_IN_WORDS[findings.device]}"
    elif parts.uncounted >= parts.products:
        groups = largest_uncounted(findings, row.stage)
        why = f"{percent(parts.uncounted)} of its time goes to {groups}, which no MAC counts"
    else:
        reached = row.share_of_rate / parts.products
        why = f"its products, {percent(parts.products)} of its time, reach {reached:.2f} of the rate themselves"
    return f"bound by no roof: {why}"


BOUND_IN_WORDS = {"compute": "that rate", "bandwidth": "memory bandwidth"}
WAITING_IN_WORDS = {"cuda": "waiting for launches", "cpu": "Python and dispatch"}


def waits(findings: Findings) -> str:
    """Whom the device waits for, and how long."""
    share = percent(findings.waiting_share)
    if findings.device == "cuda":
        return f"the device waits for launches {share} of the time"
    return f"Python and dispatch take {share} of the time"


def largest_uncounted(findings: Findings, stage: str | None = None) -> str:
    """Groups without MACs that take most of the time in a stage, or in all, in words."""
    groups = findings.group_shares if stage is None else findings.groups.get(stage, {})
    without = sorted((group for group in groups if group not in COUNTED), key=lambda group: -groups[group])
    return listed([IN_WORDS[group] for group in without[:NAMED_GROUPS]])


def listed(words: list[str]) -> str:
    """ "softmax, norms and copies"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def the(stage: str) -> str:
    """A stage as the subject of a sentence: some have a number, others an article."""
    if stage[-1:].isdigit():
        return stage
    return {"between stages": "what lies between stages"}.get(stage, f"the {stage}")


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"

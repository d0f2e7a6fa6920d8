"""What a paper claims of two models, checked where both are hosted: a sentence a claim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gtpt_bench.report.audited import macs_printed, params_printed
from gtpt_bench.report.records import Found, VariantRecords
from gtpt_bench.report.reproduced import rounds_to
from gtpt_bench.study.claims import Claim
from gtpt_bench.study.plan import Plan

CONVENTIONS_ASKED = ("full", "E")
"""Of MACs: the true cost, and layers alone, which HEViTPose's own figures fit."""


class Change(NamedTuple):
    """From one model to the other, in per cent, and how it was counted."""

    how: str
    percent: float
    own: float
    other: float


def claim_sentences(plan: Plan, records: Mapping[str, VariantRecords]) -> list[str]:
    """Nothing where nothing is claimed."""
    assert plan.audit is not None
    return [_sentence(plan, claim, records) for claim in plan.audit.claims]


def _sentence(plan: Plan, claim: Claim, records: Mapping[str, VariantRecords]) -> str:
    what = f"{claim.percent} % {claim.figure}{_implied(plan, claim)}"
    said = f"Claimed of {claim.method} against {claim.compared_with}: {what}"
    if not claim.against:
        return f"{said}. Not checked: {claim.compared_with} is not hosted."
    own, other = (_cost(plan, model, records) for model in (claim.model, claim.against))
    if own is None or other is None:
        return f"{said}. Not checked: both have to be counted for it."
    found, unit = list(_changes(claim, own, other)), _unit(claim)
    words = "; ".join(f"{c.how} {c.percent:+.1f} % ({c.own:.3f} against {c.other:.3f} {unit})" for c in found)
    reproduced = [change.how for change in found if rounds_to(change.percent, claim.percent)]
    return f"{said}. Here {words}: {f'reproduced {reproduced[0]}' if reproduced else 'not reproduced to the digit'}."


def _implied(plan: Plan, claim: Claim) -> str:
    """What the other model would have, by the claim and what is published of the one."""
    assert plan.audit is not None
    rows = (row for row in plan.audit.published if row.model == claim.model)
    figure = next((row.params_m if claim.figure == "params" else row.gflops for row in rows), "")
    if not figure:
        return ""
    other = float(figure) / (1 + float(claim.percent) / 100)
    return f" (by its {figure} {_unit(claim)}, {other:.2f} {_unit(claim)} of {claim.compared_with})"


def _unit(claim: Claim) -> str:
    return "M" if claim.figure == "params" else "G"


def _changes(claim: Claim, own: Found, other: Found) -> Iterator[Change]:
    if claim.figure == "params":
        counted = [("in one copy", params_printed(own)["one copy"], params_printed(other)["one copy"])]
    else:
        ours, theirs = macs_printed(own), macs_printed(other)
        counted = [(f"in {name}", ours[name], theirs[name]) for name in CONVENTIONS_ASKED]
    for how, a, b in counted:
        yield Change(how, 100 * (a / b - 1), a, b)


def _cost(plan: Plan, model: str, records: Mapping[str, VariantRecords]) -> Found | None:
    """Of the first row with this model."""
    rows = (records[name].measured_cost for name, cost in plan.measured.items() if cost.model == model)
    return next(rows, None)

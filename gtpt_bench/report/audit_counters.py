"""Whether all who counted a model agree, from the cross-check in its cost record: a cell a row, and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gtpt_bench.report.cells import Cell, measured_cell
from gtpt_bench.report.records import Found, VariantRecords

Check = Mapping[str, Any]
"""As in `efficiency/counting/cross_check_json.py`."""


def counters_cell(cost: Found, dense: Found | None) -> Cell:
    """Of the model, and where something is wrong with it of the same keeping all tokens."""
    words, found = [check_in_words(check_of(cost))], [cost]
    if dense is not None:
        found.append(dense)
        if not all_agree(check_of(dense)):
            words.append(f"all tokens: {check_in_words(check_of(dense))}")
    return measured_cell(None, "; ".join(words), *found)


def check_of(cost: Found) -> Check:
    check: Check = cost.record["check"]
    return check


def all_agree(check: Check) -> bool:
    """Whether nobody disagrees and nobody is missing."""
    return bool(check["agrees"]) and not check["complaints"]


def check_in_words(check: Check) -> str:
    """`5 of 5`; `DISAGREE: 4 of 5, fvcore is off by +2.00 %`; `4 of 5, fvcore has no count`."""
    counters = check["counters"]
    parts = [f"{sum(counter['agrees'] is True for counter in counters)} of {len(counters)}"]
    parts += [
        f"{counter['name']} has no count"
        if counter["macs"] is None
        else f"{counter['name']} is off by {100 * counter['deviation']:+.2f} %"
        for counter in counters
        if not counter["agrees"]
    ]
    return f"{'' if check['agrees'] else 'DISAGREE: '}{', '.join(parts)}"


def counters_sentences(records: Mapping[str, VariantRecords]) -> list[str]:
    """Who counted, what some cannot see, who complains, and operators that may hide MACs."""
    checks = dict(_checks(records))
    if not checks:
        return []
    opinions = [counter for check in checks.values() for counter in check["counters"]]
    names = dict.fromkeys(counter["name"] for counter in opinions)
    unseen = dict.fromkeys(f"{c['name']} {c['note']}" for c in opinions if c["agrees"] and c["note"])
    blind = f" {'; '.join(unseen)}." if unseen else ""
    return [
        f"Counters that agree: {', '.join(names)} count the same pass, and each is held against the trace of all that "
        "it can see. Rows in which one is off by more than 1 %, or fewer than two could count, are flagged: DISAGREE."
        f"{blind}",
        *_named("Complaints", {name: "; ".join(check["complaints"]) for name, check in checks.items()}),
        *_named(
            "Operators that no rule knows and that may hide MACs, with their calls",
            {name: _calls_in_words(check["unknown_calls"]) for name, check in checks.items()},
        ),
    ]


def _checks(records: Mapping[str, VariantRecords]) -> Iterator[tuple[str, Check]]:
    """By model, those keeping all tokens too, as far as they are counted."""
    for name, known in records.items():
        if known.measured_cost:
            yield name, check_of(known.measured_cost)
        if known.dense_cost:
            yield f"{name} keeping all tokens", check_of(known.dense_cost)


def _calls_in_words(calls: Mapping[str, int]) -> str:
    return ", ".join(f"{operator} {number}" for operator, number in calls.items())


def _named(what: str, said: Mapping[str, str]) -> list[str]:
    """Models of which the same is said stand together; that there is nothing to say is said too."""
    groups: dict[str, list[str]] = {}
    for name, words in said.items():
        if words:
            groups.setdefault(words, []).append(name)
    listed = "; ".join(f"{', '.join(names)}: {words}" for words, names in groups.items())
    return [f"{what}: {listed or 'none'}."]

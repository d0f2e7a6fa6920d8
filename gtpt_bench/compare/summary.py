"""What changed between two studies, and whether it is real: a line a quantity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gtpt_bench.compare.run import Compared
from gtpt_bench.compare.time_tables import time_verdict

ORDER = (
    "higher",
    "lower",
    "faster",
    "slower",
    "other",
    "not distinguishable",
    "ambiguous",
    "two sessions",
    "same",
    "not compared",
)
"""Of verdicts: what is real first, what nobody knows last."""
NAMED = 8
"""Variants that are named; the table has all."""
REAL = ("higher", "lower", "faster", "slower", "other")


def summary(compared: Compared) -> Iterator[str]:
    """`AP of B: real, lower in 1 of 4 (pruned); same in 3 of 4 (…)`; nothing of what is not compared at all."""
    for what, verdicts in _verdicts(compared).items():
        groups = {verdict: [name for name, own in verdicts.items() if own == verdict] for verdict in ORDER}
        words = [_words(verdict, names, of=len(verdicts)) for verdict, names in groups.items() if names]
        if groups["not compared"] != list(verdicts):
            yield f"{what} of B: {'; '.join(words)}"


def _verdicts(compared: Compared) -> dict[str, Mapping[str, str]]:
    """Of each quantity by variant."""
    pairs, parts = compared.pairs, compared.how.parts
    found: dict[str, Mapping[str, str]] = {}
    if "cost" in parts:
        found["params and MACs"] = {name: pair.cost.verdict if pair.cost else "" for name, pair in pairs.items()}
    if "time" in parts:
        for place, quantity in enumerate(("latency", "time of a batch")):
            found[quantity] = {
                name: time_verdict(pair.time[place]) if pair.time else "not compared" for name, pair in pairs.items()
            }
    if "accuracy" in parts:
        found["AP"] = {name: pair.accuracy.verdict if pair.accuracy else "not compared" for name, pair in pairs.items()}
    return found


def _words(verdict: str, names: list[str], *, of: int) -> str:
    real = "real, " if verdict in REAL else ""
    if len(names) == of:
        return f"{real}{verdict} in all {of}"
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{real}{verdict} in {len(names)} of {of} ({', '.join(names[:NAMED])}{more})"

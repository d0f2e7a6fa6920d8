"""What columns are called on the page: those for programs too, which have no heading in the table."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gtpt_bench.report.cells import Column, StudyTable

PARTS = (
    ("difference_half_width", "difference: half width of its 95 % interval"),
    ("difference_p_holm", "difference: p-value, corrected by Holm"),
    ("difference_p", "difference: p-value"),
    ("beside_best", "distinguishable from the best"),
    ("half_width", "half width of the 95 % interval"),
    ("seed_sd", "standard deviation over seeds"),
    ("error", "standard error over rounds"),
    ("low", "95 % interval, from"),
    ("high", "95 % interval, to"),
    ("verdict", "verdict"),
)
"""Ends of keys, and what they say of the column that the rest names."""
UNCERTAINTY = re.compile(r"_(low|high)(_\w+)?$|_(sd|half_width|error|p|p_holm)$")
"""Of keys that say how far another column may be off."""
SHORT = {"ap": "AP", "ar": "AR", "macs": "MACs", "gflops": "GFLOPs", "pckh": "PCKh"}
EXPLAINING = ("params_counted", "convention", "notes", "counters", "note")
"""Columns of words about the figures beside them."""


def headings(table: StudyTable) -> dict[str, str]:
    """By the keys of the columns."""
    named = {column.key: column.full_heading for column in table.columns if column.heading}
    return {column.key: named.get(column.key) or _of_programs(column.key, named) for column in table.columns}


def _of_programs(key: str, named: dict[str, str]) -> str:
    for end, words in PARTS:
        about = key.removesuffix(f"_{end}")
        if about != key:
            return f"{named.get(about) or in_words(about)}{' ' if end.startswith('difference') else ': '}{words}"
    found = re.fullmatch(r"(\w+)_(low|high)_(\w+)", key)  # of a batch size
    if found:
        about = f"{found[1]}_{found[3]}"
        return f"{named.get(about) or in_words(about)}: {dict(PARTS)[found[2]]}"
    return in_words(key)


def in_words(key: str) -> str:
    """`ar_reported` as `AR, reported`."""
    words = [SHORT.get(word, word) for word in key.removesuffix("_reported").split("_")]
    return " ".join(words) + (", reported" if key.endswith("_reported") else "")


def axis_label(heading: str) -> str:
    """Of a cell that holds two figures, the first one is drawn: `AP / AR, reported` is `AP, reported`."""
    return re.sub(r" / AR\b", "", heading)


def in_order(columns: Sequence[Column]) -> list[Column]:
    """Figures first, and the words about them last, so that the figures stand beside one another."""
    return sorted(columns, key=lambda column: column.key in EXPLAINING)

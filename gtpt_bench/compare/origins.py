"""What made the records of two sides: versions of the code and of packages, machines. Torch-free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gtpt_bench.report.cells import code_words

PACKAGES = ("torch", "numpy")
"""Of those that are recorded, what may change a result or its time."""

Origins = Mapping[str, Mapping[str, str]]
"""By part (cost, time, accuracy) and by what it is: code, device, host, a package."""


def origins_of(records: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, dict[str, str]]:
    """Of the records of each part; a part without records is left out, several values stand side by side."""
    return {part: _origin(found) for part, found in records.items() if found}


def changed_origins(first: Iterable[Origins], second: Iterable[Origins]) -> dict[str, tuple[str, str]]:
    """Values of both sides, of all their variants, where they differ: by words like `code of cost`.

    Parts that only one side has say nothing of a change.
    """
    a, b = _merged(first), _merged(second)
    both = {part: (a[part], b[part]) for part in a if part in b}
    return {
        f"{what} of {part}": (old.get(what, ""), new.get(what, ""))
        for part, (old, new) in both.items()
        for what in {**old, **new}
        if old.get(what) != new.get(what)
    }


def codes(origins: Iterable[Origins]) -> str:
    """All versions of the code that made the records of a side."""
    found = [origin["code"] for own in origins for origin in own.values() if origin.get("code")]
    return "; ".join(dict.fromkeys(code for codes in found for code in codes.split("; ")))


def _origin(records: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for record in records:
        for what, value in _values(record.get("provenance", {})).items():
            values.setdefault(what, []).append(value)
    return {what: _side_by_side(found) for what, found in values.items()}


def _values(provenance: Mapping[str, Any]) -> dict[str, str]:
    values = {what: str(provenance[what]) for what in ("device", "host") if what in provenance}
    if "code" in provenance:
        values = {"code": code_words(provenance["code"]), **values}
    packages = provenance.get("packages", {})
    return values | {name: str(packages[name]) for name in PACKAGES if name in packages}


def _merged(origins: Iterable[Origins]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, list[str]]] = {}
    for own in origins:
        for part, values in own.items():
            for what, value in values.items():
                found.setdefault(part, {}).setdefault(what, []).extend(value.split("; "))
    return {part: {what: _side_by_side(every) for what, every in values.items()} for part, values in found.items()}


def _side_by_side(values: Iterable[str]) -> str:
    return "; ".join(sorted(set(values)))

"""A comparison for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gtpt_bench.compare.accuracy_tables import accuracy_notes, accuracy_table, ap_difference, ap_words, p_words
from gtpt_bench.compare.cost import CostCompared
from gtpt_bench.compare.origins import codes
from gtpt_bench.compare.run import Compared, PairCompared
from gtpt_bench.compare.summary import summary
from gtpt_bench.compare.time_tables import APART_NOTE, NOT_MEASURED, time_ratio, time_table, time_verdict
from gtpt_bench.compare.two_sessions import Apart
from gtpt_bench.efficiency.counting.conventions import CONVENTIONS
from gtpt_bench.models.sources import notes_on
from gtpt_bench.shown import NONE, Section, ratio, whole


def sections(compared: Compared) -> Iterator[Section]:
    yield Section(notes=tuple(_names(compared)))
    yield from _origins(compared)
    if compared.first.kind == "study":
        yield from _study_sections(compared)
        return
    (pair,) = compared.pairs.values()
    if notes := notes_on((pair.first.model, pair.second.model)):
        yield Section(notes=tuple(notes))
    yield differences_table(pair.differing)
    if pair.cost is not None:
        yield cost_table(pair)
    if "time" in compared.how.parts:
        yield time_table(pair)
    if "accuracy" in compared.how.parts:
        yield accuracy_table(pair)


def _names(compared: Compared) -> Iterator[str]:
    """Both sides, each with the code that made its records."""
    pairs = compared.pairs.values()
    sides = (
        (compared.first, [pair.first.origins for pair in pairs]),
        (compared.second, [p.second.origins for p in pairs]),
    )
    for letter, (side, origins) in zip("AB", sides, strict=True):
        code = codes(origins)
        yield f"{letter}  {side.name}{f', recorded by code {code}' if code else ''}"


def _origins(compared: Compared) -> Iterator[Section]:
    """Code, packages and machines, where they differ."""
    if compared.origins:
        rows = tuple((what, a or NONE, b or NONE) for what, (a, b) in compared.origins.items())
        yield Section("What made them", ("", "A", "B"), rows)


def differences_table(differing: Mapping[str, tuple[Any, Any]]) -> Section:
    if not differing:
        return Section(notes=("A and B do not differ in any setting",))
    rows = tuple((key, *map(_value, pair)) for key, pair in differing.items())
    return Section("What differs", ("key", "A", "B"), rows)


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return NONE if value is None else str(value)


def cost_table(pair: PairCompared) -> Section:
    assert pair.cost is not None
    rows = tuple((name, whole(a), whole(b), ratio(b / a) if a else NONE) for name, (a, b) in pair.cost.rows.items())
    notes = (*_letters(pair.cost), _counted(pair.cost), *_other_model(pair))
    return Section(f"Cost of {pair.models}", ("", "A", "B", "B / A"), rows, notes)


def _letters(cost: CostCompared) -> tuple[str, ...]:
    """Those that are shown, on one line."""
    shown = [one for one in CONVENTIONS.values() if one.in_brief and f"MACs {one.name}" in cost.rows]
    words = [f"{one.name}: {one.in_brief}" for one in shown]
    return (f"MACs {'; '.join(words)}. gtpt-study measure --explain defines them in full",) if words else ()


def _counted(cost: CostCompared) -> str:
    """By whom."""
    if cost.first.recorded and cost.second.recorded:
        return "counted when they were recorded; --measure counts both now"
    return "counted now, by the same code"


def _other_model(pair: PairCompared) -> tuple[str, ...]:
    """Where accuracy is that of another model."""
    trained = dict.fromkeys(entry.trained for entry in (pair.first, pair.second) if entry.trained)
    return tuple(f"accuracy is that of {name}, whose cost and time are not shown here" for name in trained)


def _study_sections(compared: Compared) -> Iterator[Section]:
    parts = compared.how.parts
    rows = tuple((name, *_study_cells(pair, parts)) for name, pair in compared.pairs.items())
    columns = ["variant"]
    columns += ["params B / A", "MACs full B / A"] * ("cost" in parts)
    columns += ["latency B / A", "", "time of a batch B / A", ""] * ("time" in parts)
    columns += ["AP of A", "AP of B", "B − A", "p", ""] * ("accuracy" in parts)
    yield Section("Variants of the same name", tuple(columns), rows, tuple(_study_notes(compared)))
    yield from _differing(compared)
    yield Section(notes=tuple(summary(compared)))


def _differing(compared: Compared) -> Iterator[Section]:
    """Settings that differ, once for all variants in which the same ones do."""
    shared: dict[tuple[tuple[str, ...], ...], list[str]] = {}
    for name, pair in compared.pairs.items():
        if pair.differing:
            shared.setdefault(differences_table(pair.differing).rows, []).append(name)
    for rows, names in shared.items():
        whom = "every variant" if len(names) == len(compared.pairs) > 1 else ", ".join(names)
        yield Section(f"What differs in {whom}", ("key", "A", "B"), rows)


def _study_cells(pair: PairCompared, parts: tuple[str, ...]) -> Iterator[str]:
    if pair.cost is not None:
        rows = pair.cost.rows
        yield from (ratio(b / a) for a, b in (rows["params"], rows["MACs full"]))
    if "time" in parts:
        for place in range(2):
            found = pair.time[place] if pair.time else None
            yield from (time_ratio(found), time_verdict(found)) if found else (NONE, "")
    if "accuracy" in parts:
        ap = pair.accuracy
        yield from (*ap_words(ap), ap_difference(ap), p_words(ap.p_corrected), ap.verdict) if ap else (*[NONE] * 4, "")


def _study_notes(compared: Compared) -> Iterator[str]:
    pairs = compared.pairs.values()
    yield from _missing("time", {name: _no_time(compared, pair) for name, pair in compared.pairs.items()})
    yield from _missing("accuracy", {name: pair.no_accuracy for name, pair in compared.pairs.items()})
    yield from notes_on(entry.model for pair in pairs for entry in (pair.first, pair.second))
    if any(isinstance(found.comparison, Apart) for pair in pairs for found in pair.time):
        yield APART_NOTE
    costs = dict.fromkeys(_counted(pair.cost) for pair in pairs if pair.cost)
    yield from costs
    accuracies = [pair.accuracy for pair in pairs if pair.accuracy]
    if accuracies:
        yield from accuracy_notes(accuracies)
    for side, names in zip("AB", compared.alone, strict=True):
        if names:
            yield f"only in {side}: {', '.join(names)}"


def _no_time(compared: Compared, pair: PairCompared) -> str:
    """Of the studies instead of their variants, so that what is true of many is said once."""
    reason = pair.no_time.replace(pair.first.name, compared.first.name)
    return reason.replace(pair.second.name, compared.second.name) + NOT_MEASURED if reason else ""


def _missing(what: str, reasons: Mapping[str, str]) -> Iterator[str]:
    """Each reason with the variants that it holds for, which are named unless they are all there are."""
    for reason in dict.fromkeys(filter(None, reasons.values())):
        variants = [name for name, own in reasons.items() if own == reason]
        of = f" of {', '.join(variants)}" if len(variants) < len(reasons) else ""
        yield f"{what}{of} is not compared: {reason}"

"""A comparison of time for people: the table, and what its numbers mean."""

from __future__ import annotations

import math
from collections.abc import Iterator

from gtpt_bench.compare.run import PairCompared
from gtpt_bench.compare.time import TimeCompared
from gtpt_bench.compare.two_sessions import Apart, SameRecords
from gtpt_bench.efficiency.measure.tables import gpu_in_words
from gtpt_bench.efficiency.timing.comparison import fewest_rounds
from gtpt_bench.shown import Section, decimal

FORMS_NOTE = (
    "deploy() makes a process keep the memory it has used, which on a CPU speeds up the trained form beside it too: "
    "alone, as gtpt-study measure has it, that takes longer"
)
NOT_MEASURED = "; --measure times the models now"
APART_NOTE = (
    "times come from two sessions: their intervals count rounds, not what the machine did between the two, so that no "
    "difference is called real; --measure times both configs in turn with the code of now"
)


def time_table(pair: PairCompared) -> Section:
    if not pair.time:
        return Section(notes=(f"time is not compared: {pair.no_time}{NOT_MEASURED}",))
    rows = tuple((*_time_cells(found), verdict_on_time(found)) for found in pair.time)
    columns = ("", "A", "B", "time B / A (interval)", "verdict")
    return Section(f"Time of {pair.models}", columns, rows, (*_time_notes(pair.time), *_forms_note(pair)))


def _forms_note(pair: PairCompared) -> tuple[str, ...]:
    """Where a deployed model was measured beside a trained one: GTPT-S at batch 1 has then no page faults any more.

    In a process of its own it has 7,600 a call (models/gtpt/deploy/model.py, `settle`).
    """
    apart = pair.first.options.form != pair.second.options.form
    return (FORMS_NOTE,) if apart and any(found.measured for found in pair.time) else ()


def _time_cells(found: TimeCompared) -> tuple[str, ...]:
    """Each quantity in its own unit; the ratio is of times in both."""
    latency = found.quantity == "latency"
    heading = "latency (ms)" if latency else f"images/s at {found.batch}"
    values = found.call_ms if latency else found.images_per_s
    return heading, *map(decimal, values), time_ratio(found)


def verdict_on_time(found: TimeCompared) -> str:
    verdict = time_verdict(found)
    if isinstance(found.comparison, Apart):
        return verdict
    if isinstance(found.comparison, SameRecords):
        return "same (same records)"
    return verdict if verdict == "ambiguous" else f"B is {'the same' if verdict == 'same' else verdict}"


def time_verdict(found: TimeCompared) -> str:
    """In a word or two."""
    return "two sessions" if isinstance(found.comparison, Apart) else found.comparison.verdict


def time_ratio(found: TimeCompared) -> str:
    comparison = found.comparison
    if not math.isfinite(comparison.high):  # one round, and nothing to tell it from
        return f"{comparison.ratio:.3f}"
    return f"{comparison.ratio:.3f} ({comparison.low:.3f}–{comparison.high:.3f})"


def _time_notes(times: tuple[TimeCompared, ...]) -> Iterator[str]:
    comparison = times[0].comparison
    rounds = " and ".join(str(found.comparison.num_rounds) for found in times)
    yield f"{_taken(times[0])}; {rounds} rounds, {100 * times[0].confidence:.3g} % intervals"
    if isinstance(comparison, Apart):
        yield APART_NOTE
        return
    if isinstance(comparison, SameRecords):
        yield "A and B are the same records, so that there is nothing to tell apart"
        return
    yield (
        f"the same: the interval lies within {100 * comparison.margin:.0f} %; ambiguous: neither that nor a difference "
        "is certain"
    )
    for found in times:
        if found.measured is not None and any(found.measured.num_recompiled):
            yield f"warning: {found.quantity}: worth nothing, since graphs were compiled while time was taken"
        if found.measured is not None and 2 * found.measured.num_disturbed > len(found.measured.rounds):
            share = f"{found.measured.num_disturbed} of {len(found.measured.rounds)}"
            yield f"warning: {found.quantity}: other processes took the cores in {share} rounds"
        yield from _too_few_rounds(found)
        if found.gpu is not None:
            yield from gpu_in_words(found.gpu)


def _too_few_rounds(found: TimeCompared) -> Iterator[str]:
    """Why an interval far from 1 is no verdict."""
    needed = fewest_rounds(found.comparison.confidence)
    if found.comparison.num_rounds < needed:
        more = "; a larger --seconds gives more" if found.measured else ""
        yield f"{found.quantity}: {found.comparison.num_rounds} undisturbed rounds, and a verdict takes {needed}{more}"


def _taken(found: TimeCompared) -> str:
    """Where times come from."""
    if found.measured is None:
        return f"recorded on {found.device} in {found.source}"
    numbers = list(dict.fromkeys(found.threads or ()))
    threads = f"{' and '.join(map(str, numbers))} thread{'s' * (numbers != [1])}"
    load = found.measured.load_average
    loaded = "" if load is None else f", load average {load:.2f}"
    return f"measured now, in turn, on {found.device}, {threads}{loaded}"
